import { describe, expect, it } from '@jest/globals';
import type { Known } from '../console/viewers.js';
import type { DeliveryView } from '../journeys/journey-view.js';
import { faultOfRemark, obstacle } from './right-to-values.js';

const known = (more: Partial<Known> & { all?: boolean } = {}): Known => ({
  ods: 'X9H2T',
  application: 'person-1',
  viewer: more.all === true ? { all: true } : { all: false, ods: more.ods ?? 'X9H2T' },
  roles: new Set(['viewer', 'operator'] as const),
  assured: true,
  actsForAll: false,
  ...more,
});
const received = (org: string, more: Partial<DeliveryView> = {}): DeliveryView => ({
  ...{ org, state: 'delivered', since: '', attempts: 1, delivered: '2026-11-21T10:00:00.000Z' },
  ...more,
});
const event = (...deliveries: DeliveryView[]) => ({ sourceorg: 'X9G1P', deliveries });

describe('obstacle', () => {
  it.each([
    ['a receiver whom it was delivered to', known(), event(received('X9H2T')), undefined],
    ['its publisher', known({ ods: 'X9G1P' }), event(), undefined],
    ['the operator of the exchange', known({ ods: 'X9S0B', all: true }), event(), undefined],
    [
      'information governance',
      known({ roles: new Set(['information-governance'] as const) }),
      event(received('X9H2T')),
      undefined,
    ],
    ['an application', known({ application: 'records' }), event(received('X9H2T')), 'person'],
    ['somebody who may only look', known({ roles: new Set(['viewer'] as const) }), event(received('X9H2T')), 'role'],
    [
      'an administrator who is nothing else',
      known({ roles: new Set(['administrator'] as const) }),
      event(received('X9H2T')),
      'role',
    ],
    ['somebody with one factor', known({ assured: false }), event(received('X9H2T')), 'assured'],
    [
      'a receiver whom it has not reached',
      known(),
      event({ org: 'X9H2T', state: 'waiting', since: '', attempts: 0 }),
      'side',
    ],
    ['an organisation that another received it beside', known(), event(received('X9L3B')), 'side'],
  ] as const)('stands before %s as it should', (_who, viewer, about, expected) => {
    expect(obstacle(viewer, about, true)).toBe(expected);
  });
  it('takes one factor where the setting says so', () => {
    expect(obstacle(known({ assured: false }), event(received('X9H2T')), false)).toBeUndefined();
  });
});

describe('faultOfRemark', () => {
  it.each([
    '',
    '   ',
    'why',
    'x'.repeat(501),
    '9990000018',
    'it is 999 000 0018',
    'see 12-345-678-901',
    '999.000.0018 again',
  ])('takes no remark like this: %j', (text) => expect(faultOfRemark(text)).toEqual(expect.any(String)));
  it('takes words, and short numbers', () => {
    expect(faultOfRemark('Asked ward 12 at 10:30 about code 8480-6')).toBeUndefined();
  });
});
