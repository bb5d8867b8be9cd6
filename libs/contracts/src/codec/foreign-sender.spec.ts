import { describe, expect, it } from '@jest/globals';
import { CloudEvent as ForeignEvent, HTTP } from 'cloudevents';

import { decodeBatch, decodeHttp, encodeBinaryHttp, type IncomingHeaders } from './http.js';
import { encodeStructured } from './structured.js';

/** The CloudEvents project's own JavaScript SDK, as a sender and a receiver that we did not write. */
const sent = new ForeignEvent({
  id: 'f-1',
  source: 'urn:ods:X9L3B:lims',
  type: 'org.signalbox.result.reported.v1',
  time: '2026-11-21T09:30:00.000Z',
  datacontenttype: 'application/fhir+json',
  subject: 'plain',
  retries: 3,
  urgent: true,
  data: { resourceType: 'Bundle', entry: [{ text: 'é €' }] },
});

const headersOf = (headers: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  ) as IncomingHeaders;

const EXPECTED = {
  id: 'f-1',
  source: 'urn:ods:X9L3B:lims',
  specversion: '1.0',
  type: 'org.signalbox.result.reported.v1',
  time: '2026-11-21T09:30:00.000Z',
  datacontenttype: 'application/fhir+json',
  subject: 'plain',
};

describe('the npm package cloudevents', () => {
  it('is understood when it sends structured mode', () => {
    const { headers, body } = HTTP.structured(sent);
    const event = decodeHttp(headersOf(headers), Buffer.from(body as string));
    expect(event.attributes).toEqual({ ...EXPECTED, retries: 3, urgent: true });
    expect(event.data.kind === 'json' && JSON.parse(Buffer.from(event.data.bytes).toString())).toEqual(sent.data);
  });

  it('is understood when it sends binary mode', () => {
    const { headers, body } = HTTP.binary(sent);
    const event = decodeHttp(headersOf(headers), Buffer.from(body as string));
    expect(event.attributes).toEqual({ ...EXPECTED, retries: '3', urgent: 'true' });
    expect(event.data.kind === 'json' && JSON.parse(Buffer.from(event.data.bytes).toString())).toEqual(sent.data);
  });

  it('is understood when a batch is put together from its events', () => {
    const body = Buffer.from(JSON.stringify([sent, sent]));
    const items = decodeBatch({ 'content-type': 'application/cloudevents-batch+json; charset=UTF-8' }, body);
    expect(items.map((item) => item.event?.attributes['id'])).toEqual(['f-1', 'f-1']);
  });

  it('understands what is written here, in both modes', () => {
    const { headers, body } = HTTP.structured(sent);
    const event = decodeHttp(headersOf(headers), Buffer.from(body as string));
    const structured = HTTP.toEvent({
      headers: { 'content-type': 'application/cloudevents+json' },
      body: encodeStructured(event).toString(),
    });
    expect(structured).toMatchObject({ ...EXPECTED, retries: 3, urgent: true, data: sent.data });
    const binary = encodeBinaryHttp(event);
    const read = HTTP.toEvent({ headers: binary.headers, body: binary.body.toString() });
    expect(read).toMatchObject({ id: 'f-1', retries: '3', subject: 'plain' });
  });

  it('is refused where it breaks the rules: raw UTF-8 in headers', () => {
    const { headers, body } = HTTP.binary(sent.cloneWith({ subject: 'é' }));
    expect(() => decodeHttp(headersOf(headers), Buffer.from(body as string))).toThrow(/SB-1005/);
  });
});
