import { Refusal } from '@signalbox/contracts';
import { EngineUnavailable, RevisionConflict, type KeyValue, type KeyValueEntry } from '@signalbox/messaging';
import { furthest, type Positions } from './cursor.js';

const ATTEMPTS = 8;

/** How far each pull subscription has been acknowledged: compare-and-set in the engine, never backwards. */
export class CursorStore {
  constructor(private readonly kv: KeyValue) {}

  /** @throws {EngineUnavailable} as every call here. */
  async read(subscription: string): Promise<Positions> {
    return (await this.#entry(subscription)).positions;
  }

  /** Moves on to the given positions. @returns where it stood before. */
  async advance(subscription: string, to: Positions): Promise<Positions> {
    for (let attempt = 1; ; attempt++) {
      const { positions, revision } = await this.#entry(subscription);
      const next = furthest(positions, to);
      if (Object.entries(next).every(([family, sequence]) => positions[family] === sequence)) return positions;
      const text = JSON.stringify(next);
      try {
        await reached(
          revision === undefined ? this.kv.create(subscription, text) : this.kv.update(subscription, text, revision),
        );
        return positions;
      } catch (error) {
        if (!(error instanceof RevisionConflict)) throw error;
        if (attempt === ATTEMPTS) throw new EngineUnavailable('Too many acknowledge this subscription at once', error);
      }
    }
  }

  /** Sets the positions whatever they were, backwards too: for who moves a subscription, never for an acknowledgement. */
  async replace(subscription: string, positions: Positions): Promise<void> {
    await reached(this.kv.put(subscription, JSON.stringify(positions)));
  }

  async forget(subscription: string): Promise<void> {
    await reached(this.kv.delete(subscription));
    await reached(this.kv.delete(streamKey(subscription)));
  }

  /** Makes a stream the one that a subscription has, at whichever gateway the one before is. */
  async claimStream(subscription: string, stream: string): Promise<void> {
    await reached(this.kv.put(streamKey(subscription), stream));
  }

  /** The stream that a subscription has, or had last. */
  async streamOf(subscription: string): Promise<string | undefined> {
    const value = (await reached(this.kv.get(streamKey(subscription))))?.value;
    return value && Buffer.from(value).toString('utf8');
  }

  async #entry(subscription: string): Promise<{ positions: Positions; revision?: number }> {
    const entry: KeyValueEntry | undefined = await reached(this.kv.get(subscription));
    if (entry?.value === undefined) return { positions: {} };
    return { positions: JSON.parse(Buffer.from(entry.value).toString('utf8')) as Positions, revision: entry.revision };
  }
}

const streamKey = (subscription: string): string => `${subscription}.stream`;

async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RevisionConflict || error instanceof Refusal) throw error;
    throw new EngineUnavailable('The positions of subscriptions cannot be reached now', error);
  }
}
