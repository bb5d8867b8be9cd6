import { journeyOf, Refusal } from '@signalbox/contracts';
import { streamOf, type EventHeading, type EventLog, type Kept } from '@signalbox/messaging';
import type { Stretch, Subscription } from '@signalbox/registry';
import type { DeliveryRecords, Place as Recorded, Places } from '../following/delivery-records.js';
import { coversFamily } from '../subscriptions/starting.js';
import { isMissed, isReceived } from './missed.js';
import type { OwnEvents } from './own-events.js';
import { requireCovered } from './positions.js';
import type { Place, ReplayFrom, ReplayWish } from './replay.dto.js';
import { clipped, stretchesOf, width, type Choice } from './stretches.js';

/** Bounds of a plan; every one is a setting. */
export interface PlanLimits {
  /** Most places of the streams that are looked at. */
  readonly look: number;
  /** Most events of one replay. */
  readonly events: number;
  /** Most stretches of one replay: what it missed here and there. */
  readonly stretches: number;
}

export interface PlanningParts {
  readonly families: readonly string[];
  readonly events: Pick<EventLog, 'kept' | 'sequenceBefore'>;
  readonly own: OwnEvents;
  readonly records: DeliveryRecords;
  /** By family: up to where a subscription has come by itself. */
  readonly reached: (subscription: Subscription, family: string) => Promise<number>;
  readonly limits: PlanLimits;
}

/** What a replay would send. */
export interface Plan {
  readonly events: number;
  readonly bytes: number;
  readonly journeys: number;
  /** Events among them that the subscription has received already; `undefined` when the ledger was not asked. */
  readonly duplicates?: number;
  readonly range: Readonly<Record<string, readonly Stretch[]>>;
  /** Events of the journey asked for that are no longer kept. */
  readonly gone?: number;
  /** RFC 3339: the oldest event that is still kept, when the range asked for began before. */
  readonly keptsince?: string;
}

/** One family's part of what is asked for. */
interface Asked {
  readonly family: string;
  readonly stretch: Stretch;
  /** Set when the stream no longer reaches back to where the range begins. */
  readonly keptsince?: Date;
}

/** What is counted over all families. */
interface Sum {
  events: number;
  bytes: number;
  duplicates: number;
  gone: number;
  readonly journeys: Set<string>;
  readonly range: Record<string, Stretch[]>;
}

/** Works out which events a replay would send, without sending any. */
export class Planning {
  constructor(private readonly parts: PlanningParts) {}

  /**
   * @param told whether the ledger is asked what the subscription has received; for what it missed, and for a journey, it
   * is asked anyway
   * @throws {Refusal} SB-4220 for more than is allowed, SB-5032; {EngineUnavailable}
   */
  async plan(subscription: Subscription, wish: ReplayWish, authorization: string, told: boolean): Promise<Plan> {
    const { families } = this.parts;
    const covered = families.filter((family) => coversFamily(subscription.types, family));
    requireCovered(covered, wish.from, '/from/positions');
    if (wish.to !== undefined) requireCovered(covered, wish.to, '/to/positions');
    const asked = (await Promise.all(covered.map((family) => this.#asked(subscription, family, wish)))).flat();
    if (!('journey' in wish.from)) this.#mustNotLookFurther(asked);
    const sum: Sum = { events: 0, bytes: 0, duplicates: 0, gone: 0, journeys: new Set(), range: {} };
    const asks = told || 'missed' in wish.from || 'journey' in wish.from;
    for (const part of asked) {
      const places = asks ? await this.#places(subscription, part, wish.from, authorization) : undefined;
      await this.#count(subscription, part, wish.from, places, sum);
    }
    this.#mustNotBeMore(sum);
    const { events, bytes, duplicates, gone, journeys, range } = sum;
    const since = asked.flatMap(({ keptsince }) => keptsince?.getTime() ?? []);
    return {
      events,
      bytes,
      journeys: journeys.size,
      ...(asks && { duplicates }),
      range,
      ...('journey' in wish.from && { gone }),
      ...(since.length > 0 && { keptsince: new Date(Math.max(...since)).toISOString() }),
    };
  }

  /** The stretch of one family: never beyond what comes by itself, so that nothing is sent twice or overtaken. */
  async #asked(subscription: Subscription, family: string, { from, to }: ReplayWish): Promise<Asked[]> {
    const [kept, reached] = await Promise.all([
      this.parts.events.kept(family),
      this.parts.reached(subscription, family),
    ]);
    const first = await this.#first(subscription, family, from);
    const last = to === undefined ? reached : await this.#last(family, to);
    if (first === undefined || last === undefined) return [];
    const stretch = clipped([first, last], kept.first, reached);
    if (stretch === undefined) return [];
    const keptsince = beginsBefore(from, subscription, first, kept) ? kept.since : undefined;
    return [{ family, stretch, ...(keptsince && { keptsince }) }];
  }

  async #first(subscription: Subscription, family: string, from: ReplayFrom): Promise<number | undefined> {
    const { events } = this.parts;
    if ('positions' in from) return from.positions[family];
    if ('journey' in from) return 1;
    if (from.time !== undefined) return (await events.sequenceBefore(family, new Date(from.time))) + 1;
    const made = (await events.sequenceBefore(family, new Date(subscription.created))) + 1;
    return Math.min(made, subscription.start[family] ?? made);
  }

  async #last(family: string, to: Place): Promise<number | undefined> {
    if ('positions' in to) return to.positions[family];
    return this.parts.events.sequenceBefore(family, new Date(to.time));
  }

  #places(
    { id }: Subscription,
    { family, stretch: [first, to] }: Asked,
    wanted: ReplayFrom,
    authorization: string,
  ): Promise<Places> {
    const part = 'journey' in wanted ? { from: 1, to, journey: wanted.journey } : { from: first, to };
    return this.parts.records.places({ subscription: id, stream: streamOf(family), ...part }, authorization);
  }

  async #count(
    subscription: Subscription,
    { family, stretch }: Asked,
    from: ReplayFrom,
    places: Places | undefined,
    sum: Sum,
  ): Promise<void> {
    const ofJourney = 'journey' in from ? [...(places?.bySequence.keys() ?? [])] : undefined;
    const looked = ofJourney?.filter((at) => at >= stretch[0]).map((at): Stretch => [at, at]);
    sum.gone += (ofJourney?.length ?? 0) - (looked?.length ?? 0);
    const choices: Choice[] = [];
    for await (const heading of this.parts.own.of(subscription, family, looked ?? [stretch])) {
      const place = places?.bySequence.get(heading.sequence) ?? {};
      const wanted = !('missed' in from) || isKnownAsMissed(heading, place, places);
      choices.push({ sequence: heading.sequence, wanted });
      if (wanted) add(sum, heading, place);
    }
    if (!choices.some(({ wanted }) => wanted)) return;
    if (looked !== undefined) sum.range[family] = choices.map(({ sequence }): Stretch => [sequence, sequence]);
    else sum.range[family] = 'missed' in from ? stretchesOf(choices) : [stretch];
  }

  #mustNotLookFurther(asked: readonly Asked[]): void {
    const { look } = this.parts.limits;
    if (width(asked.map(({ stretch }) => stretch)) > look)
      throw tooMuch('/from', `a range of at most ${String(look)} places`);
  }

  #mustNotBeMore({ events, range }: Sum): void {
    const { limits } = this.parts;
    if (events > limits.events)
      throw tooMuch('/from', `a range with at most ${String(limits.events)} events of the subscription`);
    if (Object.values(range).flat().length > limits.stretches)
      throw tooMuch('/from', `a range with at most ${String(limits.stretches)} separate stretches of missed events`);
  }
}

/** What the ledger has not read yet is not known to be missed. */
function isKnownAsMissed({ sequence }: EventHeading, place: Recorded, places: Places | undefined): boolean {
  return sequence <= (places?.read ?? 0) && isMissed(place);
}

function add(sum: Sum, { event, bytes }: EventHeading, place: Recorded): void {
  sum.events += 1;
  sum.bytes += bytes;
  sum.journeys.add(journeyOf(event));
  if (isReceived(place)) sum.duplicates += 1;
}

/** Whether the range that was asked for begins before the oldest event that is still kept. */
function beginsBefore(
  from: ReplayFrom,
  { created }: Subscription,
  first: number,
  { first: oldest, since }: Kept,
): boolean {
  if (oldest === 1 || since === undefined || 'journey' in from) return false;
  if ('positions' in from) return first < oldest;
  return Date.parse(from.time ?? created) < since.getTime();
}

function tooMuch(path: string, expected: string): Refusal {
  const fix = 'Ask for a shorter range, with from and to, and for the rest afterwards.';
  const finding = { path, rule: 'range', expected, fix, doc: '/openapi.json' };
  return new Refusal('SB-4220', 'The range is larger than one replay may be', { findings: [finding] });
}
