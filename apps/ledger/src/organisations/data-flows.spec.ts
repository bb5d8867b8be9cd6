import { describe, expect, it } from '@jest/globals';
import { type EventType, typeMatches } from '@signalbox/contracts';
import type { Grant, Subscription } from '@signalbox/registry';
import { type FlowKey, type FlowQuery, type FlowRegistry, dataFlows, overlapping } from './data-flows.js';

const REQUESTED = 'org.signalbox.referral.requested.v1';
const REPORTED = 'org.signalbox.result.reported.v1';
const types = [REPORTED, REQUESTED, 'org.signalbox.operations.alert-raised.v1'].map(
  (type) => ({ type, title: type, classification: 'health data', status: 'active' }) as EventType,
);
const grant = (ods: string, action: Grant['action'], more: Partial<Grant> = {}): Grant => ({
  id: `${ods}-${action}`,
  ods,
  application: '*',
  action,
  types: 'org.signalbox.*',
  purpose: 'direct care',
  ...more,
});
const subscription = (ods: string, more: Partial<Subscription> = {}) =>
  ({
    id: `${ods}-s`,
    ods,
    application: 'a',
    types: [REQUESTED],
    protocol: 'PULL',
    status: 'active',
    created: '2026-01-01T00:00:00Z',
    ...more,
  }) as Subscription;

function registry(grants: readonly Grant[], subscriptions: readonly Subscription[]): FlowRegistry {
  const codes = ['A', 'B', 'C'];
  return {
    organisations: () => codes.map((ods) => ({ ods, name: ods, active: true })),
    applications: (ods) => [{ ods: ods!, id: 'a', name: 'a', active: true, keys: [] }],
    grants: (ods) => grants.filter((one) => one.ods === ods),
    subscriptions: () => [...subscriptions],
    allows: ({ ods }, action, type) =>
      grants.find((one) => one.ods === ods && one.action === action && typeMatches(one.types, type)),
  };
}
const flows = (of: FlowRegistry, query: FlowQuery = {}) =>
  [...dataFlows(of, types, query)].map(({ from, to, type }) => `${from} ${to} ${type.split('.')[2]!}`);

describe('dataFlows', () => {
  const all = [
    grant('A', 'publish', { basis: 'article 9' }),
    grant('B', 'publish'),
    grant('B', 'subscribe'),
    grant('C', 'subscribe'),
  ];
  const asked = [subscription('B'), subscription('C', { types: ['org.signalbox.*'] })];

  it('needs a grant to publish, a grant to receive, and a subscription that asks for it', () => {
    expect(flows(registry(all, asked))).toEqual([
      'A B referral',
      'A C referral',
      'A C result',
      'B C referral',
      'B C result',
    ]);
    expect(flows(registry(all, []))).toEqual([]);
    expect(
      flows(
        registry(
          all.filter(({ ods }) => ods !== 'C'),
          asked,
        ),
      ),
    ).toEqual(['A B referral']);
  });

  it('does not go to who is switched off, nor from a source that is not asked for', () => {
    expect(flows(registry(all, [subscription('B', { status: 'disabled' })]))).toEqual([]);
    expect(flows(registry(all, [subscription('C', { source: 'urn:ods:B:tie' })]))).toEqual(['B C referral']);
  });

  it('shows one side its own flows, and narrows by from, to and type', () => {
    expect(flows(registry(all, asked), { side: 'A' })).toEqual(['A B referral', 'A C referral', 'A C result']);
    expect(flows(registry(all, asked), { side: 'B' })).toEqual(['A B referral', 'B C referral', 'B C result']);
    expect(flows(registry(all, asked), { to: 'C', type: REPORTED })).toEqual(['A C result', 'B C result']);
  });

  it('goes on behind any of them, whatever the place', () => {
    const whole = [...dataFlows(registry(all, asked), types, {})];
    for (const [at, { from, to, type }] of whole.entries()) {
      const after: FlowKey = [from, to, type];
      expect([...dataFlows(registry(all, asked), types, { after })]).toEqual(whole.slice(at + 1));
    }
  });

  it('names purposes, bases, and the earliest end of what it stands on', () => {
    const ends = [
      grant('A', 'publish', { basis: 'article 9', expires: '2027-01-01T00:00:00Z' }),
      grant('B', 'subscribe', { purpose: 'care administration', expires: '2026-12-01T00:00:00Z' }),
    ];
    const [flow] = [...dataFlows(registry(ends, asked), types, {})];
    expect(flow).toMatchObject({
      purposes: ['care administration'],
      bases: ['article 9'],
      until: '2026-12-01T00:00:00Z',
      status: 'active',
      ways: ['PULL'],
    });
  });
});

describe('overlapping', () => {
  it('finds the patterns that mean a type which others mean too', () => {
    const patterns = ['*', REQUESTED, 'org.signalbox.result.*', 'org.signalbox.booking.*'];
    expect(overlapping(patterns, ['org.signalbox.referral.*'], [REQUESTED, REPORTED])).toEqual(['*', REQUESTED]);
  });
});
