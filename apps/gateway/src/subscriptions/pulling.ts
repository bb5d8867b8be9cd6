import { streamOf, type StoredEvent } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import type { Cursor, CursorCodec, Positions } from './cursor.js';
import type { CursorStore } from './cursor-store.js';
import { Gathering, type GatheringParts, type Handed } from './gathering.js';
import type { Newness } from './newness.js';
import { coversFamily } from './starting.js';
import { stepOf } from './subscription-step.js';
import { startOf } from './switching.js';
import type { Place } from './waiting-shelf.js';

/** What one pull answers. */
export interface Pulled {
  readonly items: readonly Handed[];
  /** To be acknowledged once every item is dealt with; undefined when nothing came. */
  readonly cursor?: string;
  /** Whether more was there at once. */
  readonly more: boolean;
}

export interface PullingParts extends GatheringParts {
  readonly cursors: CursorStore;
  readonly codec: CursorCodec;
  readonly newness: Newness;
}

/** Events fetched at once of each family, and fetches in one pull, so that a pull over what is not for it ends too. */
const PAGE = 100;
const MAX_FETCHES = 75;

/**
 * Reads on from what was acknowledged, without any state in the engine. The same events come again until they are
 * acknowledged. What is not for the subscription is passed over with a step that says why.
 */
export class Pulling {
  constructor(private readonly parts: PullingParts) {}

  /** @param waitMs how long to wait for a first event. @throws {EngineUnavailable} */
  async pull(subscription: Subscription, limit: number, waitMs: number, signal: AbortSignal): Promise<Pulled> {
    const { codec, cursors } = this.parts;
    const deadline = Date.now() + waitMs;
    let from = startOf(subscription, await cursors.read(subscription.id));
    for (;;) {
      const seen = this.seen();
      const gathering = await this.gather(subscription, from, limit);
      const items: Handed[] = [];
      for (let next; items.length < limit && (next = await gathering.next(MAX_FETCHES));) items.push(next);
      await gathering.recorded();
      const { positions } = gathering;
      const more = items.length === limit || gathering.fetches >= MAX_FETCHES;
      if (items.length > 0) {
        await this.record('delivered', subscription, items);
        return { items, cursor: codec.encode(subscription.id, cursorOf(positions, items)), more };
      }
      // Nothing of what was passed over will ever be given: the position may move on without being asked.
      if (movedOn(from, positions)) await cursors.advance(subscription.id, positions);
      from = positions;
      if (more) continue;
      const left = deadline - Date.now();
      if (left <= 0 || signal.aborted) return { items: [], more: false };
      await this.somethingNew(subscription, seen, left, signal);
    }
  }

  /** What is for the subscription from a position on. @param most that will be asked for; bounds what is fetched ahead. */
  gather(subscription: Subscription, from: Positions, most: number): Promise<Gathering> {
    return Gathering.from(this.parts, subscription, from, Math.min(most, PAGE));
  }

  /** Takes note that everything up to the cursor was dealt with. Repeating it changes nothing. */
  async acknowledge(subscription: Subscription, text: string): Promise<void> {
    const cursor = this.parts.codec.decode(subscription.id, text);
    const before = await this.parts.cursors.advance(subscription.id, cursor.positions);
    const places = [...acknowledgedBy(cursor, before), ...placesOf(cursor.shelved ?? {})];
    const events = await Promise.all(places.map(([family, at]) => this.#event(family, at)));
    await this.record(
      'acknowledged',
      subscription,
      events.flatMap((stored) => (stored ? [{ stored, marks: {} }] : [])),
    );
    await this.parts.shelf.taken(subscription.id, places);
  }

  /** Steps about events, on disk when it resolves. */
  async record(
    kind: 'delivered' | 'acknowledged',
    subscription: Subscription,
    events: readonly Pick<Handed, 'stored' | 'marks'>[],
  ): Promise<void> {
    const { steps } = this.parts;
    await Promise.all(events.map(({ stored, marks }) => steps.publish(stepOf(kind, subscription, stored, marks))));
  }

  /** The ends of the streams, to be taken before a reading: {@link somethingNew} then tells of what it cannot have read. */
  seen(): Positions {
    return this.parts.newness.seen();
  }

  /** Resolves when a stream of the subscription ends behind what was seen, when the time is over, or when aborted. */
  somethingNew(subscription: Subscription, seen: Positions, waitMs: number, signal: AbortSignal): Promise<void> {
    return this.parts.newness.wait(this.#familiesOf(subscription), seen, waitMs, signal);
  }

  #familiesOf(subscription: Subscription): string[] {
    return this.parts.families.filter((family) => coversFamily(subscription.types, family));
  }

  #event(family: string, sequence: number): Promise<StoredEvent | undefined> {
    return this.parts.events.get(streamOf(family), sequence);
  }
}

/** The cursor behind some events that were handed out since the last one. */
export function cursorOf(positions: Positions, handed: readonly Handed[]): Cursor {
  const shelved = handed.filter((one) => one.shelved);
  return {
    positions,
    delivered: sequencesOf(handed.filter((one) => !one.shelved)),
    ...(shelved.length > 0 && { shelved: sequencesOf(shelved) }),
  };
}

function sequencesOf(handed: readonly Handed[]): Record<string, number[]> {
  const sequences: Record<string, number[]> = {};
  for (const { family, stored } of handed) (sequences[family] ??= []).push(stored.sequence);
  return sequences;
}

function movedOn(from: Positions, to: Positions): boolean {
  return Object.entries(to).some(([family, sequence]) => sequence > (from[family] ?? 0));
}

/** The events of the cursor's answer that were not acknowledged before. */
function acknowledgedBy(cursor: Cursor, before: Positions): Place[] {
  return placesOf(cursor.delivered).filter(([family, at]) => at > (before[family] ?? 0));
}

function placesOf(sequences: Readonly<Record<string, readonly number[]>>): Place[] {
  return Object.entries(sequences).flatMap(([family, all]) => all.map((at): Place => [family, at]));
}
