import { describe, expect, test } from '@jest/globals';
import type { Recipients, Reconciliation, Statement, StateSums, ToldGap, WorkItem } from '@signalbox/client';
import { DELIVERY_STATES } from '@signalbox/contracts';

import {
  handledText,
  recipientsText,
  reconciliationText,
  statementText,
  statesText,
  workItemText,
} from './proof-text.js';

const AT = '2026-11-22T02:00:00.000Z';
const none = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as StateSums;
const sums: Reconciliation = {
  asof: AT,
  rounds: 7,
  complete: true,
  whole: true,
  sentences: ['2 deliveries for 1 subscription, each in one named state.'],
  streams: [
    {
      stream: 'EVENTS_RESULT',
      first: 1,
      last: 3,
      messages: 3,
      recorded: 2,
      repeated: 1,
      agrees: true,
      began: AT,
      ended: AT,
    },
  ],
  publishers: [{ org: 'X9L3B', accepted: 2, read: 2, agrees: true }],
  subscriptions: [
    {
      subscription: 's-1',
      org: 'X9G1P',
      status: 'active',
      events: 2,
      deliveries: 2,
      states: { ...none, acknowledged: 1, parked: 1 },
      agrees: true,
    },
  ],
  gaps: [],
  gapcounts: {},
  closed: [],
};

describe('the proof', () => {
  test('is told in sentences and in numbers that sum, each with a word for whether it does', () => {
    const text = reconciliationText(sums);
    expect(text).toMatch(/^Everything sums\. .*round 7/);
    expect(text).toMatch(/EVENTS_RESULT {2}3 messages {2}= 2 recorded \+ 1 repeated {2}agrees/);
    expect(text).toMatch(/X9L3B {2}2 accepted {2}= 2 read {2}agrees/);
    expect(text).toMatch(/s-1 {2}X9G1P active {2}2 events {2}= 1 acknowledged \+ 1 parked {2}agrees/);
  });

  test('names each gap with its event, its subscription and what follows', () => {
    const gap: ToldGap = {
      id: 'g-1',
      kind: 'delivery-missing',
      stream: 'EVENTS_RESULT',
      sequence: 4,
      org: 'X9G1P',
      subscription: 's-1',
      eventid: 'e-4',
      opened: AT,
      seen: AT,
      sentence: 'They have no state.',
      next: 'It is made up again.',
    };
    const text = reconciliationText({ ...sums, whole: false, gaps: [gap], gapcounts: { 'delivery-missing': 1 } });
    expect(text).toMatch(/^NOT everything sums/);
    expect(text).toMatch(
      /delivery-missing {2}They have no state\.\n {6}event e-4, subscription s-1, X9G1P, EVENTS_RESULT 4, since/,
    );
    expect(text).toMatch(/It is made up again\.$/);
  });

  test('that is not finished does not claim that everything sums', () => {
    expect(reconciliationText({ ...sums, whole: false, complete: false })).toMatch(/^Not finished/);
  });

  test('leaves states out of which there are none', () => {
    expect([statesText(none), statesText({ ...none, waiting: 2, parked: 1 })]).toEqual(['0', '2 waiting + 1 parked']);
  });
});

test('a statement says whose day it is, what was sent and what became of it', () => {
  const day: Statement = {
    date: '2026-11-21',
    zone: 'Europe/London',
    from: AT,
    to: AT,
    asof: AT,
    complete: false,
    organisation: { ods: 'X9L3B', name: 'North Vale' },
    sentences: ['It sent 4 events.'],
    published: {
      sent: 4,
      accepted: 2,
      refused: 1,
      repeated: 1,
      refusals: [{ code: 'SB-2003', count: 1 }],
      types: [{ type: 't', accepted: 2, refused: 1, repeated: 1 }],
      deliveries: {
        deliveries: 2,
        states: none,
        types: [{ type: 't', deliveries: 2, states: { ...none, delivered: 2 } }],
      },
    },
    received: { deliveries: 0, states: none, types: [] },
    gaps: [],
  };
  const text = statementText(day);
  expect(text).toMatch(/^X9L3B \(North Vale\) on 2026-11-21 \(Europe\/London\), which is not over yet/);
  expect(text).toMatch(/t {2}4 sent {2}= 2 accepted \+ 1 refused \+ 1 repeated/);
  expect(text).toMatch(/SB-2003 {2}1/);
  expect(text).toMatch(/t {2}2 deliveries {2}= 2 delivered/);
  expect(text).not.toMatch(/What you received/);
});

describe('recipients', () => {
  const told: Recipients = {
    id: 'e-2',
    source: 's',
    type: 't',
    journey: 'j',
    recorded: AT,
    supersedes: 'e-1',
    recipients: [
      {
        org: 'X9G1P',
        name: 'Elmfield',
        state: 'acknowledged',
        since: AT,
        delivered: AT,
        acknowledged: AT,
        overdue: false,
      },
      {
        org: 'X9H2T',
        state: 'delivered',
        since: AT,
        delivered: AT,
        acknowledgementdue: AT,
        overdue: true,
        contact: 'desk@example',
      },
    ],
    outstanding: [{ org: 'X9K4C', received: 'e-1', state: 'parked', reason: 'receiver-ended', work: 'Call them.' }],
  };

  test('are told with the clock of each, and who has the old version only', () => {
    const text = recipientsText(told);
    expect(text).toMatch(/^e-2 {2}t, accepted .* replaces e-1/);
    expect(text).toMatch(/X9G1P Elmfield .*acknowledged 2026/);
    expect(text).toMatch(/X9H2T .*OVERDUE: was to be acknowledged by .*contact desk@example/);
    expect(text).toMatch(/X9K4C has e-1 and not this: parked, receiver-ended, Call them\./);
    expect(recipientsText({ ...told, outstanding: [] })).toMatch(/Everybody who has what it replaces has it too/);
  });
});

test('a work item says what stopped, whose move it is and whom to talk to', () => {
  const item: WorkItem = {
    kind: 'parked',
    stuck: 'subscriber-refused',
    reason: 'endpoint-refused',
    sentence: 'The endpoint refused it.',
    next: 'Mend the receiver.',
    owner: { ods: 'X9G1P', side: 'receiver' },
    yours: true,
    contact: { ods: 'X9L3B', name: 'North Vale', contact: 'lab@example' },
    event: { id: 'e-1', source: 's', type: 't', title: 'Result', journey: 'j', recorded: AT },
    publisher: 'X9L3B',
    receiver: 'X9G1P',
    since: AT,
    attempts: 1,
    repeats: 1,
  };
  const text = workItemText(item);
  expect(text).toMatch(/^parked \(endpoint-refused\), subscriber-refused {2}Result {2}e-1 {2}X9L3B -> X9G1P/);
  expect(text).toMatch(/your move: Mend the receiver\./);
  expect(text).toMatch(/talk to X9L3B North Vale, lab@example; 1 attempt/);
  expect(workItemText({ ...item, yours: false })).toMatch(/move of X9G1P/);
});

test('what is open for a publisher with a receiver is told with why, since when and what to do', () => {
  const item = { subscription: 's-9', reason: 'receiver-ended', since: AT, next: 'Tell the receiver.' };
  const text = handledText({ dryrun: true, org: 'X9G1P', items: [item], before: 2 });
  expect(text.split('\n')).toEqual([
    'Open with X9G1P: 1',
    `  since ${AT} (receiver-ended), subscription s-9: Tell the receiver.`,
    '2 items with X9G1P handled outside before.',
  ]);
  expect(handledText({ dryrun: true, org: 'X9G1P', items: [], before: 0 })).toBe('Open with X9G1P: 0');
});
