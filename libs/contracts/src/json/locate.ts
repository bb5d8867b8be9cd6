import { pointer } from '../findings.js';

/** Names that may be shown: what looks like a word. A key is sent by someone, and might itself be a patient's number or name. */
const SHOWABLE = /^[A-Za-z_$@][A-Za-z0-9_.:$@-]{0,63}$/;
const LONG_NUMBER = /\d{7}/;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether a name that was sent may stand in a pointer that is answered and recorded. */
export function isShowableName(name: string): boolean {
  return SHOWABLE.test(name) && !LONG_NUMBER.test(name);
}

interface Frame {
  readonly array: boolean;
  /** The member or item that is being read; nothing before a key. */
  at: string | number | undefined;
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
  return shown(frames);
}

/** Takes in one byte outside strings and answers the next position. */
function step(frames: Frame[], byte: number, at: number): number {
  const char = String.fromCharCode(byte);
  const frame = frames.at(-1);
  if (char === '{') frames.push({ array: false, at: undefined });
  else if (char === '[') frames.push({ array: true, at: 0 });
  else if (char === '}' || char === ']') frames.pop();
  else if (char === ',' && frame) frame.at = frame.array ? (frame.at as number) + 1 : undefined;
  return at + 1;
}

/** Skips a string, keeps it if it is a key, and answers the position behind it. */
function readString(text: Buffer, open: number, frame: Frame | undefined): number {
  let close = open + 1;
  while (close < text.length && text[close] !== QUOTE) close += text[close] === BACKSLASH ? 2 : 1;
  if (frame && !frame.array) frame.at ??= decodeKey(text.toString('utf8', open, close + 1));
  return close + 1;
}

/** A key that cannot be read (the fault stands inside it) is one that cannot be shown. */
function decodeKey(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return '';
  }
}

function shown(frames: readonly Frame[]): string {
  let path = '';
  for (const { at } of frames) {
    if (at === undefined) return path;
    if (typeof at === 'string' && !isShowableName(at)) return path;
    path = pointer(path, at);
  }
  return path;
}
