import { describe, expect, it } from '@jest/globals';
import { STUCK, type StuckKey } from '@signalbox/contracts';
import { causeOfCell, groupsOf, isAskedFor, type Portion } from './groups.js';

const KEY: StuckKey = {
  stuck: 'subscriber-refused',
  cause: 'endpoint-refused',
  publisher: 'X9G1P',
  receiver: 'X9H2T',
  type: 'org.signalbox.result.reported.v1',
};
const at = (minute: number): string => `2026-11-21T10:${String(minute).padStart(2, '0')}:00.000Z`;
const portion = (more: Partial<Omit<Portion, 'key'>> & { readonly key?: Partial<StuckKey> }): Portion => {
  const { key, ...rest } = more;
  return {
    kind: 'stopped',
    why: { reason: KEY.stuck, owner: { side: 'receiver', ods: 'X9H2T' }, since: at(1), next: '' },
    count: 1,
    more: false,
    repeats: 0,
    first: at(1),
    last: at(1),
    ...rest,
    key: { ...KEY, ...key },
  };
};
const grouped = (portions: readonly Portion[], limit = 1_000) => groupsOf(portions, limit, () => 'Result reported');

describe('groups of what stands still', () => {
  it('sum what has cause, publisher, receiver and type version in common, with the newest as the sample', () => {
    const [group, ...others] = grouped([
      portion({ count: 2, repeats: 1, first: at(3), last: at(4), sample: { id: 'a', source: 's' } }),
      portion({ count: 3, first: at(2), last: at(9), sample: { id: 'b', source: 's' } }),
    ]);
    expect(others).toEqual([]);
    expect(group).toMatchObject({
      ...KEY,
      title: 'Result reported',
      count: 5,
      more: false,
      repeats: 1,
      first: at(2),
      last: at(9),
      sample: { id: 'b' },
    });
  });
  it.each(['stuck', 'cause', 'publisher', 'receiver', 'type'] as const)('are told apart by %s', (name) => {
    const other = name === 'stuck' ? 'unknown' : 'other';
    expect(grouped([portion({}), portion({ key: { [name]: other } })])).toHaveLength(2);
  });
  it('come oldest first, in the words of the one table', () => {
    const [first, second] = grouped([portion({ first: at(5) }), portion({ key: { cause: 'too-old' }, first: at(2) })]);
    expect([first?.cause, second?.cause]).toEqual(['too-old', 'endpoint-refused']);
    const { meaning, clock, next } = STUCK['subscriber-refused'];
    expect(second).toMatchObject({ meaning, clock, next });
  });
  it('say that there are more than were counted', () => {
    expect(grouped([portion({ count: 8 }), portion({ count: 8 })], 10)[0]).toMatchObject({ count: 10, more: true });
    expect(grouped([portion({ count: 8, more: true })], 10)[0]).toMatchObject({ count: 8, more: true });
  });
  it('are left out by what is asked for, each name alone', () => {
    expect(isAskedFor(KEY, {})).toBe(true);
    expect(isAskedFor(KEY, { publisher: 'X9G1P', stuck: 'subscriber-refused' })).toBe(true);
    expect(isAskedFor(KEY, { publisher: 'X9G1P', receiver: 'X9L3B' })).toBe(false);
  });
  it('are caused by the subscription where that stands in the way, and by the last reason else', () => {
    const waiting = { state: 'waiting', reason: 'endpoint-timeout' } as const;
    expect(causeOfCell(waiting, 'active')).toBe('endpoint-timeout');
    expect(causeOfCell(waiting, 'paused')).toBe('subscription-paused');
    expect(causeOfCell(waiting, undefined)).toBe('subscription-deleted');
    expect(causeOfCell({ ...waiting, reason: '' }, 'active')).toBe('not-attempted');
    expect(causeOfCell({ state: 'parked', reason: 'too-old' }, undefined)).toBe('too-old');
  });
});
