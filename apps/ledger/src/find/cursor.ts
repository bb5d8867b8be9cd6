import { Refusal } from '@signalbox/contracts';

/** A place in a list as an address can hold it. */
export function cursorText(place: readonly string[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/**
 * Reads a place that a list gave out: an instant, and what tells rows of the same instant apart.
 *
 * @throws Refusal SB-4000 for what no list gave out
 */
export function cursorPlace(text: unknown): string[] | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    const place = JSON.parse(Buffer.from(typeof text === 'string' ? text : '', 'base64url').toString()) as unknown;
    if (Array.isArray(place) && place.length >= 2 && place.length <= 3) {
      const [at, ...rest] = place as unknown[];
      if (typeof at === 'string' && rest.every((part) => typeof part === 'string'))
        return [new Date(at).toISOString(), ...rest];
    }
  } catch {
    // Told below, like a place of another shape.
  }
  throw new Refusal('SB-4000', 'The cursor in ?after= is not one that this list gave out');
}
