import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Alert, type Change, changesOf, type Noticed } from './decision.js';
import type { AlertKind } from './kinds.js';

const START = Date.parse('2026-11-22T05:00:00Z');
const times = { quietMs: 60_000, remindMs: 3_600_000 };
const KINDS: readonly AlertKind[] = ['subscriber-down', 'publisher-silent'];
const ALL = new Set(KINDS);

const noticed = (key: string, kind: AlertKind = 'subscriber-down', detail = 'It does not answer.'): Noticed => ({
  ...{ kind, key, org: 'X9G1P', about: { subscription: key }, detail },
});

/** What changes leave open, as the database would hold it. */
function after(open: readonly Alert[], changes: readonly Change[], now: number): Alert[] {
  const at = new Date(now).toISOString();
  let next = [...open];
  const put = (alert: Alert, more: Partial<Alert>) => {
    next = next.map((one) => (one.id === alert.id ? { ...one, ...more } : one));
  };
  for (const change of changes) {
    if (change.change === 'raise')
      next.push({
        ...change.noticed,
        ...{ id: `${change.noticed.kind} ${change.noticed.key} ${at}`, severity: 'critical', explicit: false },
        ...{ raised: at, reminders: 0, reminded: at, toldraised: 0, toldresolved: false },
      });
    else if (change.change === 'resolve') next = next.filter(({ id }) => id !== change.alert.id);
    else if (change.change === 'clear') put(change.alert, { cleared: at });
    else if (change.change === 'remind') put(change.alert, { reminders: change.alert.reminders + 1, reminded: at });
    else {
      const { cleared: _cleared, ...kept } = change.alert;
      next = next.map((one) => (one.id === kept.id ? { ...kept, ...change.noticed } : one));
    }
  }
  return next;
}

const words = (changes: readonly Change[]) => changes.map(({ change }) => change);

describe('what a round of looking changes', () => {
  it('is an alert that is raised once, however often it is noticed', () => {
    const first = changesOf([], [noticed('a')], ALL, START, times);
    expect(words(first)).toEqual(['raise']);
    const open = after([], first, START);
    expect(changesOf(open, [noticed('a')], ALL, START + 5_000, times)).toEqual([]);
    expect(words(changesOf(open, [noticed('a'), noticed('b')], ALL, START + 5_000, times))).toEqual(['raise']);
  });

  it('is one alert while the condition comes and goes, and its end when it has stayed away', () => {
    let open = after([], changesOf([], [noticed('a')], ALL, START, times), START);
    const look = (seen: readonly Noticed[], ms: number) => {
      const changes = changesOf(open, seen, ALL, START + ms, times);
      open = after(open, changes, START + ms);
      return words(changes);
    };
    expect(look([], 5_000)).toEqual(['clear']);
    expect(look([], 30_000)).toEqual([]);
    expect(look([noticed('a')], 40_000)).toEqual(['keep']);
    expect(look([], 45_000)).toEqual(['clear']);
    expect(look([], 104_000)).toEqual([]);
    expect(look([], 105_000)).toEqual(['resolve']);
    expect(open).toEqual([]);
  });

  it('is nothing for a kind that could not be looked at: not to know is not to be well', () => {
    const open = after([], changesOf([], [noticed('a')], ALL, START, times), START);
    expect(changesOf(open, [], new Set(['publisher-silent']), START + 120_000, times)).toEqual([]);
  });

  it('is said again after a while, and never for mere information', () => {
    const open = after([], changesOf([], [noticed('a')], ALL, START, times), START);
    expect(words(changesOf(open, [noticed('a')], ALL, START + 3_600_000, times))).toEqual(['remind']);
    const mild = open.map((alert) => ({ ...alert, severity: 'information' }));
    expect(changesOf(mild, [noticed('a')], ALL, START + 3_600_000, times)).toEqual([]);
  });

  it('takes over new words, and leaves alone what others have raised', () => {
    const open = after([], changesOf([], [noticed('a')], ALL, START, times), START);
    expect(words(changesOf(open, [noticed('a', 'subscriber-down', 'Longer now.')], ALL, START, times))).toEqual([
      'keep',
    ]);
    expect(
      changesOf(
        open.map((alert) => ({ ...alert, explicit: true })),
        [],
        ALL,
        START + 600_000,
        times,
      ),
    ).toEqual([]);
  });

  it('never leaves two alerts of one key open, and none open that stayed away, whatever comes and goes', () => {
    const round = fc.record({
      seen: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
      kind: fc.constantFrom(...KINDS),
      afterMs: fc.integer({ min: 1_000, max: 90_000 }),
    });
    fc.assert(
      fc.property(fc.array(round, { maxLength: 30 }), (rounds) => {
        let open: Alert[] = [];
        let now = START;
        for (const { seen, kind, afterMs } of rounds) {
          now += afterMs;
          const all = seen.map((key) => noticed(key, kind));
          open = after(open, changesOf(open, all, ALL, now, times), now);
          const names = open.map((alert) => `${alert.kind} ${alert.key}`);
          expect(new Set(names).size).toBe(names.length);
          expect(names).toEqual(expect.arrayContaining(seen.map((key) => `${kind} ${key}`)));
        }
        for (let more = 0; more < 3; more++) {
          now += times.quietMs;
          open = after(open, changesOf(open, [], ALL, now, times), now);
        }
        expect(open).toEqual([]);
      }),
    );
  });
});
