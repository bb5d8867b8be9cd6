import { type Delay, type Measure, quantileOf } from './measures.js';

/** The stretches of time that a scorecard is given for. */
export const PERIODS = {
  '24h': { title: '24 hours', grain: 'hour', words: 'the last 24 clock hours, this one included' },
  '7d': { title: '7 days', grain: 'day', words: 'the last 7 days in UTC, today included' },
  '30d': { title: '30 days', grain: 'day', words: 'the last 30 days in UTC, today included' },
} as const;
export type Period = keyof typeof PERIODS;

const HOUR_MS = 3_600_000;
const LENGTHS: Readonly<Record<Period, number>> = { '24h': 24, '7d': 7 * 24, '30d': 30 * 24 };

/** RFC 3339: when the first hour or day of a period began. */
export function periodStart(period: Period, now: Date): string {
  const { grain } = PERIODS[period];
  const unit = grain === 'hour' ? HOUR_MS : 24 * HOUR_MS;
  const current = Math.floor(now.getTime() / unit) * unit;
  return new Date(current - LENGTHS[period] * HOUR_MS + unit).toISOString();
}

/** What is told apart. Empty = the events do not say. */
export interface Subject {
  readonly type: string;
  readonly application: string;
  readonly product: string;
  readonly version: string;
}

/** A number of the period. */
export interface Score extends Subject {
  readonly measure: Measure;
  readonly count: number;
}

/** How long something took, in milliseconds; `p50` and `p90` are absent when there is not enough. */
export interface Times {
  readonly count: number;
  readonly p50?: number;
  readonly p90?: number;
}

/** How one publisher's events of one kind fared. Shares are absent when there is not enough traffic. */
export interface Card {
  /** Accepted and refused; what was offered again is not counted twice. */
  readonly offered: number;
  readonly enough: boolean;
  readonly validity: {
    readonly accepted: number;
    readonly clean: number;
    readonly withfindings: number;
    readonly refused: number;
    /** Accepted without findings, of all offered. */
    readonly share?: number;
    readonly byrule: readonly { readonly rule: string; readonly accepted: number; readonly refused: number }[];
    readonly bycode: readonly { readonly code: string; readonly refused: number }[];
  };
  readonly timeliness: {
    readonly toaccept: Times;
    readonly todeliver: Times;
    /** Dated later than they were accepted. */
    readonly ahead: number;
  };
  readonly repeats: { readonly duplicates: number; readonly conflicts: number; readonly share?: number };
  readonly acknowledgement: {
    readonly delivered: number;
    readonly acknowledged: number;
    readonly share?: number;
    readonly times: Times;
  };
  readonly order: { readonly late: number; readonly share?: number };
}

/** The refusals that a stage decides about; the others come before it. */
const BY_RULE: ReadonlySet<string> = new Set(['SB-2003', 'SB-2004']);

/** Adds up what was counted. @param minimum offered events below which there are no shares and no times */
export function cardOf(scores: readonly Score[], minimum: number): Card {
  const sums = new Map<Measure, number>();
  for (const { measure, count } of scores) sums.set(measure, (sums.get(measure) ?? 0) + count);
  const of = (measure: Measure) => sums.get(measure) ?? 0;
  const named = (prefix: string) =>
    [...sums].flatMap(([measure, count]) =>
      measure.startsWith(`${prefix}:`) ? [[measure.slice(prefix.length + 1), count] as const] : [],
    );
  const bycode = named('refused').map(([code, refused]) => ({ code, refused }));
  const refused = bycode.reduce((sum, one) => sum + one.refused, 0);
  const accepted = of('accepted');
  const offered = accepted + refused;
  const enough = offered >= minimum;
  const share = (part: number, whole: number) => (whole >= minimum ? { share: part / whole } : {});
  const times = (delay: Delay) =>
    timesOf(new Map(named(delay).map(([bucket, count]) => [Number(bucket), count])), minimum);
  return {
    offered,
    enough,
    validity: {
      accepted,
      clean: of('clean'),
      withfindings: of('found'),
      refused,
      ...share(of('clean'), offered),
      byrule: rulesOf(named('found-rule'), named('refused-rule')),
      bycode: bycode.toSorted((a, b) => b.refused - a.refused || (a.code < b.code ? -1 : 1)),
    },
    timeliness: { toaccept: times('to-accept'), todeliver: times('to-deliver'), ahead: of('ahead') },
    repeats: {
      duplicates: of('duplicate'),
      conflicts: of('conflict'),
      ...share(of('duplicate') + of('conflict'), offered + of('duplicate') + of('conflict')),
    },
    acknowledgement: {
      delivered: of('delivered'),
      acknowledged: of('acknowledged'),
      ...share(of('acknowledged'), of('delivered')),
      times: times('to-acknowledge'),
    },
    order: { late: of('late'), ...share(of('late'), accepted) },
  };
}

/**
 * What a stage of `enforce` refuses or would refuse, of all that was offered and could be judged: accepted with findings, and
 * refused by a rule of attributes or content. `undefined` when there is not enough.
 */
export function failureRate({ validity }: Card, minimum: number): { failed: number; of: number; share?: number } {
  const byRule = validity.bycode.filter(({ code }) => BY_RULE.has(code)).reduce((sum, { refused }) => sum + refused, 0);
  const failed = validity.withfindings + byRule;
  const whole = validity.accepted + byRule;
  return { failed, of: whole, ...(whole >= minimum && { share: failed / whole }) };
}

/** By subject, the most offered first. */
export function cardsOf(scores: readonly Score[], minimum: number): (Subject & Card)[] {
  const groups = Map.groupBy(scores, ({ type, application, product, version }) =>
    JSON.stringify([type, application, product, version]),
  );
  return [...groups.values()]
    .map((own) => {
      const { type, application, product, version } = own[0]!;
      return { type, application, product, version, ...cardOf(own, minimum) };
    })
    .toSorted((a, b) => b.offered - a.offered || (a.type < b.type ? -1 : 1));
}

function timesOf(buckets: ReadonlyMap<number, number>, minimum: number): Times {
  const count = [...buckets.values()].reduce((sum, one) => sum + one, 0);
  if (count < minimum) return { count };
  return { count, p50: quantileOf(buckets, 0.5)!, p90: quantileOf(buckets, 0.9)! };
}

function rulesOf(
  accepted: readonly (readonly [string, number])[],
  refused: readonly (readonly [string, number])[],
): Card['validity']['byrule'] {
  const [found, stopped] = [new Map(accepted), new Map(refused)];
  return [...new Set([...found.keys(), ...stopped.keys()])]
    .map((rule) => ({ rule, accepted: found.get(rule) ?? 0, refused: stopped.get(rule) ?? 0 }))
    .toSorted((a, b) => b.accepted + b.refused - a.accepted - a.refused || (a.rule < b.rule ? -1 : 1));
}
