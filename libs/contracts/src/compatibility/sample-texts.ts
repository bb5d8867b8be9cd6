import type { Conjunction } from './conjunction.js';
import { matching } from './sample-patterns.js';

/** Texts of many forms; a pattern or format takes the ones that it takes. All synthetic. */
const POOL = [
  'text',
  'a',
  '',
  '1',
  'A1',
  'two words',
  '2026-03-02',
  '2026-03-02T09:30:00Z',
  '2026-03-02T09:30:00+01:00',
  '09:30:00',
  '2026',
  'https://example.org/a',
  'urn:uuid:4f0d0f8e-0000-4000-8000-000000000001',
  '4f0d0f8e-0000-4000-8000-000000000001',
  'urn:oid:1.2.3',
  'YQ==',
  '<div xmlns="http://www.w3.org/1999/xhtml">text</div>',
  'someone@example.org',
];

/** Texts that a conjunction may take, and such as are at the edges of another. */
export function textSamples(narrow: Conjunction, wide: Conjunction): string[] {
  const patterns = patternsOf(narrow);
  const found = [...patterns.flatMap((pattern) => matching(pattern)), ...POOL];
  for (const length of lengthsOf(narrow).concat(lengthsOf(wide))) {
    if (length >= 0 && length <= MOST_LETTERS) found.push('x'.repeat(length));
  }
  const fits = (text: string) => patterns.every((pattern) => new RegExp(pattern).test(text));
  return found.filter(fits).slice(0, 24);
}

/** Longer texts are not made. */
const MOST_LETTERS = 5_000;

function patternsOf(all: Conjunction): string[] {
  return [...all.having('pattern')].map(([, words]) => String(words.pattern));
}

function lengthsOf(all: Conjunction): number[] {
  const [least, most] = [all.bound('minLength', 'larger'), all.bound('maxLength', 'smaller')];
  return [least, most].flatMap((length) => (length === undefined ? [] : [length, length + 1, length - 1]));
}
