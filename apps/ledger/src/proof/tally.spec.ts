import { describe, expect, it } from '@jest/globals';
import { addRead, addStates, beginTally, disagreements, publishersOf } from './tally.js';

const counts = {
  first: 5,
  last: 9,
  messages: 4,
  subjects: new Map([
    ['events.referral.requested.v1.X9G1P', 2],
    ['events.referral.responded.v1.X9G1P', 1],
    ['events.referral.requested.v1.X9H2T', 1],
  ]),
};
const begun = (stream = 'EVENTS_REFERRAL') => beginTally(stream, counts, new Date(0));

describe('the tally of a pass', () => {
  it('begins at what the stream still keeps: what retention took is no loss', () => {
    expect(begun().next).toBe(5);
  });
  it('counts publishers by the last word of their subjects', () => {
    expect([...publishersOf(counts)]).toEqual([
      ['X9G1P', 3],
      ['X9H2T', 1],
    ]);
  });
  it('agrees when as much is on record as the engine counts, for the stream and for every publisher', () => {
    const tally = begun();
    tally.recorded = 4;
    for (const org of ['X9G1P', 'X9G1P', 'X9G1P', 'X9H2T']) addRead(tally, org);
    expect(disagreements(tally)).toEqual([]);
  });
  it('names a publisher whose event is missing, and one that the engine knows nothing of', () => {
    const tally = begun();
    tally.recorded = 4;
    for (const org of ['X9G1P', 'X9G1P', 'X9H2T', 'X9L3B']) addRead(tally, org);
    expect(disagreements(tally)).toEqual([
      { kind: 'publisher-sum', stream: 'EVENTS_REFERRAL', org: 'X9G1P', expected: 3, counted: 2 },
      { kind: 'publisher-sum', stream: 'EVENTS_REFERRAL', org: 'X9L3B', expected: 0, counted: 1 },
    ]);
  });
  it('counts a copy of what is on record as on record', () => {
    const tally = begun('STEPS');
    tally.recorded = 3;
    expect(disagreements(tally)).toEqual([{ kind: 'stream-sum', stream: 'STEPS', expected: 4, counted: 3 }]);
    tally.repeated = 1;
    expect(disagreements(tally)).toEqual([]);
  });
  it('adds up the deliveries of a subscription over stretches; a missing one is an event without a state', () => {
    const tally = begun();
    addStates(tally, [
      { subscription: 's1', state: 'waiting', count: 2 },
      { subscription: 's1', state: null, count: 1 },
    ]);
    addStates(tally, [{ subscription: 's1', state: 'waiting', count: 3 }]);
    expect(tally.subscriptions.get('s1')).toEqual({ events: 6, states: new Map([['waiting', 5]]) });
  });
});
