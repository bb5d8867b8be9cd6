/**
 * One pass over the bytes of a JSON document (RFC 8259), made for the door of an exchange that must not change what it
 * carries: it answers "is this well-formed, is no key sent twice, is nothing too deep or too long, and where does each
 * member of the top-level object stand", and builds nothing else.
 *
 * Structure worth knowing before changing it:
 * - It must cost no more than `JSON.parse` of the same bytes (`test/bench/scan.mjs`). Hence byte tables, positions
 *   passed as arguments and returned, no allocation for nested values, UTF-8 checked once for the whole document by
 *   the platform's vectorised check.
 * - Keys of one object are compared by a one-word signature, then by bytes, in a stack that nested objects share. An
 *   object with many keys, or with an escaped key, changes to a `Set` of decoded keys: so neither spelling (`"a"` and
 *   `"\u0061"`) nor sheer number can hide or slow down a duplicate.
 * - Recursion is bounded by `maxDepth`, checked on the way in.
 * - Where a fault stands (a JSON Pointer) is worked out afterwards by `pointerAt`, only when there is one.
 */
import { isUtf8 } from 'node:buffer';

/** Bounds on one JSON document. */
export interface ScanLimits {
  /** Containers inside one another; a scalar has depth 0, `[]` has 1. */
  readonly maxDepth: number;
  /** Items of any one array. */
  readonly maxArrayItems: number;
}

/** What {@link ScanFault} can say. Only `malformed` means that the bytes are not JSON at all. */
export type ScanFaultKind = 'malformed' | 'duplicate-key' | 'depth' | 'array-items';

/** The first fault of a document, by its byte offset. Holds no byte of the document. */
export class ScanFault extends Error {
  override readonly name = 'ScanFault';

  constructor(
    readonly kind: ScanFaultKind,
    /** Byte offset of the fault. */
    readonly offset: number,
    /** What is wrong, in words. */
    readonly reason: string,
  ) {
    super(`${reason} (byte ${offset})`);
  }
}

/** One member of the top-level object: its decoded name and the exact byte range of its value, without white space. */
export interface Member {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** A top-level object: its members in the order in which they were sent, and the offset just behind it. */
export interface Envelope {
  readonly members: Map<string, Member>;
  readonly end: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Beyond this many keys an object is checked with a `Set`; below, comparing signatures one by one is faster. */
const FEW_KEYS = 16;
const WORDS_PER_KEY = 3;
/** Room in the stack of keys at first: enough for the depth of FHIR content, small enough to allocate for each document. */
const INITIAL_KEYS = 96;

/** 1 = may stand in a string as it is: everything but control characters, quote and backslash (UTF-8 is checked apart). */
const PLAIN = new Uint8Array(256).fill(1, 0x20);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;

/** 1 = white space of JSON. */
const SPACE = new Uint8Array(256);
for (const byte of [0x20, 0x09, 0x0a, 0x0d]) SPACE[byte] = 1;

const DIGIT = new Uint8Array(256).fill(1, 0x30, 0x3a);

/** 1 = may follow a backslash, `u` apart. */
const ESCAPE = new Uint8Array(256);
for (const char of '"\\/bfnrt') ESCAPE[char.charCodeAt(0)] = 1;

const HEX = new Uint8Array(256).fill(1, 0x30, 0x3a).fill(1, 0x41, 0x47).fill(1, 0x61, 0x67);

const REPLACEMENT = Buffer.from('\ufffd');

const LITERALS = ['true', 'false', 'null'].map((word) => Buffer.from(word));

/** Reads one document. Make one for each document: it is cheap, and it keeps no state between documents. */
export class Scanner {
  private readonly bytes: Buffer;
  private readonly end: number;
  private readonly maxDepth: number;
  private readonly maxArrayItems: number;
  /** Signature, start and length of every key of every object that is still open, innermost last. */
  private keys = new Int32Array(INITIAL_KEYS * WORDS_PER_KEY);
  private keyTop = 0;
  /** Whether the string read last held an escape. */
  private escaped = false;

  constructor(bytes: Uint8Array, limits: ScanLimits) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.byteLength;
    this.maxDepth = limits.maxDepth;
    this.maxArrayItems = limits.maxArrayItems;
  }

  /**
   * Checks what no single value can tell: no byte order mark, valid UTF-8.
   *
   * @throws ScanFault `malformed`
   */
  checkEncoding(): void {
    const { bytes } = this;
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) throw malformed(0, 'a byte order mark');
    if (!isUtf8(bytes)) throw malformed(firstInvalidUtf8(bytes), 'bytes that are not UTF-8');
  }

  /** The position of the first byte from `at` on that is not white space. */
  skipSpace(at: number): number {
    const { bytes, end } = this;
    while (at < end && SPACE[bytes[at]!] === 1) at++;
    return at;
  }

  /** The byte at a position, or 0 behind the end. */
  byteAt(at: number): number {
    return at < this.end ? this.bytes[at]! : 0;
  }

  /**
   * Refuses anything but white space from `at` to the end of the document.
   *
   * @throws ScanFault `malformed`
   */
  expectEnd(at: number): void {
    const rest = this.skipSpace(at);
    if (rest < this.end) throw malformed(rest, 'something behind the end of the document');
  }

  /**
   * Reads an object whose members the caller wants to know. The values of the members start at depth 0, so that the
   * content of an event has the same depth in every content mode.
   *
   * @param at position of the opening brace
   * @throws ScanFault
   */
  envelope(at: number): Envelope {
    if (this.byteAt(at) !== OPEN_OBJECT) throw malformed(at, 'something else than a JSON object');
    const members = new Map<string, Member>();
    this.keyTop = 0;
    at = this.skipSpace(at + 1);
    if (this.byteAt(at) === CLOSE_OBJECT) return { members, end: at + 1 };
    for (;;) {
      const keyAt = at;
      at = this.key(at);
      const name = this.text(keyAt + 1, at - 1);
      if (members.has(name)) throw duplicate(keyAt);
      const start = this.colon(at);
      const end = this.value(start, 0);
      members.set(name, { name, start, end });
      at = this.skipSpace(end);
      const byte = this.byteAt(at);
      if (byte === CLOSE_OBJECT) return { members, end: at + 1 };
      if (byte !== COMMA) throw malformed(at, 'no comma or closing brace after a member');
      at = this.skipSpace(at + 1);
    }
  }

  /**
   * Reads one value.
   *
   * @param at position of its first byte
   * @param depth containers around it
   * @returns the position just behind it
   * @throws ScanFault
   */
  value(at: number, depth: number): number {
    if (at >= this.end) throw malformed(at, 'the end of the document where a value should stand');
    const byte = this.bytes[at]!;
    if (byte === QUOTE) return this.string(at + 1);
    if (byte === OPEN_OBJECT) return this.object(at, depth + 1);
    if (byte === OPEN_ARRAY) return this.array(at, depth + 1);
    if (byte === MINUS || DIGIT[byte] === 1) return this.number(at);
    return this.literal(at);
  }

  private object(at: number, depth: number): number {
    if (depth > this.maxDepth) throw new ScanFault('depth', at, 'deeper nesting than the limit');
    const base = this.keyTop;
    let seen: Set<string> | undefined;
    at = this.skipSpace(at + 1);
    if (this.byteAt(at) === CLOSE_OBJECT) return at + 1;
    for (;;) {
      const keyAt = at;
      at = this.key(at);
      seen = this.noteKey(base, keyAt + 1, at - 1, seen);
      at = this.skipSpace(this.value(this.colon(at), depth));
      const byte = this.byteAt(at);
      if (byte !== COMMA) {
        if (byte !== CLOSE_OBJECT) throw malformed(at, 'no comma or closing brace after a member');
        this.keyTop = base;
        return at + 1;
      }
      at = this.skipSpace(at + 1);
    }
  }

  private array(at: number, depth: number): number {
    if (depth > this.maxDepth) throw new ScanFault('depth', at, 'deeper nesting than the limit');
    at = this.skipSpace(at + 1);
    if (this.byteAt(at) === CLOSE_ARRAY) return at + 1;
    let room = this.maxArrayItems;
    for (;;) {
      if (room-- === 0) throw new ScanFault('array-items', at, 'more items in an array than the limit');
      at = this.skipSpace(this.value(at, depth));
      const byte = this.byteAt(at);
      if (byte === CLOSE_ARRAY) return at + 1;
      if (byte !== COMMA) throw malformed(at, 'no comma or closing bracket after an item');
      at = this.skipSpace(at + 1);
    }
  }

  /** Reads a key and leaves in `escaped` whether it holds an escape; answers the position behind its closing quote. */
  private key(at: number): number {
    if (this.byteAt(at) !== QUOTE) throw malformed(at, 'no quoted key where one should stand');
    this.escaped = false;
    return this.string(at + 1);
  }

  /** The position of the value after a key that ends at `at`. */
  private colon(at: number): number {
    at = this.skipSpace(at);
    if (this.byteAt(at) !== COLON) throw malformed(at, 'no colon after a key');
    return this.skipSpace(at + 1);
  }

  /** Reads a string from behind its opening quote to behind its closing quote. */
  private string(at: number): number {
    const { bytes, end } = this;
    for (;;) {
      while (at < end && PLAIN[bytes[at]!] === 1) at++;
      if (at >= end) throw malformed(end, 'a string without its closing quote');
      const byte = bytes[at]!;
      if (byte === QUOTE) return at + 1;
      if (byte !== BACKSLASH) throw malformed(at, 'a control character in a string');
      at = this.escape(at);
    }
  }

  private escape(at: number): number {
    this.escaped = true;
    const byte = this.byteAt(at + 1);
    if (ESCAPE[byte] === 1) return at + 2;
    if (byte !== 0x75) throw malformed(at, 'an unknown escape in a string');
    for (let i = at + 2; i < at + 6; i++) {
      if (HEX[this.byteAt(i)] !== 1) throw malformed(at, 'an unfinished \\u escape in a string');
    }
    return at + 6;
  }

  private number(at: number): number {
    if (this.bytes[at] === MINUS) at++;
    if (this.byteAt(at) === 0x30) at++;
    else at = this.digits(at);
    if (this.byteAt(at) === POINT) at = this.digits(at + 1);
    const byte = this.byteAt(at);
    if (byte !== 0x65 && byte !== 0x45) return at;
    const sign = this.byteAt(at + 1);
    return this.digits(sign === 0x2b || sign === MINUS ? at + 2 : at + 1);
  }

  private digits(at: number): number {
    const { bytes, end } = this;
    const first = at;
    while (at < end && DIGIT[bytes[at]!] === 1) at++;
    if (at === first) throw malformed(at, 'a number that JSON does not know');
    return at;
  }

  private literal(at: number): number {
    for (const word of LITERALS) {
      if (
        this.bytes[at] === word[0] &&
        this.bytes.compare(word, 0, word.length, at, Math.min(at + word.length, this.end)) === 0
      )
        return at + word.length;
    }
    throw malformed(at, 'something that is no JSON value');
  }

  /**
   * Refuses a key that its object holds already. `base` is where the keys of this object begin in the stack.
   *
   * @returns the set of decoded keys once the object needs one
   */
  private noteKey(base: number, start: number, end: number, seen: Set<string> | undefined): Set<string> | undefined {
    if (seen !== undefined || this.escaped || this.keyTop - base >= FEW_KEYS * WORDS_PER_KEY) {
      return this.noteDecoded(base, start, end, seen);
    }
    const { bytes } = this;
    const length = end - start;
    const signature =
      length === 0
        ? 0
        : (bytes[start]! << 24) | (bytes[start + (length >> 1)]! << 16) | (bytes[end - 1]! << 8) | (length & 0xff);
    const { keys, keyTop } = this;
    for (let i = base; i < keyTop; i += WORDS_PER_KEY) {
      if (keys[i] === signature && keys[i + 2] === length && this.sameBytes(keys[i + 1]!, start, length)) {
        throw duplicate(start - 1);
      }
    }
    if (keyTop + WORDS_PER_KEY > keys.length) this.growKeys();
    this.keys[keyTop] = signature;
    this.keys[keyTop + 1] = start;
    this.keys[keyTop + 2] = length;
    this.keyTop = keyTop + WORDS_PER_KEY;
    return undefined;
  }

  private noteDecoded(base: number, start: number, end: number, seen: Set<string> | undefined): Set<string> {
    const name = this.text(start, end);
    const names = seen ?? new Set<string>();
    if (seen === undefined) {
      for (let i = base; i < this.keyTop; i += WORDS_PER_KEY) {
        const from = this.keys[i + 1]!;
        names.add(this.bytes.toString('utf8', from, from + this.keys[i + 2]!));
      }
    }
    if (names.has(name)) throw duplicate(start - 1);
    names.add(name);
    return names;
  }

  /** The string between two quotes; `escaped` must tell of this very string. */
  private text(start: number, end: number): string {
    return this.escaped
      ? (JSON.parse(this.bytes.toString('utf8', start - 1, end + 1)) as string)
      : this.bytes.toString('utf8', start, end);
  }

  private sameBytes(a: number, b: number, length: number): boolean {
    const { bytes } = this;
    for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
    return true;
  }

  private growKeys(): void {
    const grown = new Int32Array(this.keys.length * 2);
    grown.set(this.keys);
    this.keys = grown;
  }
}

/**
 * Scans a whole document of any kind of value.
 *
 * @throws ScanFault
 */
export function scanValue(bytes: Uint8Array, limits: ScanLimits): void {
  const scanner = new Scanner(bytes, limits);
  scanner.checkEncoding();
  scanner.expectEnd(scanner.value(scanner.skipSpace(0), 0));
}

/**
 * Scans a document that must be one object, and answers where its members stand.
 *
 * @throws ScanFault
 */
export function scanEnvelope(bytes: Uint8Array, limits: ScanLimits): Envelope {
  const scanner = new Scanner(bytes, limits);
  scanner.checkEncoding();
  const envelope = scanner.envelope(scanner.skipSpace(0));
  scanner.expectEnd(envelope.end);
  return envelope;
}

function malformed(offset: number, reason: string): ScanFault {
  return new ScanFault('malformed', offset, reason);
}

function duplicate(offset: number): ScanFault {
  return new ScanFault('duplicate-key', offset, 'a key that its object holds already');
}

/** Offset of the first byte that belongs to no UTF-8 character: where decoding puts a replacement that was not sent. */
function firstInvalidUtf8(bytes: Buffer): number {
  const text = bytes.toString();
  let offset = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0xfffd && bytes.compare(REPLACEMENT, 0, 3, offset, Math.min(offset + 3, bytes.length)) !== 0) break;
    // Either half of a surrogate pair counts for two of its four bytes.
    offset += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return offset;
}
