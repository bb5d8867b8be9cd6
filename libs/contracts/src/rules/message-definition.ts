import { sameSystem } from '../code-system.js';
import type { ContentState, EventType, MessageDefinition } from '../catalogue-type.js';
import type { Finding } from '../findings.js';
import { Bundle } from './bundle.js';
import { asArray, asText, dig, pointerOf, type JsonObject } from './json-tree.js';
import type { ContentRule } from './rule.js';
import { breach } from './table.js';

/** Event code of the MessageHeader and number of each resource. Which reason, category and focus go together is a matter of states. */
export const messageDefinition: ContentRule = (bundle, type) => {
  const { message, states } = type;
  if (!message) return [];
  return [
    ...eventFindings(bundle, message),
    ...countFindings(bundle, message),
    ...nearestState(bundle, message, states ?? []).filter(({ rule }) => rule === 'message-definition'),
  ];
};

/** The statuses of the resources belong to one of the meanings that the type may have. */
export const statusMatchesType: ContentRule = (bundle, { message, states }) =>
  nearestState(bundle, message, states ?? []).filter(({ rule }) => rule === 'status-matches-type');

function eventFindings(bundle: Bundle, { event }: MessageDefinition): Finding[] {
  const header = bundle.first('MessageHeader');
  if (!header) return [];
  if ('uri' in event) {
    if (sameSystem(asText(header.resource.eventUri), event.uri)) return [];
    return [breach(pointerOf(header.trail, 'eventUri'), 'message-definition', `the event ${event.uri}`)];
  }
  if (isCoding(header.resource.eventCoding, event.system, [event.code])) return [];
  return [
    breach(pointerOf(header.trail, 'eventCoding'), 'message-definition', `the event ${event.code} of ${event.system}`),
  ];
}

function countFindings(bundle: Bundle, { counts }: MessageDefinition): Finding[] {
  return Object.entries(counts).flatMap(([resourceType, { min, max }]) => {
    const found = bundle.all(resourceType);
    const expected = `${max === min ? 'exactly' : 'at least'} ${min} ${resourceType}`;
    if (found.length < min) return [breach('/data/entry', 'message-definition', expected)];
    const excess = max === undefined ? [] : found.slice(max);
    return excess.map((entry) =>
      breach(pointerOf(entry.trail), 'message-definition', `at most ${max} ${resourceType}`),
    );
  });
}

/**
 * Name of the meaning (`states`) that content of a type has; `undefined` when it has none of them whole, or is not there.
 *
 * @param data the parsed content
 */
export function meaningOf(
  { message, states = [] }: Pick<EventType, 'message' | 'states'>,
  data: unknown,
): string | undefined {
  if (states.length === 0 || data === undefined) return undefined;
  const bundle = new Bundle(data);
  const has = (state: ContentState) =>
    (message === undefined || headerFindings(bundle, message, state).length === 0) &&
    Object.keys(state.status).some((resourceType) => bundle.first(resourceType) !== undefined) &&
    statusFindings(bundle, state, states).length === 0;
  return states.find(has)?.name;
}

/** Findings against the state that the content comes nearest to, so that a sender is not told of meanings that were never meant. */
function nearestState(
  bundle: Bundle,
  message: MessageDefinition | undefined,
  states: readonly ContentState[],
): Finding[] {
  let nearest: { weight: number; findings: Finding[] } | undefined;
  for (const state of states) {
    const meaning = message ? headerFindings(bundle, message, state) : [];
    const statuses = statusFindings(bundle, state, states);
    // Reason and category say which message is meant; statuses only how far it has come.
    const weight = meaning.length * 10 + statuses.length;
    if (weight === 0) return [];
    if (!nearest || weight < nearest.weight) nearest = { weight, findings: [...meaning, ...statuses] };
  }
  return nearest?.findings ?? [];
}

function headerFindings(bundle: Bundle, message: MessageDefinition, state: ContentState): Finding[] {
  const header = bundle.first('MessageHeader');
  if (!header) return [];
  const at = (member: string, expected: string) =>
    breach(pointerOf(header.trail, member), 'message-definition', expected);
  const { reasons, focus, response } = state;
  const findings: Finding[] = [];
  if (
    reasons &&
    message.reasonSystem !== undefined &&
    !isConcept(header.resource.reason, message.reasonSystem, reasons)
  ) {
    findings.push(at('reason', `the reason ${listed(reasons)} of ${message.reasonSystem} (${state.name})`));
  }
  if (focus !== undefined && !hasFocus(bundle, header.resource, focus)) {
    findings.push(at('focus', `a focus on the ${focus} of this Bundle (${state.name})`));
  }
  if (response && !header.resource.response) {
    findings.push(at('response', `the message that is answered (${state.name})`));
  }
  return [...findings, ...categoryFindings(bundle, message, state)];
}

function categoryFindings(
  bundle: Bundle,
  { categorySystem }: MessageDefinition,
  { categories, name }: ContentState,
): Finding[] {
  const request = bundle.first('ServiceRequest');
  if (!categories || categorySystem === undefined || !request) return [];
  if (asArray(request.resource.category).some((concept) => isConcept(concept, categorySystem, categories))) return [];
  const expected = `the category ${listed(categories)} of ${categorySystem} (${name})`;
  return [breach(pointerOf(request.trail, 'category'), 'message-definition', expected)];
}

function statusFindings(bundle: Bundle, state: ContentState, states: readonly ContentState[]): Finding[] {
  return Object.entries(state.status).flatMap(([resourceType, allowed]) => {
    return bundle.all(resourceType).flatMap(({ resource, trail }) => {
      const status = asText(resource.status);
      // An absent status is the schema's finding.
      if (status === undefined || allowed.includes(status)) return [];
      const known = new Set(states.flatMap((other) => other.status[resourceType] ?? []));
      const expected = known.has(status) ? `${listed(allowed)} (${state.name})` : listed([...known]);
      return [breach(pointerOf(trail, 'status'), 'status-matches-type', `the status ${expected}`)];
    });
  });
}

function hasFocus(bundle: Bundle, header: JsonObject, resourceType: string): boolean {
  return asArray(header.focus).some((focus) => {
    const reference = asText(dig(focus, 'reference'));
    return reference !== undefined && bundle.resolve(reference)?.resourceType === resourceType;
  });
}

function isConcept(concept: unknown, system: string, codes: readonly string[]): boolean {
  return asArray(dig(concept, 'coding')).some((coding) => isCoding(coding, system, codes));
}

function isCoding(coding: unknown, system: string, codes: readonly string[]): boolean {
  return sameSystem(asText(dig(coding, 'system')), system) && codes.includes(asText(dig(coding, 'code')) ?? '');
}

const listed = (names: readonly string[]): string => names.join(' or ');
