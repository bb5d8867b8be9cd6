import { describe, expect, it } from '@jest/globals';

import type { AttributeValue, CloudEvent } from './event.js';
import { eventDigest, eventIdentity, journeyOf } from './identity.js';

const event = (
  attributes: Record<string, AttributeValue> = {},
  data: CloudEvent['data'] = { kind: 'absent' },
): CloudEvent => ({
  attributes: { specversion: '1.0', id: 'a', source: 'urn:ods:X9L3B:lims', type: 't', ...attributes },
  data,
});
const bytes = (text: string) => Buffer.from(text);
const digest = (one: CloudEvent) => eventDigest(one).toString('hex');

describe('the identity of an event', () => {
  it('is its source and id, told apart however they are divided', () => {
    expect(eventIdentity(event())).toMatch(/^[0-9a-f]{64}$/);
    expect(eventIdentity(event({ subject: 'other' }, { kind: 'json', bytes: bytes('1') }))).toBe(
      eventIdentity(event()),
    );
    expect(eventIdentity(event({ id: 'b' }))).not.toBe(eventIdentity(event()));
    expect(eventIdentity(event({ source: 'a b', id: 'c' }))).not.toBe(eventIdentity(event({ source: 'a', id: 'b c' })));
  });

  it('is fixed for ever, since stored events are found by it', () => {
    expect(eventIdentity(event())).toBe('4bcba39d32d4899cb2dae88df53a10792ae215299c4b3a699938f7b29c741a2f');
  });
});

describe('the digest of an event', () => {
  it('is the same whatever order its attributes were sent in', () => {
    const turned = {
      attributes: Object.fromEntries(Object.entries(event().attributes).toReversed()),
      data: event().data,
    };
    expect(digest(turned)).toBe(digest(event()));
  });

  it('is the same as sent and as stored, with what the gateway adds', () => {
    const stored = {
      sourceorg: 'X9L3B',
      partitionkey: 'k',
      recordedtime: '2026-11-21T09:30:00Z',
      correlationid: journeyOf(event()),
    };
    expect(digest(event(stored))).toBe(digest(event()));
  });

  it('is the same in structured and in binary mode', () => {
    expect(digest(event({ n: '-5', b: 'true' }))).toBe(digest(event({ n: -5, b: true })));
    expect(digest(event({}, { kind: 'text', bytes: bytes('x') }))).toBe(
      digest(event({}, { kind: 'binary', bytes: bytes('x') })),
    );
  });

  it.each<[string, CloudEvent]>([
    ['attribute', event({ subject: 's' })],
    ['journey of its own', event({ correlationid: '0a7c1f6e-2a9d-4a53-8f0e-5b8a3b9f6c21' })],
    ['value of an attribute', event({ type: 'u' })],
    ['content', event({}, { kind: 'json', bytes: bytes('1') })],
    ['empty content', event({}, { kind: 'binary', bytes: bytes('') })],
  ])('is another with another %s', (_, other) => {
    expect(digest(other)).not.toBe(digest(event()));
  });

  it('is another with other bytes or another kind of content', () => {
    const contents = [
      { kind: 'json', bytes: bytes('1') },
      { kind: 'json', bytes: bytes('1.0') },
      { kind: 'binary', bytes: bytes('1') },
    ] as const;
    expect(new Set(contents.map((data) => digest(event({}, data)))).size).toBe(3);
  });
});

describe('the journey of an event', () => {
  it('is its correlationid, in lower case if it is a UUID', () => {
    expect(journeyOf(event({ correlationid: '0A7C1F6E-2A9D-4A53-8F0E-5B8A3B9F6C21' }))).toBe(
      '0a7c1f6e-2a9d-4a53-8f0e-5b8a3b9f6c21',
    );
    expect(journeyOf(event({ correlationid: 'Case-7' }))).toBe('Case-7');
  });

  it('is else a version 5 UUID that a retry gives again', () => {
    expect(journeyOf(event())).toBe('f42ae64d-5b2d-5ee0-8a2f-2384e257ce34');
    expect(journeyOf(event({ subject: 'retried' }))).toBe(journeyOf(event()));
    expect(journeyOf(event({ id: 'b' }))).not.toBe(journeyOf(event()));
    expect(journeyOf(event())).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
