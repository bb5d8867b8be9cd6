import { pointer } from '../findings.js';

/** Names that may be shown: what looks like a word. A key is sent by someone, and might itself be a patient's number or name. */
const SHOWABLE = /^[A-Za-z_$@][A-Za-z0-9_.:$@-]{0,63}$/;
const LONG_NUMBER = /\d{7}/;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BACKSLASH = 0x5c;

/** Whether a name that was sent may stand in a pointer that is answered and recorded. */
export function isShowableName(name: string): boolean {
  return SHOWABLE.test(name) && !LONG_NUMBER.test(name);
}

interface Frame {
  readonly array: boolean;
  /** Of an array, the index of the item that is being read; of an object, where its key begins, nothing before a key. */
  at: number | undefined;
}

/**
 * The JSON Pointer of what stands at a byte offset, in a document that is well-formed up to there. It stops short at a
 * key that does not look like an ordinary name, so that nothing of the content can hide in a pointer.
 *
 * @param from where the value that the pointer is relative to begins
 */
export function pointerAt(bytes: Uint8Array, offset: number, from = 0): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Frame[] = [];
  let at = from;
  while (at < offset) at = text[at] === QUOTE ? readString(text, at, frames.at(-1)) : step(frames, text[at]!, at);
  if (text[offset] === QUOTE) readString(text, offset, frames.at(-1));
  return shown(text, frames);
}

/** Takes in one byte outside strings and answers the next position. */
function step(frames: Frame[], byte: number, at: number): number {
  if (byte === COMMA) {
    const frame = frames.at(-1);
    if (frame) frame.at = frame.array ? frame.at! + 1 : undefined;
  } else if (byte === OPEN_OBJECT) frames.push({ array: false, at: undefined });
  else if (byte === OPEN_ARRAY) frames.push({ array: true, at: 0 });
  else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) frames.pop();
  return at + 1;
}

/** Skips a string, notes it if it is a key, and answers the position behind it. */
function readString(text: Buffer, open: number, frame: Frame | undefined): number {
  if (frame && !frame.array) frame.at ??= open;
  return endOfString(text, open);
}

function endOfString(text: Buffer, open: number): number {
  let close = open + 1;
  while (close < text.length && text[close] !== QUOTE) close += text[close] === BACKSLASH ? 2 : 1;
  return close + 1;
}

function shown(text: Buffer, frames: readonly Frame[]): string {
  let path = '';
  for (const { array, at } of frames) {
    if (at === undefined) return path;
    const segment = array ? String(at) : keyAt(text, at);
    if (!array && !isShowableName(segment)) return path;
    path = pointer(path, segment);
  }
  return path;
}

/** A key that cannot be read (the fault stands inside it) is one that cannot be shown. */
function keyAt(text: Buffer, open: number): string {
  try {
    return JSON.parse(text.toString('utf8', open, endOfString(text, open))) as string;
  } catch {
    return '';
  }
}
