import { setTimeout as delay } from 'node:timers/promises';
import {
  type Engine,
  type KeyValue,
  RevisionConflict,
  type StoredEvent,
  waitingKey,
  type WaitingDelivery,
} from '@signalbox/messaging';
import { eligibility, type Registry, type Subscription } from '@signalbox/registry';
import { defined, type Delivery } from '../journeys/delivery.js';
import type { Database } from '../store/database.js';
import { type Act, stepOf, waitingOf } from './acts.js';
import { decide, type Decision, type Situation } from './decision.js';
import { keyOf, type Looked, type OwedCorrection, recordsOf } from './looks.js';

/** What was found of one correction outside the database. */
interface Found {
  readonly owed: OwedCorrection;
  readonly subscription: Subscription | undefined;
  readonly stored: StoredEvent | undefined;
  readonly situation: Omit<Situation, 'record'>;
}

/** Milliseconds within which the steps of a moment should have been read, and between two looks at how far they are. */
const CATCH_UP_MS = 2_000;
const CATCH_UP_EVERY_MS = 25;

/** What {@link Seeing} looks at and acts upon. */
export interface SeeingParts {
  readonly database: Database;
  readonly registry: Pick<Registry, 'subscription' | 'allows'>;
  readonly engine: Pick<Engine, 'events' | 'steps' | 'kv' | 'lastSequence' | 'deliveryStanding'>;
}

/**
 * Sees to corrections that are owed. The order in which it looks is what makes it safe: first how far the queue has
 * settled, then the waiting room, then the newest step, and what the steps up to there say last. Every end of a delivery is
 * a step before it leaves queue or waiting room, so what is in neither and has no step was passed over.
 */
export class Seeing {
  constructor(
    private readonly parts: SeeingParts,
    private readonly onAct: (act: Act) => void,
  ) {}

  /** Answers when each is looked at again; `undefined` when the steps could not be read up to now, so nothing was done. */
  async to(due: readonly OwedCorrection[]): Promise<Looked[] | undefined> {
    const { engine, database } = this.parts;
    const [room, cursors] = [await engine.kv('WAITING'), await engine.kv('CURSORS')];
    const lasts = new Map<string, number>();
    for (const stream of new Set(due.map((owed) => owed.stream))) lasts.set(stream, await engine.lastSequence(stream));
    const found = await Promise.all(due.map((owed) => this.#find(owed, lasts.get(owed.stream) ?? 0, room, cursors)));
    if (!(await this.#stepsRead(await engine.lastSequence('STEPS')))) return undefined;
    const records = await recordsOf(database, due);
    return Promise.all(found.map((one) => this.#act(one, records.get(keyOf(one.owed)), room)));
  }

  async #find(owed: OwedCorrection, last: number, room: KeyValue, cursors: KeyValue): Promise<Found> {
    const { registry, engine } = this.parts;
    const subscription = registry.subscription(owed.subscription);
    const ahead = subscription !== undefined && (await this.#isAhead(owed, subscription, last, cursors));
    const entry = await room.get(waitingKey(owed));
    const stored = await engine.events.get(owed.stream, owed.sequence);
    const granted = subscription !== undefined && registry.allows(subscription, 'subscribe', owed.type) !== undefined;
    const situation = {
      subscription: subscription?.status,
      granted,
      waiting: entry?.value === undefined ? ('nothing' as const) : causeOf(entry.value),
      kept: stored !== undefined,
      wanted:
        subscription !== undefined &&
        stored !== undefined &&
        eligibility(stored.event, subscription, () => granted).kind === 'deliver',
      ahead,
    };
    return { owed, subscription, stored, situation };
  }

  /** Whether the stream has yet to come to it: behind where the relay's queue, or the receiver's own reading, has settled. */
  async #isAhead(
    { stream, sequence }: OwedCorrection,
    subscription: Subscription,
    last: number,
    cursors: KeyValue,
  ): Promise<boolean> {
    const family = stream.replace(/^EVENTS_/, '').toLowerCase();
    const first = subscription.start[family];
    if (first === undefined || sequence < first) return false;
    if (subscription.protocol === 'PULL') {
      const entry = await cursors.get(subscription.id);
      if (entry?.value === undefined) return true;
      const positions = JSON.parse(Buffer.from(entry.value).toString('utf8')) as Record<string, number>;
      return sequence > (positions[family] ?? 0);
    }
    const standing = await this.parts.engine.deliveryStanding(subscription, family, last);
    // Until the relay has followed a change, nothing is known of what it will do.
    return standing === undefined || !standing.current || sequence > standing.settled;
  }

  async #stepsRead(upTo: number): Promise<boolean> {
    const deadline = Date.now() + CATCH_UP_MS;
    for (;;) {
      const [row] = await this.parts.database.query<{ sequence: number }>(
        `select sequence from positions where stream = 'STEPS'`,
      );
      if ((row?.sequence ?? 0) >= upTo) return true;
      if (Date.now() >= deadline) return false;
      await delay(CATCH_UP_EVERY_MS);
    }
  }

  async #act(
    { owed, subscription, stored, situation }: Found,
    record: Delivery | undefined,
    room: KeyValue,
  ): Promise<Looked> {
    const decision = decide({ ...situation, record });
    const { identity, subscription: id } = owed;
    const say = (act: Act) => this.#say(stepOf(act, owed, subscription?.protocol, record?.step ?? 0, new Date()), act);
    if (decision.kind === 'work') await say(decision.reason);
    if (decision.kind === 'expire') await say('retention-over');
    if (decision.kind === 'back') await say('queued');
    if (decision.kind === 'queue') {
      // Said first: what becomes of it afterwards is then told after it.
      if (decision.announce) await say('queued');
      await put(room, waitingOf(owed, stored!));
    }
    return { identity, subscription: id, again: AGAIN[decision.kind] };
  }

  async #say(step: ReturnType<typeof stepOf>, act: Act): Promise<void> {
    await this.parts.engine.steps.publish(step);
    this.onAct(act);
  }
}

const AGAIN: Readonly<Record<Decision['kind'], Looked['again']>> = {
  closed: 'over',
  wait: 'later',
  back: 'later',
  queue: 'later',
  rest: 'changed',
  work: 'changed',
  expire: 'changed',
};

async function put(room: KeyValue, entry: WaitingDelivery): Promise<void> {
  try {
    await room.create(waitingKey(entry), JSON.stringify(defined(entry)));
  } catch (error) {
    // Somebody put it there meanwhile; the next look tells for what.
    if (!(error instanceof RevisionConflict)) throw error;
  }
}

function causeOf(value: Uint8Array): 'correction' | 'other' {
  const { cause } = JSON.parse(Buffer.from(value).toString('utf8')) as WaitingDelivery;
  return cause === 'correction' ? 'correction' : 'other';
}
