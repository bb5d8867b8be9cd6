import { describe, expect, it } from '@jest/globals';
import { Refusal } from '../problems.js';
import { type StuckAct, refuseUnsaid, type Remark } from './acts.js';

function missing(act: StuckAct, remark: Remark): string[] {
  try {
    refuseUnsaid(act, remark);
    return [];
  } catch (error) {
    return error instanceof Refusal ? error.findings.map(({ path }) => path) : [String(error)];
  }
}

describe('what is said with an act', () => {
  it('is who looks after it from now on, for a hand-over', () => {
    expect(missing('hand-over', { note: 'Their system is down.' })).toEqual(['/to']);
    expect(missing('hand-over', { to: 'desk@example.org' })).toEqual([]);
  });
  it('is how it was handled, for what was handled outside', () => {
    expect(missing('handled', { to: 'desk@example.org' })).toEqual(['/note']);
    expect(missing('handled', { note: 'By telephone.' })).toEqual([]);
  });
  it('may be nothing where an act says itself what is done', () => {
    expect([...missing('retry', {}), ...missing('park', {})]).toEqual([]);
  });
});
