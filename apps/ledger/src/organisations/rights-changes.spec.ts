import { describe, expect, it } from '@jest/globals';
import type { Grant } from '@signalbox/registry';
import { changesOf, type GrantChange } from './rights-changes.js';

const NOW = new Date('2026-11-22T12:00:00.000Z');
const grant = (more: Partial<Grant> = {}): Grant => ({
  id: 'g1',
  ods: 'X9G1P',
  application: '*',
  action: 'subscribe',
  types: 'org.signalbox.result.*',
  purpose: 'direct care',
  ...more,
});
/** What the history holds after each state of the registry, one after the other. */
function historyOf(...states: (readonly [readonly Grant[], Date?])[]): GrantChange[] {
  const lines: GrantChange[] = [];
  for (const [present, now = NOW] of states) {
    const newest = [...new Map(lines.map((line) => [`${line.ods} ${line.grantid}`, line])).values()];
    lines.push(...changesOf(newest, present, now, lines.length === 0));
  }
  return lines;
}
const words = (lines: readonly GrantChange[]) => lines.map(({ change }) => change);

describe('changesOf', () => {
  it('finds what was there before anybody wrote it down, and tells apart what was given later', () => {
    const later = grant({ id: 'g2', created: '2026-11-22T11:59:00.000Z' });
    const lines = historyOf([[grant()]], [[grant(), later]]);
    expect(lines.map(({ grantid, change, at }) => [grantid, change, at])).toEqual([
      ['g1', 'found', NOW.toISOString()],
      ['g2', 'given', later.created],
    ]);
  });

  it('writes nothing while nothing changes', () => {
    expect(historyOf([[grant()]], [[grant()]], [[grant()]])).toHaveLength(1);
  });

  it('tells of a changed purpose or end, and of one that is withdrawn, once', () => {
    const changed = grant({ purpose: 'care administration' });
    expect(words(historyOf([[grant()]], [[changed]], [[changed]], [[]], [[]]))).toEqual([
      'found',
      'changed',
      'withdrawn',
    ]);
  });

  it('tells that a grant has ended by itself, dated when it did, once', () => {
    const ending = grant({ expires: '2026-11-22T12:30:00Z' });
    const later = new Date('2026-11-22T13:00:00.000Z');
    const lines = historyOf([[ending]], [[ending], later], [[ending], later]);
    expect(lines.map(({ change, at }) => [change, at])).toEqual([
      ['found', NOW.toISOString()],
      ['expired', '2026-11-22T12:30:00.000Z'],
    ]);
  });

  it('takes one that is prolonged after its end, or given again after it was withdrawn, as given', () => {
    const ended = grant({ expires: '2026-11-22T11:00:00Z' });
    const prolonged = grant({ expires: '2027-11-22T11:00:00Z' });
    expect(words(historyOf([[ended]], [[prolonged]]))).toEqual(['found', 'expired', 'given']);
    expect(words(historyOf([[grant()]], [[]], [[grant()]]))).toEqual(['found', 'withdrawn', 'given']);
  });

  it('tells that an ended one was taken away too', () => {
    const ended = grant({ expires: '2026-11-22T11:00:00Z' });
    expect(words(historyOf([[ended]], [[]]))).toEqual(['found', 'expired', 'withdrawn']);
  });
});
