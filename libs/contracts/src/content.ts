import type { EventData } from './event.js';

/**
 * The content of an event as a JavaScript value, for those who judge or read it; nothing when the content is not JSON.
 * Parsed anew at each call, so that it does not live as long as the event waits for the disk. Never write it back:
 * numbers and spacing are not kept.
 *
 * @throws SyntaxError when the bytes are not JSON, which the codec does not let happen
 */
export function jsonContent(data: EventData): unknown {
  if (data.kind !== 'json') return undefined;
  const { buffer, byteOffset, byteLength } = data.bytes;
  return JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString());
}
