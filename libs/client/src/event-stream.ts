const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
const SPACE = 0x20;
const BOM = [0xef, 0xbb, 0xbf];

/** One message of a stream of Server-Sent Events, its data as bytes. */
export interface Message {
  /** `event` field; `message` where it has none. */
  readonly name: string;
  readonly data: Uint8Array;
  /** Last `id` field seen so far. */
  readonly id: string;
  /** Fields that the standard does not know, by name: the last one counts. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Reads Server-Sent Events (WHATWG HTML, 9.2) from bytes as they come, whatever the cuts. Data is kept as bytes, so that
 * content is handed over as it was sent. Fields unknown to the standard are kept, for the marks of a delivery.
 */
export class MessageReader {
  private rest: Uint8Array = new Uint8Array();
  private started = false;
  private id = '';
  private name = '';
  private data: Uint8Array[] = [];
  private fields: Record<string, string> = {};
  /** Milliseconds that the other side asked to wait before a new connection. */
  retryMs: number | undefined;

  /** Messages that are complete with this chunk. */
  *push(chunk: Uint8Array): Generator<Message> {
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    if (!this.started) {
      if (bytes.length < BOM.length) {
        this.rest = bytes;
        return;
      }
      this.started = true;
      if (BOM.every((byte, i) => bytes[i] === byte)) bytes = bytes.subarray(BOM.length);
    }
    let from = 0;
    for (let end = endOfLine(bytes, from); end !== undefined; end = endOfLine(bytes, from)) {
      const message = this.line(bytes.subarray(from, end.at));
      if (message !== undefined) yield message;
      from = end.next;
    }
    this.rest = Buffer.from(bytes.subarray(from));
  }

  private line(line: Uint8Array): Message | undefined {
    if (line.length === 0) return this.dispatch();
    const colon = line.indexOf(COLON);
    // A comment: the other side says that it is still there.
    if (colon === 0) return undefined;
    const field = textOf(colon < 0 ? line : line.subarray(0, colon));
    const value = colon < 0 ? new Uint8Array() : line.subarray(line[colon + 1] === SPACE ? colon + 2 : colon + 1);
    this.take(field, value);
    return undefined;
  }

  private take(field: string, value: Uint8Array): void {
    if (field === 'data') {
      this.data.push(Buffer.from(value));
      return;
    }
    const text = textOf(value);
    if (field === 'event') this.name = text;
    else if (field === 'id') {
      if (!text.includes('\0')) this.id = text;
    } else if (field === 'retry') {
      if (/^\d{1,9}$/.test(text)) this.retryMs = Number(text);
    } else this.fields[field] = text;
  }

  private dispatch(): Message | undefined {
    const { name, data, id, fields } = this;
    this.name = '';
    this.data = [];
    this.fields = {};
    if (data.length === 0) return undefined;
    const lines = data.flatMap((line, i) => (i === 0 ? [line] : [Uint8Array.of(LF), line]));
    return { name: name === '' ? 'message' : name, data: Buffer.concat(lines), id, fields };
  }
}

/** Where a line ends and the next begins: LF, CR LF, or CR. A CR at the very end waits for what follows it. */
function endOfLine(bytes: Uint8Array, from: number): { at: number; next: number } | undefined {
  for (let at = from; at < bytes.length; at += 1) {
    if (bytes[at] === LF) return { at, next: at + 1 };
    if (bytes[at] !== CR) continue;
    if (at + 1 === bytes.length) return undefined;
    return { at, next: bytes[at + 1] === LF ? at + 2 : at + 1 };
  }
  return undefined;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
