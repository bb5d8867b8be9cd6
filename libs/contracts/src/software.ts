import { jsonContent } from './content.js';
import type { CloudEvent } from './event.js';
import { asArray, asObject, asText, dig } from './rules/json-tree.js';

/** The software that made a message, in a form that can hold nothing else. */
export interface Software {
  readonly name: string;
  readonly version?: string;
}

/** Words of letters, at most five, in which digits are few: a product, and no identifier. */
const NAME = /^[A-Za-z][A-Za-z0-9+_-]{0,29}(?: [A-Za-z0-9+_-]{1,30}){0,4}$/;
const VERSION = /^v?\d{1,4}(?:\.\d{1,4}){0,3}(?:[-+][A-Za-z][A-Za-z0-9.]{0,19})?$/;
const MOST_NAME = 60;
const MOST_DIGITS = { name: 4, version: 9 } as const;

/**
 * What the MessageHeader of a Bundle says of the software that it comes from (`MessageHeader.source`, FHIR R4). Only what
 * has the form of a product's name and version is taken: what else stands there is not known, and told to nobody.
 */
export function softwareIn(data: unknown): Software | undefined {
  const first = asArray(dig(data, 'entry'))[0];
  const header = asObject(dig(first, 'resource'));
  if (header?.resourceType !== 'MessageHeader') return undefined;
  const name = asText(dig(header, 'source', 'software'));
  if (name === undefined || name.length > MOST_NAME || !NAME.test(name) || digits(name) > MOST_DIGITS.name)
    return undefined;
  const version = asText(dig(header, 'source', 'version'));
  const told = version !== undefined && VERSION.test(version) && digits(version) <= MOST_DIGITS.version;
  return { name, ...(told && { version }) };
}

/** As {@link softwareIn}, of an event whose content may be anything. */
export function softwareOf({ data }: CloudEvent): Software | undefined {
  try {
    return softwareIn(jsonContent(data));
  } catch {
    return undefined;
  }
}

function digits(text: string): number {
  return text.replace(/\D/g, '').length;
}
