import { describe, expect, it } from '@jest/globals';
import { ownerOf } from './owners.js';

const parties = { receiver: 'X9G1P', publisher: 'X9L3B', operator: 'X9S0B' };
const organisation = (ods: string) => ({
  ods,
  name: `Organisation ${ods}`,
  active: true,
  contact: `desk@${ods}.example`,
});

describe('the owner of a parked delivery', () => {
  it.each([
    ['endpoint-refused', 'receiver', 'X9G1P'],
    ['attempts-exhausted', 'receiver', 'X9G1P'],
    ['a-cause-of-tomorrow', 'receiver', 'X9G1P'],
    ['egress-refused', 'operator', 'X9S0B'],
    ['no-grant', 'publisher', 'X9L3B'],
    ['receiver-ended', 'publisher', 'X9L3B'],
  ])('for %s is the %s, with how people reach it', (reason, side, ods) => {
    expect(ownerOf(reason, parties, organisation)).toEqual({
      side,
      ods,
      name: `Organisation ${ods}`,
      contact: `desk@${ods}.example`,
    });
  });

  it('is known by its code where the registry does not know it any more', () => {
    expect(ownerOf(undefined, parties, () => undefined)).toEqual({ side: 'receiver', ods: 'X9G1P' });
  });
});
