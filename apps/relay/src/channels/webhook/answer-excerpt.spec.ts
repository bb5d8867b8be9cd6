import { describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '@signalbox/contracts';
import fc from 'fast-check';

import { answerExcerpt, type Sent } from './answer-excerpt.js';

const NHS_NUMBER = '9990000018';
const CONTENT = `{
  "resourceType": "Patient", "id": "pat-77", "active": true,
  "identifier": [{ "system": "https://fhir.nhs.uk/Id/nhs-number", "value": "${NHS_NUMBER}" }],
  "name": [{ "family": "Featherstonehaugh", "given": ["Zo\\u00eb", "Wu"] }],
  "birthDate": "1957-03-04", "telecom": [{ "value": "0113 496 0123" }],
  "address": [{ "line": ["7 Quarry\\/Lane"], "postalCode": "LS99 9ZZ" }],
  "note": "O'Shaughnessy's observation: Hämoglobin 5.10"
}`;

const EVENT: CloudEvent = {
  attributes: { specversion: '1.0', id: 'evt-8841', source: 'urn:ods:X9L3B:lims', correlationid: 'journey-4711' },
  data: { kind: 'json', bytes: Buffer.from(CONTENT) },
};
const SENT: Sent = { events: [EVENT], sink: 'https://receiver.example/hooks/s3cr3tpath' };

const excerpt = (said: string | Buffer, headers: Record<string, string> = {}, sent = SENT): string | undefined =>
  answerExcerpt({ headers, said: typeof said === 'string' ? Buffer.from(said) : said }, sent);

/** What identifies a person or a place in the event above, in every word that a reader would know them by. */
const SECRETS = /999|0018|feather|haugh|zo[eë]|wu\b|1957|0113|0123|quarry|lane|ls99|9zz|shaughnessy|8841|4711|s3cr3t/i;

describe('the excerpt of an answer', () => {
  it('shows what helps to mend the receiver', () => {
    expect(excerpt('Database connection lost', { 'content-type': 'text/plain' })).toBe('Database connection lost');
    expect(excerpt('{"error":"unauthorized","hint":"api key expired"}', { 'content-type': 'application/json' })).toBe(
      '{"error":"unauthorized","hint":"api key expired"}',
    );
  });

  it.each<[string, string]>([
    ['the content, as it was sent', CONTENT],
    ['the content, as JSON in JSON', JSON.stringify({ received: CONTENT })],
    ['the content, written anew', JSON.stringify(JSON.parse(CONTENT))],
    ['the content in capitals', CONTENT.toUpperCase()],
    ['the content, percent-encoded', encodeURIComponent(CONTENT)],
    ['the content in base64', Buffer.from(CONTENT).toString('base64')],
    ['the content in hex', Buffer.from(CONTENT).toString('hex')],
    ['the content backwards, line by line', CONTENT.split('\n').reverse().join('\n')],
    ['the number, in groups', 'no patient 999 000 0018 here'],
    ['the number, with hyphens', 'no patient 999-000-0018 here'],
    ['the number, with no-break spaces', 'no patient 999\u00a0000\u00a00018 here'],
    ['the number, glued to a word', `patient${NHS_NUMBER}unknown`],
    [
      'the number, as entities',
      Array.from(NHS_NUMBER)
        .map((digit) => `&#${String(digit.charCodeAt(0))};`)
        .join(''),
    ],
    [
      'the number, as JSON escapes',
      Array.from(NHS_NUMBER)
        .map((digit) => `\\u003${digit}`)
        .join(''),
    ],
    ['the name, in another case', 'no FEATHERSTONEHAUGH found'],
    ['the name, cut short', 'no Featherston found'],
    ['the name, glued', 'key MrsFeatherstonehaughX not found'],
    ['the name, without its accent', 'no Zoe found'],
    ['the name, with a combining accent', 'no Zoe\u0308 found'],
    ['a short name', 'no Wu found'],
    ['the date of birth, the other way round', 'born 04/03/1957'],
    ['the telephone number', 'call 01134960123'],
    ['the postcode', 'nobody at LS99 9ZZ'],
    ['the journey', 'journey-4711 is unknown'],
    ['its own address', 'POST /hooks/s3cr3tpath: not found'],
    ['a word with an apostrophe', 'O’Shaughnessy’s'],
  ])('hides %s', (_what, said) => {
    expect(excerpt(said) ?? '').not.toMatch(SECRETS);
  });

  it('hides six digits and more, whoever’s they are, and leaves status codes and lines', () => {
    expect(excerpt('error 503 at row 4412: queue 123456 full; dial 0300-123-4567')).toBe(
      'error 503 at row 4412: queue … full; dial …',
    );
  });

  it('hides keys and sessions of the receiver', () => {
    expect(excerpt('token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl rejected')).toBe('token … rejected');
  });

  it('is one line of at most 200 characters', () => {
    const long = excerpt(`Stack\r\n\tat\u0000 ${'wrong '.repeat(100)}`) ?? '';
    expect(long).toMatch(/^Stack at wrong wrong /);
    expect(Array.from(long)).toHaveLength(200);
    expect(long.endsWith('…')).toBe(true);
  });

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['an empty body', '', {}],
    ['blanks', ' \r\n\t ', {}],
    ['an image', Buffer.from([0x89, 0x50, 0x4e, 0x47]), { 'content-type': 'image/png' }],
    ['packed text', Buffer.from('x'), { 'content-type': 'text/plain', 'content-encoding': 'gzip' }],
  ])('is absent for %s', (_what, said, headers) => {
    expect(excerpt(said, headers)).toBeUndefined();
  });

  it('takes every event of a batch into account', () => {
    const other: CloudEvent = { ...EVENT, data: { kind: 'text', bytes: Buffer.from('Ramsbottom') } };
    expect(excerpt('no Ramsbottom here', {}, { ...SENT, events: [EVENT, other] })).toBe('no … here');
  });

  it('never holds a word of the event, whatever is echoed and however it is wrapped', () => {
    const word = fc.stringMatching(/^[A-Za-zäöéß0-9]{3,14}$/);
    const wrappings = [
      (text: string) => text,
      (text: string) => `error: "${text}" is not valid`,
      (text: string) => JSON.stringify({ errors: [{ message: text }] }),
      (text: string) => `<html><body><pre>${text}</pre></body></html>`,
      (text: string) => text.toUpperCase(),
      (text: string) => encodeURI(text),
      (text: string) => `at${text}x`,
    ];
    const words = fc.array(word, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(words, fc.constantFrom(...wrappings), (values, wrap) => {
        const event: CloudEvent = { ...EVENT, data: { kind: 'json', bytes: Buffer.from(JSON.stringify({ values })) } };
        const shown = (excerpt(wrap(values.join(' ')), {}, { ...SENT, events: [event] }) ?? '').toLowerCase();
        const tokens = new Set(shown.match(/[\p{L}\p{N}]+/gu) ?? []);
        return values.every((value) => !tokens.has(value.toLowerCase()));
      }),
      { numRuns: 300 },
    );
  });

  it('takes no more than a moment for the largest event', () => {
    const bytes = Buffer.from(JSON.stringify({ text: 'lorem ipsum dolor '.repeat(58_000) }));
    const started = performance.now();
    excerpt('x '.repeat(900), {}, { ...SENT, events: [{ ...EVENT, data: { kind: 'json', bytes } }] });
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
