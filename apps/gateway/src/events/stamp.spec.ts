import { describe, expect, it } from '@jest/globals';
import { createSecretKey } from 'node:crypto';
import { eventDigest, journeyOf, type CloudEvent } from '@signalbox/contracts';
import { deriveKey } from './sealing.js';
import { stamp, withoutIdentifier } from './stamp.js';

const PATIENT = '9990000018';
const sent: CloudEvent = {
  attributes: { id: '1', source: 'urn:ods:X9H2T:tie', type: 'org.signalbox.result.reported.v1', unknownextension: 7 },
  data: { kind: 'json', bytes: Buffer.from('{ "a": 1 }') },
};
const keyOf = (secret: string) => createSecretKey(deriveKey(secret, 'pseudonym'));
const pseudonymKey = keyOf('a secret for tests only, 32 characters or more');
const at = new Date('2026-11-21T10:00:00Z');
const stamped = (more: object = {}, event = sent) =>
  stamp(event, { sourceorg: 'X9H2T', pseudonymKey, journey: journeyOf(event), at, ...more });

describe('an event as it is recorded', () => {
  it('keeps what was sent and says who, which journey and when', () => {
    const { attributes, data } = stamped();
    expect(attributes).toMatchObject({
      ...sent.attributes,
      sourceorg: 'X9H2T',
      correlationid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      recordedtime: '2026-11-21T10:00:00.000Z',
    });
    expect(data).toBe(sent.data);
  });

  it('has one ordering key for each patient and for each journey, under the key of this exchange only', () => {
    const key = (more: object) => stamped(more).attributes['partitionkey'];
    expect(key({ patient: PATIENT })).toBe(key({ patient: PATIENT }));
    expect(key({ patient: PATIENT })).not.toBe(key({ patient: '9990000026' }));
    expect(key({ patient: PATIENT })).not.toBe(key({}));
    const other = keyOf('another secret for tests only, 32 characters');
    expect(key({ patient: PATIENT, pseudonymKey: other })).not.toBe(key({ patient: PATIENT }));
  });

  it('keeps the journey of its publisher as it was written', () => {
    const correlationid = '0B9F0A6E-4C5F-4C0B-9D32-1D2F3B4C5D6E';
    const event = { ...sent, attributes: { ...sent.attributes, correlationid } };
    expect(stamped({}, event).attributes['correlationid']).toBe(correlationid);
  });

  it('has the digest of the event as it was sent, so that a retry can be told from a conflict', () => {
    expect(eventDigest(stamped({ patient: PATIENT }))).toEqual(eventDigest(sent));
  });
});

describe('an attribute in a record', () => {
  it('is left out when it holds an NHS number, spaced or not', () => {
    for (const value of [PATIENT, `patient ${PATIENT}`, '999 000 0018', '999-000-0018']) {
      expect([value, withoutIdentifier(value)]).toEqual([value, undefined]);
    }
    expect(withoutIdentifier('1234567890')).toBe('1234567890');
    expect(withoutIdentifier(undefined)).toBeUndefined();
  });
});
