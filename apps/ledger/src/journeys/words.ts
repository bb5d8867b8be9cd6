const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long a span of time is, in one unit that people think in: `3 days`, `2 hours`, `less than a minute`. */
export function duration(ms: number): string {
  if (ms < MINUTE) return 'less than a minute';
  if (ms < HOUR) return counted(Math.floor(ms / MINUTE), 'minute');
  if (ms < 2 * DAY) return counted(Math.floor(ms / HOUR), 'hour');
  return counted(Math.floor(ms / DAY), 'day');
}

/** A short latency: `0.4 ms`, `12 ms`, `1.5 s`. */
export function latency(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${Math.round(ms).toString()} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** `1 event`, `2 events`. */
export function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `A`, `A and B`, `A, B and 3 others`. */
export function listed(names: readonly string[], shown = 3): string {
  if (names.length === 0) return 'nobody';
  const kept =
    names.length > shown ? [...names.slice(0, shown - 1), `${String(names.length - shown + 1)} others`] : names;
  return kept.length === 1 ? kept[0]! : `${kept.slice(0, -1).join(', ')} and ${kept.at(-1)!}`;
}

/** Why a delivery was made beside the order of its stream, or too late, one sentence each. */
export function markSentences(marks: { replay?: string; corrects?: string; late?: string }): string[] {
  const { replay, corrects, late } = marks;
  return [
    ...(corrects === undefined ? [] : [`It corrects ${corrects}, which was received.`]),
    ...(late === undefined ? [] : [`Late: ${late} was there by then.`]),
    ...(replay === undefined ? [] : [`Part of replay ${replay}.`]),
  ];
}

/** Writes instants for people, always with the zone: `18 November 2026 at 10:02:11 GMT`. */
export class Clock {
  readonly #long: Intl.DateTimeFormat;
  readonly #time: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #year: Intl.DateTimeFormat;

  /** @param zone IANA name, for example `Europe/London` */
  constructor(zone: string) {
    const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' } as const;
    this.#long = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      day: 'numeric',
      month: 'long',
      year: 'numeric',
      ...time,
    });
    this.#time = new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...time });
    this.#day = new Intl.DateTimeFormat('en-GB', { timeZone: zone, day: 'numeric', month: 'long' });
    this.#year = new Intl.DateTimeFormat('en-GB', { timeZone: zone, year: 'numeric' });
  }

  /** Day and time. */
  at(instant: string): string {
    return this.#long.format(new Date(instant));
  }

  /** A day by which something should have happened: `24 November`; with the time while it is near. */
  by(instant: string, now: Date): string {
    const at = new Date(instant);
    const day = this.#day.format(at);
    if (Math.abs(at.getTime() - now.getTime()) < 2 * DAY) return `${day} at ${this.#time.format(at)}`;
    const year = this.#year.format(at);
    return year === this.#year.format(now) ? day : `${day} ${year}`;
  }

  /** The time of day alone. */
  time(instant: string): string {
    return this.#time.format(new Date(instant));
  }
}
