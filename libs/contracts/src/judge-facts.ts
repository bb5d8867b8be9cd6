import type { EventType } from './catalogue-type.js';
import { isNhsNumber } from './nhs-number.js';
import { asArray, asObject, asText, dig, type JsonObject } from './rules/json-tree.js';
import { isNhsNumberIdentifier } from './rules/national-identifiers.js';
import { type Software, softwareIn } from './software.js';

/** A business identifier that a journey can be found by: a referral number, an order number, a report number. */
export interface BusinessIdentifier {
  /** What it identifies, as the type calls it: `referral`, `order`, `report`. */
  readonly name: string;
  readonly system?: string;
  readonly value: string;
}

/** What the content says about itself in the words of its type. */
export interface BusinessFacts {
  /** NHS number, only if it is one. Never log it. */
  readonly patient?: string;
  readonly identifiers: readonly BusinessIdentifier[];
  /** What made the message, where it says so. */
  readonly software?: Software;
}

/** Reads the patient and the business identifiers from content, at the places that its type names. Content that lacks them gives none. */
export function businessFacts(type: EventType, data: unknown): BusinessFacts {
  const identifiers: BusinessIdentifier[] = [];
  let patient: string | undefined;
  for (const resource of resourcesOf(data)) {
    const kind = resource.resourceType ?? '';
    for (const place of type.identifiers) {
      if (place.resource !== kind) continue;
      follow(resource, place.pointer.split('/'), 1, (value) => addIdentifier(identifiers, place.name, value));
    }
    if (!type.patient || type.patient.resource !== kind) continue;
    follow(resource, type.patient.pointer.split('/'), 1, (value) => (patient ??= nhsNumberOf(value)));
  }
  const software = softwareIn(data);
  return { ...(patient !== undefined && { patient }), identifiers, ...(software && { software }) };
}

function nhsNumberOf(value: unknown): string | undefined {
  const identifier = asObject(value);
  return identifier && isNhsNumberIdentifier(identifier) && isNhsNumber(identifier.value)
    ? identifier.value
    : undefined;
}

/** Takes a FHIR Identifier, or a plain string; what may be an NHS number is not a business identifier, wherever it stands. */
function addIdentifier(found: BusinessIdentifier[], name: string, value: unknown): void {
  const identifier = typeof value === 'string' ? { value } : asObject(value);
  const text = asText(identifier?.value);
  if (!identifier || text === undefined || text === '' || isNhsNumberIdentifier(identifier)) return;
  const system = asText(identifier.system);
  if (system === undefined && isNhsNumber(text)) return;
  found.push({ name, ...(system !== undefined && { system }), value: text });
}

/** The root itself and the resources of its entries; content that is no Bundle is its own only resource. */
function resourcesOf(data: unknown): JsonObject[] {
  const found: JsonObject[] = [];
  for (const candidate of [data, ...asArray(dig(data, 'entry')).map((entry) => asObject(entry)?.resource)]) {
    const resource = asObject(candidate);
    if (resource) found.push(resource);
  }
  return found;
}

/** Calls `visit` with every value that a pointer of a type stands for. */
function follow(value: unknown, segments: readonly string[], at: number, visit: (value: unknown) => void): void {
  const segment = segments[at];
  if (value === undefined) return;
  if (segment === undefined) visit(value);
  else if (segment === '*') for (const item of asArray(value)) follow(item, segments, at + 1, visit);
  else if (Array.isArray(value)) follow(value[Number(segment)], segments, at + 1, visit);
  else follow(asObject(value)?.[segment.replaceAll('~1', '/').replaceAll('~0', '~')], segments, at + 1, visit);
}
