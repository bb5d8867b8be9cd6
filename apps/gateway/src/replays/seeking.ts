import { journeyOf, Refusal } from '@signalbox/contracts';
import { derivedRecordId, type EventHeading, type EventLog, type RecordLog, type Step } from '@signalbox/messaging';
import type { Principal, Registry, Subscription } from '@signalbox/registry';
import type { CursorStore } from '../subscriptions/cursor-store.js';
import type { SubscriptionDesk } from '../subscriptions/desk.js';
import { coversFamily } from '../subscriptions/starting.js';
import { startOf } from '../subscriptions/switching.js';
import type { OwnEvents } from './own-events.js';
import { requireCovered } from './positions.js';
import type { ReplayDesk } from './replay-desk.js';
import type { SeekWish } from './replay.dto.js';

export interface SeekingParts {
  readonly families: readonly string[];
  readonly events: Pick<EventLog, 'kept' | 'sequenceBefore'>;
  readonly steps: Pick<RecordLog<Step>, 'publish'>;
  readonly registry: Registry;
  readonly desk: Pick<SubscriptionDesk, 'get'>;
  readonly replays: Pick<ReplayDesk, 'mustBeAlone'>;
  readonly cursors: CursorStore;
  readonly own: OwnEvents;
  /** By family: up to where a subscription that is delivered to has come. */
  readonly reached: (subscription: Subscription, family: string) => Promise<number>;
  /** Most places between where it stands and where it is to go, and most steps that are on their way at once. */
  readonly limits: { readonly look: number; readonly steps: number };
}

/** A way in one family: everything up to `stands` was dealt with, everything up to `goes` will have been. */
interface Way {
  readonly family: string;
  readonly stands: number;
  readonly goes: number;
}

/** What a seek does, or would do. */
export interface Sought {
  readonly dryrun: boolean;
  /** Events that will never be given now, each with a step that says so. */
  readonly passedover: number;
  /** Events that come once more. */
  readonly again: number;
  /** By family: the sequence of the first event that is given. */
  readonly start: Readonly<Record<string, number>>;
}

const PASSED_OVER = 'The receiver moved the subscription on past this event.';

/** Moves a subscription to another place of the streams: back, so that events come again, or on, past what it does not want. */
export class Seeking {
  constructor(private readonly parts: SeekingParts) {}

  /** @throws {Refusal} SB-4040, SB-4220, SB-4092; {EngineUnavailable} */
  async seek(principal: Principal, id: string, { to, dryrun = true }: SeekWish): Promise<Sought> {
    const subscription = this.parts.desk.get(principal, id);
    this.parts.replays.mustBeAlone(id);
    const ways = await this.#ways(subscription, to);
    this.#mustNotBeFurther(ways);
    const by = `${principal.ods}:${principal.application}`;
    const counted = await this.#walk(subscription, ways, dryrun ? undefined : by);
    const start = Object.fromEntries(ways.map(({ family, goes }) => [family, goes + 1]));
    // The steps are on disk before: what is delivered all the same until then is recorded as delivered.
    if (!dryrun) await this.#move(subscription, ways, start);
    return { dryrun, ...counted, start };
  }

  async #ways(subscription: Subscription, to: SeekWish['to']): Promise<Way[]> {
    const covered = this.parts.families.filter((family) => coversFamily(subscription.types, family));
    if (typeof to !== 'string') requireCovered(covered, to, '/to/positions');
    const stands = await this.#stands(subscription, covered);
    const ways = covered.map(async (family): Promise<Way[]> => {
      const goes = await this.#goal(family, to);
      return goes === undefined ? [] : [{ family, stands: stands[family] ?? 0, goes }];
    });
    return (await Promise.all(ways)).flat();
  }

  async #stands(subscription: Subscription, families: readonly string[]): Promise<Readonly<Record<string, number>>> {
    if (subscription.protocol === 'PULL') return startOf(subscription, await this.parts.cursors.read(subscription.id));
    const found = families.map(async (family) => [family, await this.parts.reached(subscription, family)] as const);
    return Object.fromEntries(await Promise.all(found));
  }

  /** The place before the first event that is to be given; `undefined` for a family that stays where it is. */
  async #goal(family: string, to: SeekWish['to']): Promise<number | undefined> {
    const { events } = this.parts;
    const { last } = await events.kept(family);
    if (to === 'now') return last;
    if (typeof to === 'string') return events.sequenceBefore(family, new Date(to));
    if ('time' in to) return events.sequenceBefore(family, new Date(to.time));
    const first = to.positions[family];
    if (first !== undefined && first > last + 1) throw beyond(family);
    return first === undefined ? undefined : first - 1;
  }

  #mustNotBeFurther(ways: readonly Way[]): void {
    const { look } = this.parts.limits;
    const far = ways.reduce((sum, { stands, goes }) => sum + Math.abs(goes - stands), 0);
    if (far <= look) return;
    const expected = `a place at most ${String(look)} places of the streams away`;
    const fix = 'Go there in several steps, or make a new subscription that starts there.';
    const finding = { path: '/to', rule: 'range', expected, fix, doc: '/openapi.json' };
    throw new Refusal('SB-4220', 'The way is longer than one seek may go', { findings: [finding] });
  }

  /** Counts what lies on the ways, and with `by` records what is passed over. */
  async #walk(
    subscription: Subscription,
    ways: readonly Way[],
    by: string | undefined,
  ): Promise<Pick<Sought, 'passedover' | 'again'>> {
    let passedover = 0;
    let again = 0;
    let recording: Promise<void>[] = [];
    const time = new Date();
    for (const { family, stands, goes } of ways) {
      const on = goes > stands;
      const range = on ? ([stands + 1, goes] as const) : ([goes + 1, stands] as const);
      for await (const heading of this.parts.own.of(subscription, family, [range])) {
        if (on) passedover += 1;
        else again += 1;
        if (!on || by === undefined) continue;
        recording.push(this.parts.steps.publish(passedOver(subscription, heading, by, time)));
        if (recording.length < this.parts.limits.steps) continue;
        await Promise.all(recording);
        recording = [];
      }
    }
    await Promise.all(recording);
    return { passedover, again };
  }

  async #move(subscription: Subscription, ways: readonly Way[], start: Sought['start']): Promise<void> {
    const { registry, cursors } = this.parts;
    const sought = new Date().toISOString();
    if (subscription.protocol === 'PULL') {
      const goes = Object.fromEntries(ways.map(({ family, goes }) => [family, goes]));
      await cursors.replace(subscription.id, { ...(await cursors.read(subscription.id)), ...goes });
    }
    await registry.changeSubscription(subscription.id, (current) => {
      if (current.protocol !== subscription.protocol) throw new Refusal('SB-4120');
      return { ...current, start: { ...current.start, ...start }, sought, updated: sought };
    });
  }
}

function passedOver(subscription: Subscription, { event, stream, sequence }: EventHeading, by: string, at: Date): Step {
  const { source, id, type, sourceorg } = event.attributes;
  const time = at.toISOString();
  return {
    id: derivedRecordId(['sought-past', subscription.id, stream, sequence, time]),
    kind: 'filtered',
    state: 'filtered',
    time,
    source: String(source),
    eventid: String(id),
    type: String(type),
    journey: journeyOf(event),
    sourceorg: String(sourceorg),
    org: subscription.ods,
    subscription: subscription.id,
    channel: subscription.protocol,
    stream,
    sequence,
    reason: 'sought-past',
    detail: PASSED_OVER,
    by,
  };
}

function beyond(family: string): Refusal {
  const expected = 'the sequence of an event that is there, or of the next one that comes';
  const fix = 'Ask for now to go to the end.';
  const finding = { path: `/to/positions/${family}`, rule: 'position', expected, fix, doc: '/openapi.json' };
  return new Refusal('SB-4220', 'The stream does not reach to this place', { findings: [finding] });
}
