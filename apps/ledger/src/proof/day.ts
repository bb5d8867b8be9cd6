import { Refusal } from '@signalbox/contracts';

/** One day of a statement. */
export interface Day {
  /** `yyyy-mm-dd`. */
  readonly date: string;
  /** RFC 3339: its first instant, and the first of the next day. */
  readonly from: string;
  readonly to: string;
}

/** What may be asked for instead of a date. */
const YESTERDAY = 'yesterday';
const FORM = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAY_MS = 86_400_000;

/**
 * A day as people in a zone count it: 23 or 25 hours long when the clocks change.
 *
 * @param asked `yyyy-mm-dd`, or `yesterday`: the last day that is over in the zone
 * @param zone IANA name, for example `Europe/London`
 * @throws Refusal SB-4000 for what is no date
 */
export function dayOf(asked: string, zone: string, now = new Date()): Day {
  const date = asked === YESTERDAY ? dayBefore(now, zone) : asked;
  const midnight = FORM.test(date) ? Date.parse(`${date}T00:00:00Z`) : NaN;
  // 30 February is another day to some parsers.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(date)) throw noDate();
  return { date, from: startOf(midnight, zone), to: startOf(midnight + DAY_MS, zone) };
}

function dayBefore(now: Date, zone: string): string {
  const wall = now.getTime() + offsetAt(now.getTime(), zone);
  return new Date(wall - DAY_MS).toISOString().slice(0, 10);
}

/** The instant at which clocks in the zone show the given time, which is written as if it were UTC. */
function startOf(wall: number, zone: string): string {
  const first = wall - offsetAt(wall, zone);
  return new Date(wall - offsetAt(first, zone)).toISOString();
}

/** Milliseconds by which clocks in the zone are ahead of UTC at an instant. */
function offsetAt(instant: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(instant);
  const of = (name: string) => Number(parts.find(({ type }) => type === name)?.value);
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - instant;
}

function noDate(): Refusal {
  const wanted = { path: '/date', rule: 'date', expected: 'a day of the calendar as yyyy-mm-dd, or yesterday' };
  const findings = [{ ...wanted, fix: 'Correct the day in the path.', doc: '/openapi.json' }];
  return new Refusal('SB-4000', 'A statement is asked for by its day', { findings });
}
