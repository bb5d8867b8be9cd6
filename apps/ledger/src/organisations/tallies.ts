import { familyOf } from '@signalbox/contracts';
import { bucketOf, type Delay, type Measure } from './measures.js';

/** One number of one publisher, application, product and type in one stretch of time. */
export interface Tally {
  readonly org: string;
  readonly grain: Grain;
  /** RFC 3339: when the hour or UTC day began. */
  readonly started: string;
  readonly type: string;
  readonly application: string;
  readonly product: string;
  readonly version: string;
  readonly measure: Measure;
  readonly count: number;
}

export type Grain = 'hour' | 'day';

/** Whose event it is, as far as it tells: empty where it does not. */
export interface Origin {
  readonly sourceorg: string;
  readonly source: string;
  readonly type: string;
  readonly product?: string;
  readonly version?: string;
}

/** An accepted event. Times are RFC 3339. */
export interface Offered extends Origin {
  readonly recorded: string;
  readonly sent?: string;
  readonly late?: string;
  readonly rules: readonly string[];
  /** It was accepted before, under the same source and id. */
  readonly again: boolean;
}

/** A refused event. */
export interface RefusedOffer extends Origin {
  readonly time: string;
  readonly code: string;
  readonly rules: readonly string[];
}

/** That an event arrived, or was acknowledged, for the first time at one subscription. */
export interface Arrival extends Origin {
  readonly kind: 'delivered' | 'acknowledged';
  /** When the event was accepted. */
  readonly recorded: string;
  /** How long it took; absent where that says nothing. */
  readonly ms?: number;
}

/** One count of one thing, dated. */
interface Count {
  readonly origin: Origin;
  readonly at: string;
  readonly measure: Measure;
  /** That it was counted before and is taken back. */
  readonly undone?: true;
}

/** What an accepted event adds. */
export function countsOfEvent(event: Offered): Count[] {
  const { recorded: at, sent, late, rules, again } = event;
  const of = (measure: Measure): Count => ({ origin: event, at, measure });
  if (again) return [of('duplicate')];
  const counts = [of('accepted'), of(rules.length === 0 ? 'clean' : 'found')];
  if (late !== undefined) counts.push(of('late'));
  for (const rule of new Set(rules)) counts.push(of(`found-rule:${rule}`));
  if (sent === undefined) return counts;
  const ms = Date.parse(at) - Date.parse(sent);
  counts.push(ms < 0 ? of('ahead') : of(delay('to-accept', ms)));
  return counts;
}

/** What a refused one adds. */
export function countsOfRefusal(refused: RefusedOffer): Count[] {
  const { time: at, code, rules } = refused;
  const of = (measure: Measure): Count => ({ origin: refused, at, measure });
  return [of(`refused:${code}`), ...[...new Set(rules)].map((rule) => of(`refused-rule:${rule}`))];
}

/** What an arrival or an acknowledgement adds, to the time in which its event was accepted. */
export function countsOfArrival(arrival: Arrival): Count[] {
  const { kind, recorded: at, ms } = arrival;
  const of = (measure: Measure): Count => ({ origin: arrival, at, measure });
  const name = kind === 'delivered' ? 'to-deliver' : 'to-acknowledge';
  return [of(kind), ...(ms === undefined || ms < 0 ? [] : [of(delay(name, ms))])];
}

/** What an event that was offered again adds, with the same or with other content. */
export function countOfRepeat(origin: Origin, kind: 'duplicate' | 'conflict', at: string): Count {
  return { origin, at, measure: kind };
}

/** What changes when the event that was offered again is read after that: only it tells by which software it was made. */
export function countsOfLateOrigin(origin: Origin, kind: 'duplicate' | 'conflict', at: string): Count[] {
  return [countOfRepeat(origin, kind, at), { ...countOfRepeat(withoutSoftware(origin), kind, at), undone: true }];
}

/** An origin as a step tells it. */
export function withoutSoftware({ sourceorg, source, type }: Origin): Origin {
  return { sourceorg, source, type };
}

/** Which of the names that senders choose are told apart; everything else is `other`. */
export interface Names {
  readonly application: (org: string, name: string) => boolean;
  readonly product: (org: string, name: string) => boolean;
  readonly version: (org: string, name: string) => boolean;
  readonly type: (type: string) => boolean;
}

export const OTHER = 'other';

/**
 * Sums counts by hour and by UTC day.
 *
 * @param hoursSince RFC 3339: hours that began before it are not kept
 */
export function talliesOf(counts: readonly Count[], names: Names, hoursSince: string): Tally[] {
  const tallies = new Map<string, Tally & { count: number }>();
  for (const { origin, at, measure, undone } of counts) {
    const by = undone === true ? -1 : 1;
    for (const grain of ['hour', 'day'] as const) {
      const started = startOf(at, grain);
      if (grain === 'hour' && started < hoursSince) continue;
      const row = { org: origin.sourceorg, grain, started, ...told(origin, names), measure };
      const key = JSON.stringify(Object.values(row));
      const known = tallies.get(key);
      if (known === undefined) tallies.set(key, { ...row, count: by });
      else known.count += by;
    }
  }
  return [...tallies.values()].filter(({ count }) => count !== 0);
}

/** RFC 3339 in UTC: the beginning of the hour or day in which an instant lies. */
function startOf(instant: string, grain: Grain): string {
  const utc = new Date(instant).toISOString();
  return grain === 'hour' ? `${utc.slice(0, 13)}:00:00.000Z` : `${utc.slice(0, 10)}T00:00:00.000Z`;
}

/** The application that a source names: `urn:ods:<ODS>:<application>`; empty for an absolute URI of another form. */
export function applicationOf(source: string): string {
  return /^urn:ods:[^:]+:(.+)$/i.exec(source)?.[1] ?? '';
}

function told({ sourceorg, source, type, product, version }: Origin, names: Names) {
  const name = (kind: 'application' | 'product' | 'version', text: string) =>
    text === '' || names[kind](sourceorg, text) ? text : OTHER;
  return {
    type: familyOf(type) !== undefined && names.type(type) ? type : OTHER,
    application: name('application', applicationOf(source)),
    product: name('product', product ?? ''),
    version: name('version', version ?? ''),
  };
}

function delay(name: Delay, ms: number): Measure {
  return `${name}:${bucketOf(ms)}`;
}
