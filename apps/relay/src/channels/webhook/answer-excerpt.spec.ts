import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { answerExcerpt } from './answer-excerpt.js';
import { ANSWER_WORDS } from './answer-words.js';

const excerpt = (said: string | Buffer, headers: Record<string, string> = {}): string | undefined =>
  answerExcerpt({ headers, said: typeof said === 'string' ? Buffer.from(said) : said });

const NHS_NUMBER = '9990000018';
const CONTENT = `{
  "resourceType": "Patient", "id": "pat-77", "active": true,
  "identifier": [{ "system": "https://fhir.nhs.uk/Id/nhs-number", "value": "${NHS_NUMBER}" }],
  "name": [{ "family": "Featherstonehaugh", "given": ["Zo\\u00eb", "Wu"] }],
  "birthDate": "1957-03-04", "telecom": [{ "value": "0113 496 0123" }],
  "address": [{ "line": ["7 Quarry\\/Lane"], "postalCode": "LS99 9ZZ" }],
  "note": "O'Shaughnessy's observation: Hämoglobin 5.10"
}`;
/** What identifies somebody in the content above, in every word and group of digits by which a reader would know it. */
const SECRETS = /999 ?000|0018|pat-77|feather|haugh|zo[eë]|\bwu\b|195|57|0113|0123|quarry|lane|ls99|9zz|shaughnessy/i;

/** Names of people that are words of programs or of sentences too. */
const NAMES =
  'art back bank banks baker best bill bishop bond bush cane carter case chance chase church cook cross day dean do ' +
  'driver early else faith field fields frank fry good grace grant gray green guard hall head hill hook hope hunter ' +
  'iris ivy joy jasmine judge key keys king lane large law leaf lee light link little lock long love major many mark ' +
  'marks march martin mason may meta miles miller moss null numbers page parent park parker person piper pointer pool ' +
  'pope porter post price prince ray read reed register rich ring rob root rose ruby rust sage said sessions sharp ' +
  'short silver singh sky small so soon spring stack steel still stone strong swift tanner taylor true turner ' +
  'walker wall ward waters weaver webb wells west will wise wood word young jack jordan jean pat sue summer sunny ' +
  'april august june monday noel north south east black white brown violet olive pearl amber max ali an-na chen';

describe('the excerpt of an answer', () => {
  it.each([
    'Database connection lost',
    '{"error":"unauthorized","hint":"api token expired"}',
    '{"code":"order-not-found"}',
    'ERROR: duplicate value violates unique constraint "orders_identifier"',
    'OperationOutcome.issue[0]: ServiceRequest.status is required',
    'TimeoutException: HTTPError 503 after 30 tries',
    '<html><body><center>nginx</center></body></html>',
    "can't connect to upstream",
  ])('keeps what is technical: %s', (said) => {
    expect(excerpt(said)).toBe(said);
  });

  it.each([
    ['patient Zyxqvarn not found', 'patient … not found'],
    [`no patient ${NHS_NUMBER} here`, 'no patient … here'],
    ['no patient 999 000 0018 here', 'no patient … here'],
    ['row 12: name Mary Ann Smith-Jones, born 4/3/57, unknown', 'row 12: name …, unknown'],
    ['{"error":"unknown person","name":"Zoë Wu","code":404}', '{"error":"unknown …","name":"…","code":404}'],
    ["patient’s consent is missing: O'Brien’s", "patient's consent is missing: …"],
    ['error\\n\\tat line 3\r\nnot   valid', 'error at line 3 not valid'],
    ['refused ☎ ⠓⠑⠇⠇⠕ because', 'refused … because'],
    ['value 12, value 345, value 6', 'value 12, value 345, value …'],
  ])('hides the rest: %s', (said, shown) => {
    expect(excerpt(said)).toBe(shown);
  });

  it.each<[string, string]>([
    ['as it was sent', CONTENT],
    ['as JSON in JSON', JSON.stringify({ received: CONTENT })],
    ['written anew', JSON.stringify(JSON.parse(CONTENT))],
    ['in capitals', CONTENT.toUpperCase()],
    ['percent-encoded', encodeURIComponent(CONTENT)],
    ['in base64', Buffer.from(CONTENT).toString('base64')],
    ['in hex', Buffer.from(CONTENT).toString('hex')],
    ['in full-width letters', CONTENT.replaceAll(/[!-~]/g, (c) => String.fromCodePoint(c.codePointAt(0)! + 0xfee0))],
    ['backwards, line by line', CONTENT.split('\n').reverse().join('\n')],
  ])('hides the content %s', (_how, said) => {
    expect(excerpt(said) ?? '').not.toMatch(SECRETS);
  });

  it('is one line of at most 200 characters that ends with a whole word', () => {
    const long = excerpt(`Timeout\r\n\tat\u0000 ${'wrong '.repeat(100)}`) ?? '';
    expect(long).toMatch(/^Timeout at… wrong wrong .* wrong …$/);
    expect(long.length).toBeGreaterThan(190);
    expect(long.length).toBeLessThanOrEqual(200);
  });

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['an empty body', '', {}],
    ['blanks', ' \r\n\t ', {}],
    ['a name alone', 'Zyxqvarn', {}],
    ['punctuation', '{}', {}],
    ['an image', Buffer.from('error'), { 'content-type': 'image/png' }],
    ['packed text', Buffer.from('error'), { 'content-type': 'text/plain', 'content-encoding': 'gzip' }],
  ])('is absent for %s', (_what, said, headers) => {
    expect(excerpt(said, headers)).toBeUndefined();
  });

  it('never holds anything outside of the vocabulary, whatever is said', () => {
    const known = fc.constantFrom(...ANSWER_WORDS);
    const cased = fc.tuple(known, fc.boolean()).map(([word, up]) => (up ? word.toUpperCase() : word));
    const digits = fc.stringMatching(/^\d{1,12}$/);
    const glued = fc.array(fc.oneof(known, digits, fc.string({ unit: 'grapheme' })), { maxLength: 3 });
    const piece = fc.oneof(
      cased,
      digits,
      glued.map((all) => all.join('')),
      fc.string({ unit: 'grapheme' }),
    );
    const between = fc.constantFrom(' ', '-', '_', '.', '", "', ': ', "'", '’', '', '\\n', '\u00a0', '\u200b', '/');
    const said = fc.array(fc.tuple(piece, between), { maxLength: 60 }).map((all) => all.flat().join(''));
    fc.assert(
      fc.property(said, (text) => {
        const shown = excerpt(text) ?? '';
        expect(shown.length).toBeLessThanOrEqual(200);
        expect(shown).toMatch(/^[ -~…]*$/);
        expect(shown).not.toMatch(/…[^A-Za-z0-9]*…/);
        expect(shown.replaceAll(STANDARDS, '').replaceAll(/\D/g, '').length).toBeLessThanOrEqual(5);
        expect(strangersIn(shown)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes no more than a moment for the strangest answer', () => {
    // What it takes of the processor: the machine may do something else in between.
    const before = process.cpuUsage();
    for (const said of ['☎', '…!', "a'", 'Aa', '1 ', '\\n', '"'].map((one) => one.repeat(1_000))) excerpt(said);
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });
});

describe('the vocabulary', () => {
  it('has no name of a person', () => {
    expect(NAMES.split(' ').filter((name) => ANSWER_WORDS.has(name))).toEqual([]);
  });

  it('has words only: small letters, and a few names of standards with a digit', () => {
    expect([...ANSWER_WORDS].filter((word) => !/^(?:[a-z]{2,}|a|[a-z]+'[a-z]{1,2})$/.test(word)).sort()).toEqual([
      'hl7',
      'r4',
      'r5',
      'stu3',
      'utf8',
      'v2',
    ]);
  });
});

/** Words with a digit. */
const STANDARDS = /\b(?:hl7|r4|r5|stu3|utf8|v2)\b/gi;

/** Told apart by another way than the code's own: pieces of letters, cut into words of programs, each looked up. */
function strangersIn(shown: string): string[] {
  return shown
    .replaceAll(STANDARDS, '')
    .split(/[^A-Za-z0-9']+|'(?![A-Za-z])|(?<![A-Za-z])'/)
    .filter((word) => word !== '' && !/^\d{1,3}$/.test(word))
    .flatMap((word) => (isWord(word) ? [] : word.split(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/)))
    .filter((part) => !isWord(part));
}

function isWord(text: string): boolean {
  return ANSWER_WORDS.has(text.toLowerCase()) || ANSWER_WORDS.has(text.toLowerCase().replace(/'s$/, ''));
}
