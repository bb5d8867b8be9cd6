/**
 * The rhythm of a publisher: how long the gaps between its events of a type usually are, by hour of the week. Time is what
 * counts, not gaps: at a random moment of this hour, how long is the gap that one is in? A weekend is one gap, yet it fills
 * the whole Saturday, so that a quiet Saturday is usual and a quiet Monday morning is not.
 */

/** Seconds spent in gaps of each class of length. */
export type Spent = Readonly<Record<string, number>>;

/** What was learnt of one slot. */
export interface Slot {
  readonly spent: Spent;
  /** In gaps that were alarming: they count when it happens again before it has faded, for then it is usual. */
  readonly odd: Spent;
  /** When it was added to last, in milliseconds since 1970. */
  readonly updated: number;
}

/** What was learnt of one publisher and type: by slot. */
export interface Rhythm {
  /** 0 to 167 are the hours of a week from Monday on, 168 to 191 the hours of any day, 192 is all of it. */
  readonly slots: ReadonlyMap<number, Pick<Slot, 'spent'>>;
  /** Gaps that were learnt from. */
  readonly gaps: number;
}

/** What decides how a rhythm is read. */
export interface RhythmTerms {
  /** A silence may last so many times the usual gap; less than two. */
  readonly factor: number;
  /** And never less than so many milliseconds. */
  readonly leastMs: number;
  readonly quantile: number;
  /** Gaps, and milliseconds over which they were seen, without which nothing is said. */
  readonly gaps: number;
  readonly spanMs: number;
  /** How often an hour must have been seen. */
  readonly hours: number;
}

/** The slot of the hour of the week in which an instant lies, 0 for Monday from midnight on, in the zone of the exchange. */
export type HourOf = (ms: number) => number;

export const HOUR_MS = 3_600_000;
const DAY_SLOTS = 168;
const ALL = 192;
/** Longer gaps say nothing that the hours of four weeks do not: so far is learnt and looked ahead. */
const MOST_HOURS = 672;
/** Classes of length: each is 19 % longer than the one before. */
const CLASSES_PER_DOUBLING = 4;
const LARGEST_CLASS = 88;
/** Part of an hour's full weight that it must have, since what was learnt fades. */
const ENOUGH = 0.7;

/** The class of gaps of a length. */
export function classOf(ms: number): number {
  const seconds = Math.max(1, ms / 1_000);
  return Math.min(LARGEST_CLASS, Math.max(0, Math.ceil(CLASSES_PER_DOUBLING * Math.log2(seconds) - 1e-9)));
}

/** The longest gap of a class, in milliseconds. */
export function longestOf(gapClass: number): number {
  return 2 ** (gapClass / CLASSES_PER_DOUBLING) * 1_000;
}

/** The seconds that one gap fills, by slot. */
export function filled(fromMs: number, toMs: number, hourOf: HourOf): Map<number, number> {
  const seconds = new Map<number, number>();
  const add = (slot: number, ms: number) => seconds.set(slot, (seconds.get(slot) ?? 0) + ms / 1_000);
  const until = Math.min(toMs, fromMs + MOST_HOURS * HOUR_MS);
  for (let at = fromMs; at < until;) {
    const end = Math.min(until, (Math.floor(at / HOUR_MS) + 1) * HOUR_MS);
    const slot = hourOf(at);
    for (const one of [slot, DAY_SLOTS + (slot % 24), ALL]) add(one, end - at);
    at = end;
  }
  return seconds;
}

/** A gap as it is learnt from. */
export interface LearntGap {
  readonly ms: number;
  /** When it ended, in milliseconds since 1970. */
  readonly at: number;
  /** Whether it was out of the ordinary when it happened. */
  readonly alarming: boolean;
  readonly halfLifeMs: number;
}

/** How much of an odd gap must be left from the last time for it to be usual now: about three weeks at the default. */
const STILL_KNOWN = 0.6;

/**
 * A slot after a gap that filled so many seconds of it. A gap that was alarming is set aside: one outage must not make the
 * next one usual. If the like happens again before it has faded, both count.
 */
export function learnt(slot: Slot | undefined, seconds: number, gap: LearntGap): Slot {
  const fade = slot === undefined ? 1 : 0.5 ** (Math.max(0, gap.at - slot.updated) / gap.halfLifeMs);
  const spent = joined(slot?.spent ?? {}, {}, fade);
  const odd = joined(slot?.odd ?? {}, {}, fade);
  const added = { [String(classOf(gap.ms))]: seconds };
  const updated = Math.max(gap.at, slot?.updated ?? 0);
  if (!gap.alarming) return { spent: joined(spent, added), odd, updated };
  const again = total(odd) >= STILL_KNOWN * seconds;
  if (!again) return { spent, odd: joined(odd, added), updated };
  return { spent: joined(joined(spent, odd), added), odd: {}, updated };
}

function joined(one: Spent, other: Spent, fade = 1): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [name, seconds] of Object.entries(one)) sum[name] = seconds * fade;
  for (const [name, seconds] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + seconds;
  return sum;
}

/** The usual gap at an hour of the week, in milliseconds; `undefined` while too little is known. */
export function usualGap({ slots, gaps }: Rhythm, slot: number, terms: RhythmTerms): number | undefined {
  const all = slots.get(ALL)?.spent ?? {};
  if (gaps < terms.gaps || total(all) * 1_000 < terms.spanMs * ENOUGH) return undefined;
  const hour = (terms.hours * HOUR_MS * ENOUGH) / 1_000;
  const ofWeek = slots.get(slot)?.spent ?? {};
  if (total(ofWeek) >= hour) return quantileOf(ofWeek, terms.quantile);
  const ofDay = slots.get(DAY_SLOTS + (slot % 24))?.spent ?? {};
  // Days differ: one more is asked of them.
  if (total(ofDay) >= hour + (HOUR_MS * ENOUGH) / 1_000) return quantileOf(ofDay, terms.quantile);
  return quantileOf(all, terms.quantile);
}

/**
 * From when on it is alarming that nothing has come since `last`, in milliseconds since 1970, and the usual gap then. Always
 * before twice that gap, unless that is less than what is never alarming. `undefined` = never within four weeks, or too
 * little is known.
 */
export function silentFrom(
  last: number,
  rhythm: Rhythm,
  hourOf: HourOf,
  terms: RhythmTerms,
): { readonly at: number; readonly usualMs: number } | undefined {
  for (let hour = 0; hour <= MOST_HOURS; hour++) {
    const start = hour === 0 ? last : (Math.floor(last / HOUR_MS) + hour) * HOUR_MS;
    const end = (Math.floor(last / HOUR_MS) + hour + 1) * HOUR_MS;
    const usualMs = usualGap(rhythm, hourOf(start), terms);
    if (usualMs === undefined) return undefined;
    const at = Math.max(start, last + Math.max(terms.leastMs, terms.factor * usualMs));
    if (at < end) return { at, usualMs };
  }
  return undefined;
}

function total(spent: Spent): number {
  return Object.values(spent).reduce((sum, seconds) => sum + seconds, 0);
}

function quantileOf(spent: Spent, quantile: number): number {
  const all = total(spent);
  let sum = 0;
  const classes = Object.keys(spent)
    .map(Number)
    .toSorted((a, b) => a - b);
  for (const one of classes) {
    sum += spent[String(one)] ?? 0;
    if (sum >= quantile * all) return longestOf(one);
  }
  return longestOf(classes.at(-1) ?? 0);
}

/** Hours of the week in a zone. One look-up for each hour: the offset of a zone does not change within it. */
export function hoursIn(zone: string): HourOf {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    hourCycle: 'h23',
  });
  const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
  const known = new Map<number, number>();
  return (ms) => {
    const hour = Math.floor(ms / HOUR_MS);
    const found = known.get(hour);
    if (found !== undefined) return found;
    const parts = new Map(format.formatToParts(hour * HOUR_MS).map(({ type, value }) => [type, value]));
    const slot = Math.max(0, days.indexOf(parts.get('weekday') ?? '')) * 24 + Number(parts.get('hour') ?? 0);
    if (known.size > 5_000) known.clear();
    known.set(hour, slot);
    return slot;
  };
}
