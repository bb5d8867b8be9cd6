import type { EgressAnswer } from '../../egress/client.js';
import { ANSWER_WORDS } from './answer-words.js';

/** Characters of an excerpt. */
const LONGEST = 200;
/** Digits of all its numbers together: six are a date of birth. */
const MOST_DIGITS = 5;
const HIDDEN = '…';
/** Media types that are text for people; an answer without one is taken for text. */
const TEXT = /^(text\/|application\/(?:[\w.-]+\+)?(?:json|xml)\b|$)/i;
const WORD = /([\p{L}\p{N}\p{M}]+(?:'[\p{L}\p{N}\p{M}]+)*)/u;
/** The words of a name of programs: `resourceType`, `HTTPError`. */
const PARTS = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g;

/**
 * What a receiver said beside a status that is no success, for the people who mend it. Receivers name patients: the one
 * that they were sent, and others. So nothing is kept but what is known to say nothing about anyone: words of a fixed
 * vocabulary, numbers of up to three digits that stand alone beside such a word, and ASCII punctuation. A run of anything
 * else becomes one `…`.
 *
 * @returns one line of at most 200 characters; `undefined` when nothing that was said is kept
 */
export function answerExcerpt({ headers, said }: Pick<EgressAnswer, 'headers' | 'said'>): string | undefined {
  if (said === undefined || headers['content-encoding'] !== undefined) return undefined;
  if (!TEXT.test(headers['content-type'] ?? '')) return undefined;
  const pieces = oneLine(said.toString('utf8')).split(WORD);
  // Splitting by a group puts the words at odd places, and what stands between them at even ones.
  const words = pieces.filter((_piece, place) => place % 2 === 1);
  const shown = shownOf(words);
  if (!shown.includes(true)) return undefined;
  const text = pieces.map((piece, place) =>
    place % 2 === 0 ? punctuation(piece) : shown[(place - 1) / 2] ? piece : HIDDEN,
  );
  return shortened(joined(text.join('')));
}

/** Line breaks are often escaped, in JSON; typographic apostrophes are part of a word as others are. */
function oneLine(text: string): string {
  return text
    .replace(/\\[nrt]|\s/g, ' ')
    .replace(/ {2,}/g, ' ')
    .replaceAll('’', "'")
    .trim();
}

/** Which of the words are kept. */
function shownOf(words: readonly string[]): boolean[] {
  let digits = 0;
  return words.map((word, at) => {
    if (isKnown(word)) return true;
    if (!isNumber(word, words[at - 1], words[at + 1])) return false;
    digits += word.length;
    return digits <= MOST_DIGITS;
  });
}

/** A number beside another, or beside what is hidden, may be a part of what identifies: a telephone number, a postcode. */
function isNumber(word: string, before: string | undefined, after: string | undefined): boolean {
  const follows = before === undefined || isKnown(before);
  return /^\d{1,3}$/.test(word) && follows && !/^\p{N}/u.test(after ?? '');
}

function isKnown(word: string): boolean {
  const plain = word.toLowerCase().replace(/'s$/, '');
  if (ANSWER_WORDS.has(plain)) return true;
  const parts = word.match(PARTS) ?? [];
  return parts.length > 1 && parts.join('') === word && parts.every((part) => ANSWER_WORDS.has(part.toLowerCase()));
}

/** Signs and letters of no alphabet can spell too. */
function punctuation(text: string): string {
  return text.replace(/[^ -~]+/g, HIDDEN);
}

/** One sign for a whole run of them: how many words there were is nobody's business either. */
function joined(text: string): string {
  return text.replace(/…[^A-Za-z0-9]*…/g, HIDDEN);
}

/** Never a word cut in two: what is left of it is a word of no vocabulary. */
function shortened(text: string): string {
  if (text.length <= LONGEST) return text;
  return joined(`${text.slice(0, LONGEST - 1).replace(/[A-Za-z0-9']+$/, '')}${HIDDEN}`);
}
