import type { ContentPointer, EventType } from './catalogue-type.js';
import { isNhsNumber } from './nhs-number.js';
import { asArray, asObject, asText, dig, type JsonObject } from './rules/json-tree.js';
import { isNhsNumberIdentifier } from './rules/national-identifiers.js';

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
}

/** Reads the patient and the business identifiers from content, at the places that its type names. Content that lacks them gives none. */
export function businessFacts(type: EventType, data: unknown): BusinessFacts {
  const patient = type.patient && patientOf(data, type.patient);
  const identifiers = type.identifiers.flatMap((place) =>
    [...valuesAt(data, place)].flatMap((value) => identifierOf(place.name, value) ?? []),
  );
  return { ...(patient !== undefined && { patient }), identifiers };
}

function patientOf(data: unknown, place: ContentPointer): string | undefined {
  for (const value of valuesAt(data, place)) {
    const identifier = asObject(value);
    if (identifier && isNhsNumberIdentifier(identifier) && isNhsNumber(identifier.value)) return identifier.value;
  }
  return undefined;
}

/** A FHIR Identifier, or a plain string; an NHS number is not a business identifier, wherever it stands. */
function identifierOf(name: string, value: unknown): BusinessIdentifier | undefined {
  const plain = asText(value);
  if (plain !== undefined && plain !== '') return { name, value: plain };
  const identifier = asObject(value);
  const text = asText(identifier?.value);
  if (!identifier || text === undefined || text === '' || isNhsNumberIdentifier(identifier)) return undefined;
  const system = asText(identifier.system);
  return { name, ...(system !== undefined && { system }), value: text };
}

/** Every value that a pointer of a type stands for, in all resources of its kind. Content that is no Bundle is its own resource. */
function* valuesAt(data: unknown, { resource, pointer }: ContentPointer): Generator<unknown, void> {
  const segments = pointer.split('/').slice(1);
  for (const holder of resourcesOf(data)) {
    if (holder.resourceType === resource) yield* follow(holder, segments);
  }
}

function resourcesOf(data: unknown): JsonObject[] {
  const entries = asArray(dig(data, 'entry')).map((entry) => asObject(dig(entry, 'resource')));
  return [asObject(data), ...entries].filter((resource) => resource !== undefined);
}

function* follow(value: unknown, [segment, ...rest]: readonly string[]): Generator<unknown, void> {
  if (value === undefined) return;
  if (segment === undefined) yield value;
  else if (segment === '*') for (const item of asArray(value)) yield* follow(item, rest);
  else if (Array.isArray(value)) yield* follow(value[Number(segment)], rest);
  else yield* follow(asObject(value)?.[segment.replaceAll('~1', '/').replaceAll('~0', '~')], rest);
}
