import { describe, expect, test } from '@jest/globals';
import type { Health, Subscription, TestOutcome } from '@signalbox/client';

import { healthText, subscriptionRow, testText } from './subscription.js';

describe('the health of a subscription', () => {
  const told: Health = {
    subscription: 's',
    status: 'active',
    condition: 'timing-out',
    stage: 2,
    since: '2026-11-22T02:00:00.000Z',
    sentence: 'The endpoint takes too long to answer.',
    advice: 'Answer first, work afterwards.',
    circuit: 'open',
    limit: 1,
    waiting: 40,
  };

  test('is told in words, with what to do, and what is known of its queue', () => {
    const text = healthText(told);
    expect(text).toMatch(/^timing-out, stage 2 of 3 since 2026-11-22T02:00:00\.000Z {2}\(active\)\n/);
    expect(text).toMatch(/takes too long to answer\.\nAnswer first, work afterwards\.\n/);
    expect(text).toMatch(/ {2}waiting {11}40\n/);
    expect(text).not.toMatch(/undefined|oldest/);
  });

  test('does not take a part for the whole', () => {
    expect(healthText({ ...told, waiting: 200, more: true })).toMatch(/ {2}waiting {11}200 or more\n/);
  });

  test('does not say the same word twice', () => {
    expect(healthText({ ...told, status: 'paused', condition: 'paused', stage: 0 })).toMatch(/^paused since/);
  });
});

describe('a subscription in a list', () => {
  const one: Subscription = { id: 's', protocol: 'HTTP', status: 'active', types: ['a.*', 'b'], sink: 'https://r/x' };

  test('is told from others by what it is for and where it is sent to', () => {
    expect(subscriptionRow(one)).toEqual(['s', 'HTTP', 'active', 'a.*, b', 'https://r/x']);
    const { sink: _sink, ...fetched } = one;
    expect(subscriptionRow({ ...fetched, protocol: 'PULL' }).at(-1)).toBe('-');
  });

  test('says what is wrong with it: why it is off, or how its endpoint fares', () => {
    const warning = { condition: 'timing-out', stage: 1, sentence: 'Too slow.', advice: 'Answer first.' };
    expect(subscriptionRow({ ...one, warning })[2]).toBe('active (timing-out)');
    expect(subscriptionRow({ ...one, status: 'disabled', statusReason: 'endpoint-gone' })[2]).toBe(
      'disabled (endpoint-gone)',
    );
  });
});

describe('a test', () => {
  const told: TestOutcome = { outcome: 'refused', type: 't', source: 's', id: 'test-1', status: 422, latencyms: 7 };

  test('says what the receiver did and what that would mean for an event', () => {
    expect(testText({ ...told, reason: 'endpoint-refused', detail: 'Mend it.', answer: 'no\nway' })).toBe(
      'The receiver refused the test; an event would be parked (status 422, 7 ms, endpoint-refused).\n' +
        'Mend it.\nIt answered: no way\nSent: t  test-1',
    );
    expect(testText({ ...told, outcome: 'delivered', status: 204 })).toMatch(
      /^The receiver took the test \(status 204/,
    );
    expect(testText({ outcome: 'retry', type: 't', source: 's', id: 'i' })).toMatch(
      /an event would be tried again\.\n/,
    );
  });
});
