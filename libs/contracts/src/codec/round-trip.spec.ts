import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { CloudEvent, EventData } from '../event.js';
import { eventDigest, eventIdentity, journeyOf } from '../identity.js';
import { decodeBatch, decodeHttp, encodeBinaryHttp } from './http.js';
import { encodeBatch } from './batch.js';
import { decodeNats, encodeNats } from './nats.js';
import { encodeStructured } from './structured.js';

/** Any character that an attribute may hold. */
const text = (minLength: number) =>
  fc.string({ unit: 'binary', minLength }).filter((value) => !/[\p{Cc}\p{Cs}\p{NChar}]/u.test(value));

const CORE = ['id', 'source', 'specversion', 'type', 'subject', 'time', 'dataschema', 'datacontenttype', 'data'];
const extensionName = fc.stringMatching(/^[a-z0-9]{1,24}$/).filter((name) => !CORE.includes(name));
const extension = fc.oneof(text(0), fc.boolean(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.constant(-0));
const time = fc
  .tuple(
    fc.date({ min: new Date('1970-01-01'), max: new Date('2999-12-31'), noInvalidDate: true }),
    fc.constantFrom('Z', '+01:00', '-11:30'),
    fc.stringMatching(/^(\.\d{1,12})?$/),
  )
  .map(([date, zone, fraction]) => date.toISOString().slice(0, 19) + fraction + zone);

const attributes = fc
  .tuple(
    fc.record(
      {
        id: text(1),
        source: fc.webUrl({ withFragments: true, withQueryParameters: true }),
        type: text(1),
        subject: text(1),
        time,
        dataschema: fc.webUrl(),
      },
      { requiredKeys: ['id', 'source', 'type'] },
    ),
    fc.dictionary(extensionName, extension, { maxKeys: 6 }),
  )
  .map(([core, extensions]) => ({ specversion: '1.0', ...core, ...extensions }));

/** JSON text whose numbers and spacing would not survive being parsed and written. */
const jsonBytes = fc
  .tuple(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom(undefined, 1, '\t'))
  .map(([value, indent]) => Buffer.from(JSON.stringify({ exact: 0, value }, null, indent).replace('0', '5.10')));

const content: fc.Arbitrary<{ datacontenttype?: string; data: EventData }> = fc.oneof(
  fc
    .record(
      {
        datacontenttype: fc.constantFrom(
          'application/json',
          'application/fhir+json; charset=UTF-8',
          'text/plain',
          'image/png',
        ),
      },
      { requiredKeys: [] },
    )
    .map((type) => ({ ...type, data: { kind: 'absent' as const } })),
  fc.record(
    {
      datacontenttype: fc.constantFrom('application/json', 'APPLICATION/FHIR+JSON'),
      data: jsonBytes.map((bytes) => ({ kind: 'json' as const, bytes })),
    },
    { requiredKeys: ['data'] },
  ),
  fc.record({
    datacontenttype: fc.constant('text/plain'),
    data: fc.string({ unit: 'binary' }).map((value) => ({ kind: 'text' as const, bytes: Buffer.from(value) })),
  }),
  fc.record(
    {
      datacontenttype: fc.constantFrom('image/png', 'application/json'),
      data: fc.uint8Array().map((bytes) => ({ kind: 'binary' as const, bytes })),
    },
    { requiredKeys: ['data'] },
  ),
);

const event: fc.Arbitrary<CloudEvent> = fc
  .tuple(attributes, content)
  .map(([core, { data, ...type }]) => ({ attributes: { ...core, ...type }, data }));

/** Events to be compared: bytes by their values, whatever array holds them. */
function comparable({ attributes: named, data }: CloudEvent) {
  return {
    attributes: named,
    data: data.kind === 'absent' ? data : { kind: data.kind, bytes: Buffer.from(data.bytes).toString('hex') },
  };
}

describe('an event', () => {
  it('survives the JSON format, alone and in a batch', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 3 }), (events) => {
        const headers = { 'content-type': 'application/cloudevents+json' };
        for (const one of events)
          expect(comparable(decodeHttp(headers, encodeStructured(one)))).toEqual(comparable(one));
        const items = decodeBatch({ 'content-type': 'application/cloudevents-batch+json' }, encodeBatch(events));
        expect(items.map((item) => comparable(item.event!))).toEqual(events.map(comparable));
      }),
      { numRuns: 300 },
    );
  });

  it('survives NATS with the types of its attributes and the kind of its content', () => {
    fc.assert(
      fc.property(event, (one) => {
        const { headers, body } = encodeNats(one);
        const read = decodeNats(headers, body);
        expect(comparable(read)).toEqual(comparable(one));
        expect(encodeStructured(read)).toEqual(encodeStructured(one));
      }),
      { numRuns: 500 },
    );
  });

  it('survives the binary mode of HTTP but for what that mode cannot say: types of attributes and kinds of content', () => {
    fc.assert(
      fc.property(event, (one) => {
        const { headers, body } = encodeBinaryHttp(one);
        // What a binary body of a JSON type holds is not ours to judge when it was sent as opaque bytes.
        fc.pre(one.data.kind !== 'binary' || one.attributes['datacontenttype'] !== 'application/json');
        const read = decodeHttp(headers, body);
        const asText = Object.entries(one.attributes).map(([name, value]) => [
          name,
          Object.is(value, -0) ? '-0' : String(value),
        ]);
        const implied = one.data.kind === 'json' && {
          datacontenttype: one.attributes['datacontenttype'] ?? 'application/json',
        };
        expect(read.attributes).toEqual({ ...Object.fromEntries(asText), ...implied });
        expect(Buffer.from(read.data.kind === 'absent' ? [] : read.data.bytes)).toEqual(
          Buffer.from(one.data.kind === 'absent' ? [] : one.data.bytes),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('keeps its identity, digest and journey through NATS', () => {
    fc.assert(
      fc.property(event, (one) => {
        const { headers, body } = encodeNats(one);
        const read = decodeNats(headers, body);
        expect([eventIdentity(read), journeyOf(read), eventDigest(read)]).toEqual([
          eventIdentity(one),
          journeyOf(one),
          eventDigest(one),
        ]);
      }),
    );
  });
});
