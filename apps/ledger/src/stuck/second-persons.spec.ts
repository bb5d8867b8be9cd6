import { describe, expect, it } from '@jest/globals';
import type { Acting } from '../people/acting.js';
import { SecondPersons, type WaitingAct } from './second-persons.js';

const act = (more: Partial<WaitingAct> = {}): WaitingAct => ({
  ...{ id: 'a1', ods: 'X9H2T', subscription: 's1', act: 'handled', deliveries: 312, by: 'X9H2T:person-1' },
  ...{ created: '2026-11-21T10:00:00.000Z', expires: new Date(Date.now() + 60_000).toISOString(), status: 'waiting' },
  ...more,
});
const known = (roles: readonly ('viewer' | 'operator')[], ods = 'X9H2T') => ({
  ...{ ods, application: 'person-1', viewer: { all: false as const, ods }, assured: false, actsForAll: false },
  roles: new Set(roles),
});
const telling = (call: () => Promise<unknown>, askMs = 1_000) =>
  new SecondPersons({ call } as unknown as Pick<Acting, 'call'>, askMs);

describe('acts that wait for a second person', () => {
  it('are those of which the gateway tells, so that whoever sees one may decide about it', async () => {
    const others = act({ id: 'a2', ods: 'X9G1P', by: 'X9G1P:person-2' });
    const over = [act({ status: 'done' }), act({ expires: new Date(Date.now() - 1).toISOString() })];
    const seconds = telling(() => Promise.resolve({ items: [act(), others, ...over] }));
    expect(await seconds.waiting(known(['operator']))).toMatchObject({
      acts: [
        { id: 'a1', own: true, would: 'mark as handled outside' },
        { id: 'a2', own: false },
      ],
      unknown: false,
    });
  });
  it('are nothing to who may only look, of whom the gateway is not asked', async () => {
    const seconds = telling(() => Promise.reject(new Error('it was asked')));
    expect(await seconds.waiting(known(['viewer']))).toEqual({ acts: [], unknown: false });
  });
  it('are said to be unknown, and not to be none, while the gateway is away or slow', async () => {
    const nothing = { acts: [], unknown: true };
    const away = telling(() => Promise.reject(new Error('away')));
    const slow = telling(() => new Promise(() => undefined), 10);
    expect([await away.waiting(known(['operator'])), await slow.waiting(known(['operator']))]).toEqual([
      nothing,
      nothing,
    ]);
  });
});
