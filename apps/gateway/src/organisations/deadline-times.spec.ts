import { describe, expect, it } from '@jest/globals';
import { askedTimes } from './deadline-times.js';

const TIMES = { routine: 'P7D', urgent: 'PT24H', 'two-week-wait': 'P1D', critical: 'PT4H' };
const findingsOf = (asked: Record<string, unknown>, mayLengthen = false) => {
  const told = askedTimes(asked, TIMES, mayLengthen);
  return 'findings' in told ? told.findings.map(({ path, rule }) => `${path} ${rule}`) : [];
};

describe('the times that an organisation asks for', () => {
  it('may be as long as those of the type or shorter, for some urgencies', () => {
    expect(askedTimes({ routine: 'P7D', critical: 'PT1H' }, TIMES, false)).toEqual({
      times: { routine: 'P7D', critical: 'PT1H' },
    });
    expect(askedTimes({ urgent: 'P1D' }, TIMES, false)).toEqual({ times: { urgent: 'P1D' } });
  });
  it('are longer only where the operator sets them', () => {
    expect(findingsOf({ critical: 'PT5H' })).toEqual(['/times/critical deadline-bound']);
    expect(findingsOf({ critical: 'PT5H' }, true)).toEqual([]);
  });
  it('are durations, for urgencies that there are', () => {
    expect(findingsOf({ routine: 'P1W', urgent: 7, critical: 'PT0S' })).toEqual([
      '/times/routine duration',
      '/times/urgent duration',
      '/times/critical duration',
    ]);
    expect(findingsOf({ '999 000 0018': 'P1D' })).toEqual(['/times known-urgency']);
    expect(findingsOf({})).toEqual(['/times required']);
  });
});
