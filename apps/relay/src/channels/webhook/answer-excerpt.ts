import type { CloudEvent } from '@signalbox/contracts';

import type { EgressAnswer } from '../../egress/client.js';

/** What was sent, none of which may come back into a record. */
export interface Sent {
  readonly events: readonly CloudEvent[];
  /** It may carry a capability, and error pages repeat addresses. */
  readonly sink: string;
}

/** Characters of an excerpt. */
const LONGEST = 200;
const HIDDEN = '…';
/** Media types that are text for people; an answer without one is taken for text. */
const TEXT = /^(text\/|application\/(?:[\w.-]+\+)?(?:json|xml)\b|$)/i;
const TOKEN = /[\p{L}\p{N}\p{M}]+/gu;
/** Six digits or more, however they are grouped: an identifier, a date of birth, a telephone number. */
const DIGITS = /\d(?:[\s\u00a0.,:;/_()+-]{0,3}\d){5,}/gu;
/** What has no spaces for so long is no word: an encoded copy, a session, a key. */
const OPAQUE = /[\p{L}\p{N}+/=_.-]{24,}/gu;
const MEMBER_NAME = /"[^"\\]{1,64}"\s{0,8}:/g;
/** A word glued to others is looked for in pieces of this length and more. */
const SHORTEST_PIECE = 4;

/**
 * What a receiver said beside a status that is no success, for the people who mend it: at most 200 characters, without
 * anything that was sent to it. Receivers echo what they could not take, so every word of the event (in data or
 * attributes) and of the sink is replaced, in whatever case, cut short or glued to another; so are six and more digits and
 * long strings without a space, whatever they are.
 *
 * @returns `undefined` when it said nothing that can be shown
 */
export function answerExcerpt(answer: Pick<EgressAnswer, 'headers' | 'said'>, sent: Sent): string | undefined {
  const type = answer.headers['content-type'] ?? '';
  if (answer.said === undefined || answer.said.byteLength === 0) return undefined;
  if (!TEXT.test(type) || answer.headers['content-encoding'] !== undefined) return undefined;
  const text = readable(answer.said.toString('utf8'));
  if (text === '') return undefined;
  const known = new Vocabulary(sent);
  const masked = text
    .replace(DIGITS, HIDDEN)
    .replace(OPAQUE, HIDDEN)
    .replace(TOKEN, (token) => (known.holds(token) ? HIDDEN : token))
    // One sign for a whole run of them: how many words there were is nobody's business either.
    .replace(/…(?:[^\p{L}\p{N}…]{0,3}…)+/gu, HIDDEN);
  return shortened(masked);
}

/** Never a word cut in two: what is left of it could not be compared by anyone who checks. */
function shortened(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= LONGEST) return text;
  return `${characters.slice(0, LONGEST - 1).join('')}${HIDDEN}`;
}

/** One line of what a person would read: escapes undone, so that nothing hides in them; no control characters. */
function readable(text: string): string {
  return unescaped(text)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd\s]+/gu, ' ')
    .trim();
}

function unescaped(text: string): string {
  return text
    .replace(/\\u([0-9a-f]{4})/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\[nrtbf]/g, ' ')
    .replace(/\\(["/\\])/g, '$1')
    .replace(/&#(?:x([0-9a-f]{1,6})|(\d{1,7}));/gi, (_whole, hex?: string, decimal?: string) => {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : ' ';
    })
    .replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'));
}

/** As words are compared: without case, accents and compatibility forms. */
function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
}

/** Every word that was sent. Built for one answer; a few milliseconds for an event of the largest size. */
class Vocabulary {
  readonly #text: string;
  /** Words of values; names of JSON members are words too, yet nobody's secret when they are part of another word. */
  readonly #values = new Set<string>();

  constructor({ events, sink }: Sent) {
    const texts = [sink, ...events.flatMap(textsOf)].map(unescaped);
    this.#text = plain(texts.join('\n'));
    for (const text of texts) {
      for (const [word] of plain(text.replace(MEMBER_NAME, ' ')).matchAll(TOKEN)) this.#values.add(word);
    }
  }

  holds(token: string): boolean {
    const word = plain(token);
    // Two small letters are a word of any language; two of anything else may be a name.
    if (word.length < 2 || /^[a-z]{2}$/.test(token)) return false;
    if (word.length === 2) return this.#values.has(word);
    return this.#text.includes(word) || this.#holdsPieceOf(word);
  }

  #holdsPieceOf(word: string): boolean {
    for (let from = 0; from + SHORTEST_PIECE <= word.length; from += 1) {
      for (let to = from + SHORTEST_PIECE; to <= word.length; to += 1) {
        if (this.#values.has(word.slice(from, to))) return true;
      }
    }
    return false;
  }
}

function textsOf({ attributes, data }: CloudEvent): string[] {
  const content = data.kind === 'absent' ? '' : Buffer.from(data.bytes).toString('utf8');
  return [content, ...Object.values(attributes).map(String)];
}
