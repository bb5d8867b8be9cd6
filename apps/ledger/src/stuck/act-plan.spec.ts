import { describe, expect, it } from '@jest/globals';
import type { Role } from '../people/roles.js';
import { type ActOutcome, actsFor, actsOn, planOf, told } from './act-plan.js';
import type { Cell } from './cells.js';
import type { OpenGroup } from './groups.js';

const cell = (more: Partial<Cell>): Cell => ({
  org: 'X9H2T',
  subscription: 's1',
  state: 'parked',
  reason: 'endpoint-refused',
  publisher: 'X9G1P',
  type: 't',
  count: 1,
  attempts: 1,
  stops: 1,
  first: '2026-11-21T10:00:00.000Z',
  last: '2026-11-21T10:00:00.000Z',
  sample: { id: 'e', source: 's', journey: 'j', recorded: '2026-11-21T10:00:00.000Z' },
  ...more,
});
const group = (more: Partial<OpenGroup>): OpenGroup =>
  ({
    kind: 'stopped',
    publisher: 'X9G1P',
    receiver: 'X9H2T',
    owner: { side: 'receiver', ods: 'X9H2T' },
    cells: [cell({})],
    ...more,
  }) as OpenGroup;
const known = (ods: string, roles: readonly Role[] = ['viewer', 'operator'], actsForAll = false) => ({
  ods,
  actsForAll,
  roles: new Set(roles),
});
const outcome = (more: Partial<ActOutcome>) =>
  told(
    {
      act: 'retry',
      dryrun: true,
      deliveries: 0,
      subscriptions: 0,
      duplicates: 0,
      more: false,
      secondperson: 0,
      actions: [],
      ...more,
      left: more.left ?? [],
    },
    'X9H2T',
  );

describe('what can be done with a group', () => {
  it('is the receiver’s, of its own group only, and needs the role operator', () => {
    expect(actsOn(group({}), known('X9H2T'))).toEqual(['retry', 'hand-over', 'handled']);
    expect(actsOn(group({}), known('X9H2T', ['viewer']))).toEqual([]);
    expect(actsOn(group({}), known('X9G1P'))).toEqual([]);
  });
  it('is the publisher’s where only it can see to it', () => {
    const own = group({ owner: { side: 'publisher', ods: 'X9G1P' } });
    expect(actsOn(own, known('X9G1P'))).toEqual(['handled']);
    for (const kind of ['astray', 'refused'] as const) {
      expect(actsOn(group({ kind, cells: [] }), known('X9G1P'))).toEqual(['hand-over', 'handled']);
      expect(actsOn(group({ kind, cells: [] }), known('X9H2T'))).toEqual([]);
    }
  });
  it('is anybody’s for those who administer the exchange, and nobody’s for those who only see all', () => {
    expect(actsFor(known('X9S0B'), 'X9H2T')).toBe(false);
    expect(actsOn(group({}), known('X9S0B', ['operator'], true))).toEqual(['retry', 'hand-over', 'handled']);
    expect(actsOn(group({}), known('X9S0B', ['administrator'], true))).toEqual([]);
    expect(actsFor(known('X9G1P', ['viewer', 'operator', 'administrator']), 'X9H2T')).toBe(false);
  });
  it('is to stop what is still tried; nothing of clocks and silence can be acted upon', () => {
    const tried = group({ cells: [cell({ state: 'waiting', reason: 'endpoint-timeout' })] });
    expect(actsOn(tried, known('X9H2T'))).toEqual(['park']);
    const late = group({ cells: [cell({ state: 'expired', reason: 'deadline-missed' })] });
    expect(actsOn(late, known('X9H2T'))).toEqual(['park', 'hand-over', 'handled']);
    for (const kind of ['overdue', 'silent'] as const)
      expect(actsOn(group({ kind, cells: [] }), known('X9H2T'))).toEqual([]);
  });
});

describe('the plan of an act', () => {
  const subscriptions: Record<string, Parameters<typeof planOf>[2] extends (id: string) => infer S ? S : never> = {
    s1: { status: 'active', protocol: 'HTTP' },
    off: { status: 'disabled', protocol: 'HTTP' },
    pull: { status: 'active', protocol: 'PULL' },
  };
  const plan = (act: Parameters<typeof planOf>[0], ...cells: Cell[]) => planOf(act, cells, (id) => subscriptions[id]);

  it('names what it takes in as the gateway’s call takes it, subscription by subscription', () => {
    expect(plan('retry', cell({ count: 3 }))).toEqual({
      parts: [
        {
          subscription: 's1',
          selection: { reason: 'endpoint-refused', type: 't', publisher: 'X9G1P' },
          count: 3,
        },
      ],
      left: [],
    });
    const [quiet] = plan('park', cell({ state: 'waiting', reason: '' })).parts;
    expect(quiet?.selection).toEqual({ all: true, type: 't', publisher: 'X9G1P' });
  });
  it.each([
    ['retry', { subscription: 'gone' }, 'ended'],
    ['retry', { subscription: 'off' }, 'switched-off'],
    ['retry', { state: 'waiting' }, 'trying'],
    ['retry', { state: 'expired', reason: 'retention-over' }, 'gone'],
    ['park', {}, 'parked'],
    ['park', { state: 'waiting', subscription: 'pull' }, 'fetched'],
    ['park', { state: 'expired', reason: 'retention-over' }, 'gone'],
    ['handled', { state: 'waiting' }, 'still-tried'],
    ['hand-over', { state: 'delivering' }, 'still-tried'],
  ] as const)('of %s leaves %j, because: %s', (act, more, why) => {
    expect(plan(act, cell({ count: 2, ...more }))).toEqual({ parts: [], left: [{ why, count: 2 }] });
  });
});

describe('what an act would do or did', () => {
  it('is told in one sentence, with what is left and why', () => {
    const left = [{ why: 'ended', count: 3, sentence: '' }] as const;
    expect(outcome({ deliveries: 312, subscriptions: 2, left }).sentence).toBe(
      'Would retry 312 deliveries for X9H2T of 2 subscriptions; 3 are left: the subscription has ended: nothing can be delivered by it.',
    );
    expect(outcome({ dryrun: false, deliveries: 1, changed: 1, subscriptions: 1 }).sentence).toBe(
      'Put up for delivery again: 1 delivery for X9H2T of 1 subscription.',
    );
    expect(outcome({ act: 'handled', deliveries: 1_200, more: true }).sentence).toBe(
      'Would mark as handled outside 1,200 events for X9H2T; there are more than one act may be about: repeat it for the rest.',
    );
  });
  it('says what waits for a second person', () => {
    expect(outcome({ deliveries: 312, subscriptions: 1, secondperson: 312 }).sentence).toMatch(
      /; a second person has to agree to 312\.$/,
    );
  });
});
