import type { Outage } from '@signalbox/registry';

/** Whether an outage lay in a part of a stretch of time, both ends in milliseconds since 1970. */
export function overlaps({ began, ended }: Pick<Outage, 'began' | 'ended'>, fromMs: number, toMs: number): boolean {
  return Date.parse(began) < toMs && (ended === undefined || Date.parse(ended) > fromMs);
}
