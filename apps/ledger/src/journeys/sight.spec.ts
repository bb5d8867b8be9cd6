import { describe, expect, it } from '@jest/globals';
import type { Delivery } from './delivery.js';
import { outline, seesDelivery, seesEvent, seesStep, sightingKey, type Viewer } from './sight.js';

const practice: Viewer = { all: false, ods: 'X9G1P' };
const hospital: Viewer = { all: false, ods: 'X9H2T' };
const laboratory: Viewer = { all: false, ods: 'X9L3B' };
const operator: Viewer = { all: true };

const event = { sourceorg: 'X9G1P' };
const delivery: Delivery = {
  identity: 'i1',
  subscription: 's1',
  journey: 'j1',
  org: 'X9H2T',
  state: 'parked',
  since: '2026-11-21T10:00:00.000Z',
  entitled: true,
  attempts: 5,
  reason: 'endpoint-refused',
  detail: 'hooks.example answered 404',
  status: 404,
  latencyms: 12,
  channel: 'http',
  step: 4,
};

describe('seesEvent', () => {
  it.each([
    ['the publisher', practice, true],
    ['the receiver', hospital, true],
    ['an organisation that has no part in it', laboratory, false],
    ['the operator', operator, true],
  ])('answers for %s', (_who, viewer, expected) => {
    expect(seesEvent(viewer, event, [delivery])).toBe(expected);
  });
  it('hides what was filtered or suppressed from the organisation that did not get it', () => {
    expect(seesEvent(hospital, event, [{ ...delivery, entitled: false }])).toBe(false);
  });
  it('shows an event to its addressee though nothing delivers it', () => {
    expect(seesEvent(hospital, { ...event, targetorg: 'X9H2T' }, [])).toBe(true);
  });
});

describe('seesDelivery', () => {
  it.each([
    ['the publisher', practice, 'outline'],
    ['the receiver', hospital, 'full'],
    ['another organisation', laboratory, 'none'],
    ['the operator', operator, 'full'],
  ])('gives %s the right detail', (_who, viewer, expected) => {
    expect(seesDelivery(viewer, event, delivery)).toBe(expected);
  });
  it('does not tell a publisher what a receiver filters', () => {
    expect(seesDelivery(practice, event, { ...delivery, state: 'filtered', entitled: false })).toBe('none');
  });
  it('tells a publisher that its addressee has no grant, and of no other suppressed delivery', () => {
    const suppressed = { ...delivery, state: 'suppressed' as const, entitled: false };
    expect(seesDelivery(practice, { ...event, targetorg: 'X9H2T' }, suppressed)).toBe('outline');
    expect(seesDelivery(practice, event, suppressed)).toBe('none');
  });
});

describe('seesStep', () => {
  it('keeps what a publisher sent twice between it and the operator', () => {
    const again = { kind: 'duplicate' } as const;
    expect(seesStep(practice, event, again)).toBe('full');
    expect(seesStep(hospital, event, again)).toBe('none');
    expect(seesStep(operator, event, again)).toBe('full');
  });
  it('tells whose move it is, and the other side, that a clock ran out', () => {
    const receiver = { kind: 'overdue', org: 'X9H2T' } as const;
    expect([hospital, practice, laboratory].map((who) => seesStep(who, event, receiver))).toEqual([
      'full',
      'full',
      'none',
    ]);
    const publisher = { kind: 'overdue', org: 'X9G1P' } as const;
    const addressed = { ...event, targetorg: 'X9H2T' };
    expect([practice, hospital].map((who) => seesStep(who, addressed, publisher))).toEqual(['full', 'full']);
    expect(seesStep(hospital, event, publisher)).toBe('none');
  });
  it('does not tell a publisher of whose subscriptions an acknowledgement is overdue', () => {
    const step = { kind: 'overdue', org: 'X9H2T', subscription: 's1' } as const;
    expect(seesStep(practice, event, step, delivery)).toBe('outline');
    expect(seesStep(hospital, event, step, delivery)).toBe('full');
  });
});

describe('outline', () => {
  it('leaves out the endpoint, its answers and its timings', () => {
    const seen = JSON.stringify(outline(delivery));
    for (const secret of ['hooks.example', '404', '12', 's1', 'http']) expect(seen).not.toContain(`"${secret}`);
    expect(outline(delivery)).toMatchObject({ org: 'X9H2T', state: 'parked', reason: 'endpoint-refused' });
    expect(outline(delivery)).not.toHaveProperty('detail');
    expect(outline(delivery)).not.toHaveProperty('status');
    expect(outline(delivery)).not.toHaveProperty('latencyms');
  });
  it('tells of an arrival alone, not of a replay that the receiver asked for and refuses', () => {
    const delivered = '2026-11-21T09:00:00.000Z';
    const seen = outline({ ...delivery, delivered });
    expect(seen).toMatchObject({ state: 'delivered', since: delivered });
    expect(seen).not.toHaveProperty('reason');
  });
});

describe('sightingKey', () => {
  it('lists an organisation under its code and the operator under a star', () => {
    expect([sightingKey(practice), sightingKey(operator)]).toEqual(['X9G1P', '*']);
  });
  it('tells of a nudge who asked, who was asked and the publisher, and nobody else', () => {
    const step = { kind: 'nudged', org: 'X9H2T', by: 'X9L3B:person-1' } as const;
    const event = { sourceorg: 'X9G1P' };
    const seen = ['X9H2T', 'X9L3B', 'X9G1P', 'X9L4C'].map((ods) => seesStep({ all: false, ods }, event, step));
    expect(seen).toEqual(['full', 'full', 'full', 'none']);
  });
});
