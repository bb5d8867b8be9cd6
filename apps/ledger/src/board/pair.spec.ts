import { describe, expect, it } from '@jest/globals';
import { CLASS_COLUMNS } from './delays.js';
import type { HourlyFlow, Standing } from './flows.js';
import { courseOf, delaysOf, type PairFacts, standingCounts, statusOf } from './pair.js';

const MINUTE = 60_000;
const facts = (more: Partial<PairFacts> = {}): PairFacts => ({
  events: 10,
  standing: {},
  outage: false,
  silent: false,
  downMs: 2 * MINUTE,
  patienceMs: MINUTE,
  ...more,
});

describe('how a pair of organisations fares', () => {
  it.each<[string, Partial<PairFacts>, string]>([
    ['everything arrives', {}, 'flowing'],
    ['nothing was sent', { events: 0 }, 'quiet'],
    ['something is on its way', { standing: { waiting: 3 }, waitedMs: 1_000 }, 'flowing'],
    ['something waits for long', { standing: { waiting: 3 }, waitedMs: 2 * MINUTE }, 'waiting'],
    ['an attempt failed just now', { standing: { retrying: 1 }, waitedMs: MINUTE }, 'retrying'],
    ['attempts fail for long', { standing: { retrying: 1 }, waitedMs: 3 * MINUTE }, 'stuck-down'],
    ['the receiver paused', { standing: { paused: 2 } }, 'paused'],
    ['the subscription is switched off', { standing: { 'switched-off': 2 } }, 'stuck-off'],
    ['something is parked', { standing: { parked: 1, waiting: 5 } }, 'stuck-person'],
    ['something is past its time', { standing: { expired: 1 } }, 'stuck-person'],
    ['the publisher is silent', { silent: true }, 'silent'],
    ['an outage is declared, whatever else', { outage: true, standing: { parked: 1 } }, 'outage'],
    ['what was fetched is not acknowledged', { standing: { unacknowledged: 1 } }, 'unacknowledged'],
    ['the receiver refused a repetition', { standing: { repetition: 1 } }, 'flowing'],
  ])('is told when %s', (_what, more, expected) => {
    expect(statusOf(facts(more)).status).toBe(expected);
  });

  it('says how many, and for how long the oldest', () => {
    expect(statusOf(facts({ standing: { parked: 1 }, waitedMs: 3 * 3_600_000 })).sentence).toBe(
      '1 event waits for a person, the oldest for 3 hours.',
    );
    expect(statusOf(facts({ standing: { retrying: 2 } })).sentence).toBe('2 events wait after failed attempts.');
  });
});

describe('what stands still', () => {
  const standing = (name: Standing['standing'], subscription: string, count = 1): Standing => ({
    from: 'X9G1P',
    to: 'X9H2T',
    subscription,
    standing: name,
    count,
  });
  it('is counted under its subscription as that is now', () => {
    const all = [
      standing('waiting', 'on', 2),
      standing('paused', 'on', 3),
      standing('retrying', 'paused', 4),
      standing('waiting', 'deleted', 5),
      standing('parked', 'deleted', 6),
    ];
    const statusOfOne = (id: string) => (id === 'on' ? 'active' : id === 'paused' ? 'paused' : undefined);
    expect(standingCounts(all, statusOfOne)).toEqual({ waiting: 5, paused: 4, 'switched-off': 5, parked: 6 });
  });
});

describe('the course of a pair', () => {
  const from = new Date('2026-11-21T10:00:00.000Z');
  const flow = (hour: string, events: number, at: number): HourlyFlow => ({
    from: 'X9G1P',
    to: 'X9H2T',
    hour,
    events,
    delivered: events,
    acknowledged: 0,
    classes: CLASS_COLUMNS.map((_column, index) => (index === at ? events : 0)),
  });
  const flows = [flow('2026-11-21T10:00:00.000Z', 2, 0), flow('2026-11-21T12:00:00.000Z', 4, 4)];
  it('has every hour: nothing is 0 events, and no delay', () => {
    const { events, delayms } = courseOf(flows, from, 4);
    expect(events).toEqual([2, 0, 4, 0]);
    expect(delayms).toEqual([50, null, 1_500, null]);
  });
  it('has one median over all hours', () => {
    expect(delaysOf(flows).p50).toBeGreaterThan(1_000);
    expect(delaysOf([])).toEqual({});
  });
});
