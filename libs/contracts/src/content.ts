import type { EventData } from './event.js';

const parsed = new WeakMap<EventData, { readonly value: unknown }>();

/**
 * The content of an event as a JavaScript value, for those who judge or read it; nothing when the content is not JSON.
 * Parsed at the first call and kept for as long as the event is. Never write it back: numbers and spacing are not kept.
 *
 * @throws SyntaxError when the bytes are not JSON, which the codec does not let happen
 */
export function jsonContent(data: EventData): unknown {
  if (data.kind !== 'json') return undefined;
  let entry = parsed.get(data);
  if (!entry) {
    const { buffer, byteOffset, byteLength } = data.bytes;
    entry = { value: JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString()) };
    parsed.set(data, entry);
  }
  return entry.value;
}
