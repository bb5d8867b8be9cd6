import { streamOf, type EventLog, type RecordLog, type Step, type StoredEvent } from '@signalbox/messaging';
import { eligibility, type Registry, type Subscription } from '@signalbox/registry';
import type { Cursor, CursorCodec, Positions } from './cursor.js';
import type { CursorStore } from './cursor-store.js';
import { coversFamily } from './starting.js';
import { stepOf } from './subscription-step.js';
import { startOf } from './switching.js';

/** What one pull answers. */
export interface Pulled {
  readonly items: readonly StoredEvent[];
  /** To be acknowledged once every item is dealt with; undefined when nothing came. */
  readonly cursor?: string;
  /** Whether more was there at once. */
  readonly more: boolean;
}

export interface PullingParts {
  readonly families: readonly string[];
  readonly events: EventLog;
  readonly steps: RecordLog<Step>;
  readonly cursors: CursorStore;
  readonly codec: CursorCodec;
  readonly registry: Registry;
}

/** Events looked at in one read, and reads in one pull, so that a pull over what is not for it ends too. */
const PAGE = 200;
const MAX_PAGES = 25;

interface Page {
  readonly family: string;
  readonly events: readonly StoredEvent[];
  readonly upTo: number;
}

interface Gathered {
  readonly items: StoredEvent[];
  readonly delivered: Record<string, number[]>;
  positions: Record<string, number>;
  more: boolean;
}

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
      const gathered = await this.#gather(subscription, from, limit);
      if (gathered.items.length > 0) {
        await this.#recordAll('delivered', subscription, gathered.items);
        const cursor = codec.encode(subscription.id, gathered);
        return { items: gathered.items, cursor, more: gathered.more };
      }
      // Nothing of what was passed over will ever be given: the position may move on without being asked.
      if (movedOn(from, gathered.positions)) await cursors.advance(subscription.id, gathered.positions);
      from = gathered.positions;
      if (gathered.more) continue;
      const left = deadline - Date.now();
      if (left <= 0 || signal.aborted) return { items: [], more: false };
      await this.#somethingNew(subscription, from, left, signal);
    }
  }

  /** Takes note that everything up to the cursor was dealt with. Repeating it changes nothing. */
  async acknowledge(subscription: Subscription, text: string): Promise<void> {
    const cursor = this.parts.codec.decode(subscription.id, text);
    const before = await this.parts.cursors.advance(subscription.id, cursor.positions);
    const events = await Promise.all(acknowledgedBy(cursor, before).map(([family, at]) => this.#event(family, at)));
    await this.#recordAll(
      'acknowledged',
      subscription,
      events.filter((event) => event !== undefined),
    );
  }

  #event(family: string, sequence: number): Promise<StoredEvent | undefined> {
    return this.parts.events.get(streamOf(family), sequence);
  }

  async #gather(subscription: Subscription, from: Positions, limit: number): Promise<Gathered> {
    const gathered: Gathered = { items: [], delivered: {}, positions: { ...from }, more: false };
    for (const family of this.#familiesOf(subscription)) {
      for (let pages = 0; ; pages++) {
        const left = limit - gathered.items.length;
        if (left === 0 || pages === MAX_PAGES) {
          gathered.more = true;
          break;
        }
        const page = await this.#read(subscription, family, gathered.positions[family] ?? 0, Math.min(left, PAGE));
        await this.#take(subscription, page, gathered);
        if (page.upTo <= (gathered.positions[family] ?? 0)) break;
        gathered.positions[family] = page.upTo;
      }
    }
    return gathered;
  }

  async #read(subscription: Subscription, family: string, after: number, limit: number): Promise<Page> {
    const { events, lastSequence } = await this.parts.events.read({ family, types: subscription.types, after, limit });
    return { family, events, upTo: lastSequence };
  }

  async #take(subscription: Subscription, page: Page, gathered: Gathered): Promise<void> {
    const { registry } = this.parts;
    const granted = (type: string): boolean => registry.allows(subscription, 'subscribe', type) !== undefined;
    const recording: Promise<void>[] = [];
    for (const stored of page.events) {
      const verdict = eligibility(stored.event, subscription, granted);
      if (verdict.kind === 'deliver') {
        gathered.items.push(stored);
        (gathered.delivered[page.family] ??= []).push(stored.sequence);
      } else {
        const step = stepOf(verdict.kind, subscription, stored, verdict.reason);
        recording.push(this.parts.steps.publish(step));
      }
    }
    await Promise.all(recording);
  }

  async #somethingNew(subscription: Subscription, from: Positions, waitMs: number, signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + waitMs;
    while (!signal.aborted && Date.now() < deadline) {
      const waitSlice = Math.min(1_000, deadline - Date.now());
      const found = await Promise.race(
        this.#familiesOf(subscription).map(async (family) => {
          const after = from[family] ?? 0;
          const read = await this.parts.events.read({
            family,
            types: subscription.types,
            after,
            limit: 1,
            waitMs: waitSlice,
          });
          return read.events.length > 0;
        }),
      );
      if (found) return;
    }
  }

  #familiesOf(subscription: Subscription): string[] {
    return this.parts.families.filter((family) => coversFamily(subscription.types, family));
  }

  async #recordAll(
    kind: 'delivered' | 'acknowledged',
    subscription: Subscription,
    events: readonly StoredEvent[],
  ): Promise<void> {
    await Promise.all(events.map((stored) => this.parts.steps.publish(stepOf(kind, subscription, stored))));
  }
}

function movedOn(from: Positions, to: Positions): boolean {
  return Object.entries(to).some(([family, sequence]) => sequence > (from[family] ?? 0));
}

/** The events of the cursor's answer that were not acknowledged before. */
function acknowledgedBy(cursor: Cursor, before: Positions): [family: string, sequence: number][] {
  return Object.entries(cursor.delivered).flatMap(([family, sequences]) =>
    sequences.filter((at) => at > (before[family] ?? 0)).map((at): [string, number] => [family, at]),
  );
}
