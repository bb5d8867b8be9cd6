import { Refusal } from '@signalbox/contracts';

/** What one part of a place is: a moment, a text, or a whole number. */
export type PlacePart = 'instant' | 'text' | 'number';

/** A place in a list as an address can hold it: where the list goes on. */
export function placeText(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * Reads a place that a list gave out, so that nothing reaches the database that it could not compare.
 *
 * @param shape what the list orders its lines by
 * @returns undefined where nothing was asked for
 * @throws Refusal SB-4000 for what this list did not give out
 */
export function placeIn<const Shape extends readonly PlacePart[]>(
  text: unknown,
  shape: Shape,
): { [At in keyof Shape]: string } | undefined {
  if (text === undefined || text === '') return undefined;
  const parts = typeof text === 'string' ? partsIn(text) : [];
  const place = shape.map((kind, at) => READ[kind](parts[at]));
  if (parts.length !== shape.length || place.includes(undefined))
    throw new Refusal('SB-4000', 'The cursor in ?after= is not one that this list gave out');
  return place as { [At in keyof Shape]: string };
}

function partsIn(text: string): readonly unknown[] {
  try {
    const parts = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown;
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

const READ: Readonly<Record<PlacePart, (part: unknown) => string | undefined>> = {
  instant: (part) => (typeof part === 'string' ? instantOf(part) : undefined),
  text: (part) => (typeof part === 'string' ? part : undefined),
  number: (part) =>
    /^-?\d{1,16}$/.test(String(part)) && Number.isSafeInteger(Number(part)) ? String(part) : undefined,
};

/** As the database takes it: of the years 1 to 9999. */
function instantOf(text: string): string | undefined {
  const instant = new Date(text);
  const year = instant.getUTCFullYear();
  return year >= 1 && year <= 9_999 ? instant.toISOString() : undefined;
}
