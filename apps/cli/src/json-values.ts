import { CommandFailure, EXIT_CODES } from './exit-codes.js';

const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const NEWLINE = 0x0a;

/**
 * Cuts a stream of bytes into the JSON objects in it, without parsing and so without changing them: one object,
 * several after another (NDJSON, or pretty-printed), or one array of objects. Whether an object is right inside is
 * for the exchange to judge.
 */
export class JsonValues {
  private kept: Uint8Array[] = [];
  private depth = 0;
  private inString = false;
  private escaped = false;
  private array: 'unknown' | 'none' | 'open' | 'closed' = 'unknown';
  private line = 1;

  /** Objects that are complete with this chunk. */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let start = this.depth > 0 ? 0 : -1;
    for (let i = 0; i < chunk.length; i += 1) {
      const byte = chunk[i]!;
      if (byte === NEWLINE) this.line += 1;
      if (this.depth === 0) {
        if (this.between(byte)) {
          start = i;
          this.depth = 1;
        }
      } else if (this.inside(byte)) {
        yield Buffer.concat([...this.kept, chunk.subarray(start, i + 1)]);
        this.kept = [];
        start = -1;
      }
    }
    if (start >= 0) this.kept.push(chunk.slice(start));
  }

  /** @throws {@link CommandFailure} (usage) if the input ended inside an object or an array. */
  end(): void {
    if (this.depth > 0 || this.array === 'open') {
      throw new CommandFailure(EXIT_CODES.usage, 'The input ends in the middle of an event: it is not complete JSON.');
    }
  }

  /** A byte between objects; true if it begins one. */
  private between(byte: number): boolean {
    if (byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === NEWLINE) return false;
    if (byte === OPEN_OBJECT && this.array !== 'closed') {
      if (this.array === 'unknown') this.array = 'none';
      return true;
    }
    if (byte === OPEN_ARRAY && this.array === 'unknown') {
      this.array = 'open';
      return false;
    }
    if (byte === COMMA && this.array === 'open') return false;
    if (byte === CLOSE_ARRAY && this.array === 'open') {
      this.array = 'closed';
      return false;
    }
    throw new CommandFailure(
      EXIT_CODES.usage,
      `Line ${this.line} of the input is not what is expected: one event as a JSON object, several one a line, or an array of them.`,
    );
  }

  /** A byte inside an object; true if it ends it. */
  private inside(byte: number): boolean {
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (byte === BACKSLASH) this.escaped = true;
      else if (byte === QUOTE) this.inString = false;
      return false;
    }
    if (byte === QUOTE) this.inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.depth -= 1;
    return this.depth === 0;
  }
}
