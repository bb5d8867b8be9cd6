import { describe, expect, it } from '@jest/globals';
import type { EngineCondition, StreamCondition } from '@signalbox/messaging';
import { exchangeSentence, troublesOf } from './engine-words.js';

const BOUNDS = { fullPercent: 80, lagLimit: 100 };
const none = { readers: 0, pending: 0, unsettled: 0, redelivered: 0 };

const stream = (more: Partial<StreamCondition> = {}): StreamCondition => ({
  name: 'EVENTS_REFERRAL',
  messages: 1,
  bytes: 10,
  replicas: 1,
  copies: [],
  readers: [],
  behind: { delivery: none, ledger: none, other: none },
  ...more,
});

const condition = (more: Partial<EngineCondition> = {}): EngineCondition => ({
  version: '2.14.6',
  server: 'n1',
  storage: { used: 10 },
  streams: [stream()],
  missing: [],
  ...more,
});

const copy = (server: string, more: object = {}) => ({
  server,
  leads: false,
  current: true,
  offline: false,
  lag: 0,
  ...more,
});

describe('the engine in words', () => {
  it('is well with room, copies and readers that keep up', () => {
    expect(troublesOf(condition(), BOUNDS)).toEqual([]);
    const copies = [copy('n1', { leads: true }), copy('n2'), copy('n3')];
    expect(troublesOf(condition({ streams: [stream({ replicas: 3, copies })] }), BOUNDS)).toEqual([]);
    expect(exchangeSentence([], true)).toBe('The exchange works.');
  });

  it.each<[string, EngineCondition | undefined, RegExp]>([
    ['it does not answer', undefined, /does not answer/],
    ['streams vanish', condition({ missing: ['STEPS'] }), /1 stream of the exchange cannot be found: STEPS/],
    ['its disk fills up', condition({ storage: { used: 85, limit: 100 } }), /85 percent full/],
    ['a stream fills up', condition({ streams: [stream({ bytes: 90, limit: 100 })] }), /EVENTS_REFERRAL is 90 percent/],
    [
      'a copy is away',
      condition({
        streams: [
          stream({ replicas: 3, copies: [copy('n1', { leads: true }), copy('n2', { offline: true }), copy('n3')] }),
        ],
      }),
      /has 2 of 3 copies/,
    ],
    ['nobody leads', condition({ streams: [stream({ replicas: 3, copies: [copy('n2'), copy('n3')] })] }), /no leader/],
    [
      'a server is away',
      condition({
        cluster: { name: 'c', members: [{ server: 'n3', leads: false, current: false, offline: true }] },
      }),
      /n3 is away/,
    ],
    [
      'the ledger is behind',
      condition({ streams: [stream({ behind: { delivery: none, ledger: { ...none, pending: 101 }, other: none } })] }),
      /yet to read 101 messages/,
    ],
  ])('says what is wrong and what to do when %s', (_what, state, expected) => {
    const [trouble, ...more] = troublesOf(state, BOUNDS);
    expect(trouble?.what).toMatch(expected);
    expect(trouble?.next.length).toBeGreaterThan(20);
    expect(more).toEqual([]);
  });

  it('tells those who do not run it in one sentence, without names', () => {
    const troubles = troublesOf(condition({ missing: ['STEPS'] }), BOUNDS);
    expect(exchangeSentence(troubles, true)).toBe('The exchange works; its operator has something to see to.');
    expect(exchangeSentence(troublesOf(undefined, BOUNDS), false)).toContain('does not take events');
  });
});
