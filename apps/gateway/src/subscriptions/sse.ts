import { type CloudEvent, encodeStructured } from '@signalbox/contracts';

const LF = 0x0a;
const CR = 0x0d;
const DATA = Buffer.from('data: ');
const NEWLINE = Buffer.from('\n');

/** One message of a stream of Server-Sent Events (WHATWG HTML, section 9.2). */
export interface Message {
  readonly event: string;
  readonly id?: string;
  /** Further fields, which the standard lets a reader ignore. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The lines are told apart by LF; holds no CR. */
  readonly data: Uint8Array;
}

/** What the other side may ignore; it shows that the connection stands. */
export const HEARTBEAT = Buffer.from(':\n\n');

/** Asks a reader that lost the connection to wait so long, and shows at once that the stream stands. */
export function opening(retryMs: number): Buffer {
  return Buffer.from(`retry: ${String(retryMs)}\n\n`);
}

/** A message as it is sent: its data on as many lines as it has, so that the reader joins them to the same bytes. */
export function messageOf({ event, id, fields = {}, data }: Message): Buffer {
  const head = [['event', event], ...(id === undefined ? [] : [['id', id]]), ...Object.entries(fields)];
  const parts: Uint8Array[] = [Buffer.from(head.map(([name, value]) => `${name}: ${value}\n`).join(''))];
  for (let at = 0; ;) {
    const end = data.indexOf(LF, at);
    parts.push(DATA, data.subarray(at, end < 0 ? undefined : end), NEWLINE);
    if (end < 0) break;
    at = end + 1;
  }
  return Buffer.concat([...parts, NEWLINE]);
}

/**
 * A structured CloudEvent that keeps its bytes in Server-Sent Events. A reader takes CR for the end of a line and joins lines
 * with LF, so content that has a CR between its tokens travels as `data_base64`, which stands for the same bytes.
 */
export function structuredForLines(event: CloudEvent): Buffer {
  const { data } = event;
  if (data.kind !== 'json' || !data.bytes.includes(CR)) return encodeStructured(event);
  return encodeStructured({ attributes: event.attributes, data: { kind: 'binary', bytes: data.bytes } });
}
