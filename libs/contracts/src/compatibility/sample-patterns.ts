import { randomOf } from './random.js';

/**
 * Texts that match a regular expression, made by reading it: alternatives, groups, classes and quantifiers. What it cannot
 * read it leaves out, and what it makes is tested by the expression itself.
 */
export function matching(pattern: string): readonly string[] {
  const known = KNOWN.get(pattern);
  if (known) return known;
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  const made = madeFor(pattern);
  KNOWN.set(pattern, made);
  return made;
}

const KNOWN = new Map<string, readonly string[]>();
const MOST_KNOWN = 1_000;

function madeFor(pattern: string): readonly string[] {
  const test = new RegExp(pattern);
  const found = new Set<string>();
  for (let seed = 1; seed <= TRIES; seed++) {
    const text = new Maker(pattern, randomOf(seed)).make();
    if (test.test(text)) found.add(text);
  }
  return [...found].slice(0, MOST);
}

const TRIES = 24;
const MOST = 8;
const LETTERS = 'abcXYZ019 -_./:';

class Maker {
  #at = 0;

  constructor(
    private readonly pattern: string,
    private readonly random: (bound: number) => number,
  ) {}

  make(): string {
    return this.#alternatives();
  }

  /** All alternatives are read, one is kept. */
  #alternatives(): string {
    const made = [this.#sequence()];
    while (this.pattern[this.#at] === '|') {
      this.#at++;
      made.push(this.#sequence());
    }
    return made[this.random(made.length)]!;
  }

  #sequence(): string {
    let text = '';
    while (this.#at < this.pattern.length && !'|)'.includes(this.pattern[this.#at]!)) {
      const begin = this.#at;
      const first = this.#atom();
      const end = this.#at;
      const times = this.#times();
      const after = this.#at;
      text += times > 0 ? first : '';
      for (let more = 1; more < times; more++) {
        this.#at = begin;
        text += this.#atom();
      }
      this.#at = Math.max(after, end);
    }
    return text;
  }

  #times(): number {
    const [all, least, comma, most] = /^(?:\{(\d+)(,?)(\d*)\}|[*+?])\??/.exec(this.pattern.slice(this.#at)) ?? [];
    if (all === undefined) return 1;
    this.#at += all.length;
    const low = least === undefined ? (all.startsWith('+') ? 1 : 0) : Number(least);
    const high = all.startsWith('?') ? 1 : most ? Number(most) : least !== undefined && comma === '' ? low : low + 3;
    return low + this.random(Math.min(high - low, 8) + 1);
  }

  #atom(): string {
    const letter = this.pattern[this.#at++]!;
    if (letter === '(') return this.#group();
    if (letter === '[') return this.#class();
    if (letter === '\\') return this.#escaped(this.pattern[this.#at++] ?? '');
    if (letter === '^' || letter === '$') return '';
    return letter === '.' ? this.#any(LETTERS) : letter;
  }

  #group(): string {
    const [look] = /^\?(?:<?[!=]|:|<\w+>)/.exec(this.pattern.slice(this.#at)) ?? [];
    this.#at += look?.length ?? 0;
    const text = this.#alternatives();
    this.#at++;
    return look !== undefined && /[!=]$/.test(look) ? '' : text;
  }

  #class(): string {
    const end = this.#endOfClass();
    const words = this.pattern.slice(this.#at, end);
    this.#at = end + 1;
    const member = new RegExp(`[${words}]`);
    const options = EVERY.filter((letter) => member.test(letter));
    return options.length === 0 ? '' : options[this.random(options.length)]!;
  }

  #endOfClass(): number {
    for (let at = this.#at; at < this.pattern.length; at++) {
      if (this.pattern[at] === '\\') at++;
      else if (this.pattern[at] === ']') return at;
    }
    return this.pattern.length;
  }

  #escaped(letter: string): string {
    if (letter === 'd') return this.#any('0123456789');
    if (letter === 'w') return this.#any('abcXYZ019_');
    if (letter === 's') return ' ';
    if (letter === 'S') return this.#any('abcXYZ019');
    return 'bB'.includes(letter) ? '' : letter;
  }

  #any(letters: string): string {
    return letters[this.random(letters.length)]!;
  }
}

/** What a class may take a letter from. */
const EVERY = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
