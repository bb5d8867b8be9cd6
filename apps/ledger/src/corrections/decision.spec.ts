import { describe, expect, it } from '@jest/globals';
import { decide, type Situation } from './decision.js';

const owed: Situation = {
  record: undefined,
  subscription: 'active',
  granted: true,
  waiting: 'nothing',
  kept: true,
  wanted: false,
  ahead: true,
};
const record = (state: NonNullable<Situation['record']>['state'], more: object = {}) => ({
  record: { state, ...more },
});
const QUEUE = { kind: 'queue', announce: true };

describe('decide', () => {
  it.each([
    ['was delivered', record('delivered', { delivered: '2026-11-21T10:00:00.000Z' })],
    ['was acknowledged', record('acknowledged', { acknowledged: '2026-11-21T10:00:00.000Z' })],
    ['was seen to by a person', record('handled-outside')],
    ['was delivered, and a repetition of it was parked', record('parked', { delivered: '2026-11-21T10:00:00.000Z' })],
  ])('closes what %s, whatever became of the subscription', (_what, more) => {
    for (const subscription of ['active', 'disabled', undefined] as const)
      expect(decide({ ...owed, ...more, subscription, granted: false })).toEqual({ kind: 'closed' });
  });

  it.each(['deleted', 'disabled'])('makes work for the publisher of a subscription that is %s', (how) => {
    const subscription = how === 'deleted' ? undefined : ('disabled' as const);
    expect(decide({ ...owed, subscription })).toEqual({ kind: 'work', reason: 'receiver-ended' });
    // Also of what the receiver's own people had before them.
    const refused = record('parked', { reason: 'endpoint-refused' });
    expect(decide({ ...owed, subscription, ...refused })).toEqual({ kind: 'work', reason: 'receiver-ended' });
    expect(decide({ ...owed, subscription, ...record('parked', { reason: 'receiver-ended' }) })).toEqual({
      kind: 'rest',
    });
  });

  it('never delivers without a grant', () => {
    for (const more of [{}, { wanted: true }, record('suppressed')])
      expect(decide({ ...owed, ...more, granted: false })).toEqual({ kind: 'work', reason: 'no-grant' });
    expect(decide({ ...owed, granted: false, ...record('parked', { reason: 'no-grant' }) })).toEqual({ kind: 'rest' });
  });

  it('adds nothing where it comes by itself', () => {
    expect(decide({ ...owed, wanted: true })).toEqual({ kind: 'wait' });
    expect(decide({ ...owed, wanted: true, ...record('waiting') })).toEqual({ kind: 'wait' });
    expect(decide({ ...owed, waiting: 'correction' })).toEqual({ kind: 'wait' });
    expect(decide({ ...owed, waiting: 'other', ...record('waiting') })).toEqual({ kind: 'wait' });
  });

  it.each([
    ['asks for something else', {}],
    ['is paused and asks for something else', { subscription: 'paused' as const }],
    ['has passed it over', { wanted: true, ahead: false }],
    ['filtered it, and would not any more', { wanted: true, ...record('filtered') }],
    ['lost its grant when it was due, and has it again', { wanted: true, ...record('suppressed') }],
    ['was away when it was due, and is back', record('parked', { reason: 'receiver-ended', corrects: '1' })],
  ])('puts it up for a subscription that %s', (_what, more) => {
    expect(decide({ ...owed, ...more })).toEqual(QUEUE);
  });

  it('takes it off the publisher’s list when it comes by itself after all', () => {
    const parked = record('parked', { reason: 'no-grant', corrects: '1' });
    expect(decide({ ...owed, wanted: true, ...parked })).toEqual({ kind: 'back' });
  });

  it('says once that it put it up, though the room lost it', () => {
    expect(decide({ ...owed, ...record('waiting', { corrects: '1' }) })).toEqual({ kind: 'queue', announce: false });
    expect(decide({ ...owed, ...record('expired', { corrects: '1' }) })).toEqual({ kind: 'queue', announce: false });
  });

  it('leaves to the receiver’s people what they have before them', () => {
    expect(decide({ ...owed, ...record('parked', { reason: 'endpoint-refused' }) })).toEqual({ kind: 'rest' });
  });

  it('says so once when the exchange does not have it any more', () => {
    expect(decide({ ...owed, kept: false })).toEqual({ kind: 'expire' });
    expect(decide({ ...owed, kept: false, ...record('expired', { reason: 'retention-over' }) })).toEqual({
      kind: 'rest',
    });
  });
});
