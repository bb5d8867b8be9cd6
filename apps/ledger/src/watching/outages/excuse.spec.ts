import { describe, expect, it } from '@jest/globals';
import type { Outage } from '@signalbox/registry';
import { excusedUntil } from './excuse.js';

const REPORTED = 'org.signalbox.result.reported.v1';
const HOUR = 3_600_000;
const at = (hour: number) => Date.UTC(2026, 2, 2, hour);
const time = (hour: number) => new Date(at(hour)).toISOString();
const outage = (more: Partial<Outage> = {}): Outage => ({
  ...{ id: 'o', ods: 'X9L3B', types: ['org.signalbox.result.*'], reason: 'system-failure', by: 'X9L3B:lims' },
  ...{ began: time(8), ...more },
});
const until = (now: number, ...outages: Outage[]) => excusedUntil(outages, REPORTED, at(now), 4 * HOUR);

describe('until when an outage explains silence', () => {
  it.each([
    ['one that was ended', { ended: time(9) }, 9],
    ['one that was ended before it was expected to', { expectedend: time(11), ended: time(9) }, 9],
    ['one that is expected to end, though nobody has ended it', { expectedend: time(11) }, 11],
    ['one that was ended long after it was expected to', { expectedend: time(11), ended: time(20) }, 11],
    ['one without a word of its end, for so long as it is believed', {}, 12],
  ])('is, of %s', (_, more, hour) => expect(until(23, outage(more))).toBe(at(hour)));
  it('is the latest of several', () => {
    expect(until(9, outage({ ended: time(9) }), outage({ expectedend: time(18) }))).toBe(at(18));
  });
  it('is nothing of one that has not begun, or of other types', () => {
    expect([until(7, outage()), until(9, outage({ types: ['org.signalbox.booking.*'] }))]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
