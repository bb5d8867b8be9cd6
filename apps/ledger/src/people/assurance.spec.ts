import { describe, expect, it } from '@jest/globals';
import { isAssured } from './assurance.js';

const ASKED = { amr: ['mfa', 'hwk'], acr: ['AAL3_ANY'] };

describe('whether more than one factor proved who somebody is', () => {
  it.each([
    [{ amr: ['pwd', 'mfa'] }, true],
    [{ amr: ['hwk'] }, true],
    [{ acr: 'AAL3_ANY' }, true],
    [{ amr: ['pwd'], acr: 'AAL1' }, false],
    [{}, false],
    // What a provider says in another form than the standard has it is not understood.
    [{ amr: 'mfa' }, false],
    [{ acr: ['AAL3_ANY'] }, false],
    [{ amr: [['mfa']] }, false],
  ])('is what the provider says in amr or acr: %j', (claims, assured) => {
    expect(isAssured(claims, ASKED)).toBe(assured);
  });
  it('is no where nothing counts as that', () => {
    expect(isAssured({ amr: ['mfa'], acr: 'AAL3_ANY' }, { amr: [], acr: [] })).toBe(false);
    expect(isAssured({}, { amr: [], acr: [] })).toBe(false);
  });
});
