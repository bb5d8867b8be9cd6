import { RevisionConflict, type KeyValue } from '@signalbox/messaging';
import { furthest, type Positions } from './cursor.js';

const ATTEMPTS = 8;

/** How far each pull subscription has been acknowledged: compare-and-set in the engine, never backwards. */
export class CursorStore {
  constructor(private readonly kv: KeyValue) {}

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
        if (revision === undefined) await this.kv.create(subscription, text);
        else await this.kv.update(subscription, text, revision);
        return positions;
      } catch (error) {
        if (!(error instanceof RevisionConflict) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  forget(subscription: string): Promise<void> {
    return this.kv.delete(subscription);
  }

  async #entry(subscription: string): Promise<{ positions: Positions; revision?: number }> {
    const entry = await this.kv.get(subscription);
    if (entry?.value === undefined) return { positions: {} };
    return { positions: JSON.parse(Buffer.from(entry.value).toString('utf8')) as Positions, revision: entry.revision };
  }
}
