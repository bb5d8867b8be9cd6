import { isDeepStrictEqual } from 'node:util';
import type { ContentState, EventType, MessageDefinition } from '../catalogue-type.js';
import { pointer } from '../findings.js';
import { RULES, type RuleName } from '../rules/table.js';
import { obstacle, type Obstacle } from './obstacle.js';

/**
 * Why an event that `narrow` takes may be refused by `wide`, by what the two say in `type.json`. Paths start at the event.
 */
export function descriptionObstacles(narrow: EventType, wide: EventType): readonly Obstacle[] {
  return [
    ...typeObstacles(narrow, wide),
    ...wide.requires
      .filter((name) => !narrow.requires.includes(name))
      .map((name) =>
        at([name], obstacle('requires', `{wide} requires the attribute ${name}, {narrow} does not.`, name)),
      ),
    ...wide.rules
      .filter((rule) => !narrow.rules.includes(rule) && !SAID_BY_SCHEMA.has(rule))
      .map((rule) =>
        at(['data'], obstacle('rule', `{wide} has the rule ${rule}, {narrow} does not. ${explained(rule)}`, rule)),
      ),
    ...messageObstacles(narrow, wide),
    ...stateObstacles(narrow, wide),
    ...unknownFields(narrow, wide),
  ];
}

/** Business identifiers and the patient are what journeys are found by; readers of the older version count on them. */
export function lostIdentifiers(newer: EventType, older: EventType): readonly Obstacle[] {
  const lost = older.identifiers.filter((place) => !newer.identifiers.some((other) => isDeepStrictEqual(place, other)));
  const found = lost.map(({ name, resource, pointer: place }) =>
    at(
      ['data'],
      obstacle('identifiers', `{wide} finds journeys by ${name} at ${resource}${place}, {narrow} does not.`, name),
    ),
  );
  if (isDeepStrictEqual(older.patient, newer.patient)) return found;
  return [...found, at(['data'], obstacle('patient', '{narrow} has the patient at another place than {wide}.'))];
}

/** Rules that only give a name to what the schema says already. */
const SAID_BY_SCHEMA = new Set(['instant-has-zone']);

function explained(rule: string): string {
  return rule in RULES ? RULES[rule as RuleName].explanation : '';
}

const at = (path: readonly string[], one: Obstacle): Obstacle => ({ ...one, path: [...path, ...one.path] });

function typeObstacles(narrow: EventType, wide: EventType): readonly Obstacle[] {
  const found: Obstacle[] = [];
  if (narrow.family !== wide.family || narrow.event !== wide.event)
    found.push(at(['type'], obstacle('type-name', 'They are not two versions of one type, but two types.')));
  if (narrow.dataContentType !== wide.dataContentType)
    found.push(
      at(
        ['datacontenttype'],
        obstacle('data-content-type', `{narrow} is ${narrow.dataContentType}, {wide} is ${wide.dataContentType}.`),
      ),
    );
  return found;
}

/** What both versions check, so that its parameters can be compared. Where `narrow` lacks the rule, that is told already. */
function bothHave(narrow: EventType, wide: EventType, rule: string): boolean {
  return narrow.rules.includes(rule) && wide.rules.includes(rule);
}

function messageObstacles(narrow: EventType, wide: EventType): readonly Obstacle[] {
  if (!wide.message || !bothHave(narrow, wide, 'message-definition')) return [];
  const header = ['data', 'entry', '0', 'resource'];
  if (!narrow.message)
    return [at(header, obstacle('message', '{wide} names a message definition, {narrow} does not.'))];
  const found: Obstacle[] = [];
  if (!isDeepStrictEqual(narrow.message.event, wide.message.event))
    found.push(
      at(
        header,
        obstacle('message', `{narrow} has the event ${eventOf(narrow.message)}, {wide} has ${eventOf(wide.message)}.`),
      ),
    );
  for (const system of ['reasonSystem', 'categorySystem'] as const) {
    if (wide.message[system] !== undefined && wide.message[system] !== narrow.message[system])
      found.push(
        at(header, obstacle('message', `{wide} has the ${system} ${wide.message[system]}, {narrow} another.`, system)),
      );
  }
  return [...found, ...countObstacles(narrow.message.counts, wide.message.counts)];
}

function eventOf({ event }: MessageDefinition): string {
  return 'uri' in event ? event.uri : `${event.code} of ${event.system}`;
}

function countObstacles(narrow: MessageDefinition['counts'], wide: MessageDefinition['counts']): readonly Obstacle[] {
  return Object.entries(wide).flatMap(([resource, { min, max = Infinity }]) => {
    const own = narrow[resource];
    const [ownMin, ownMax] = [own?.min ?? 0, own?.max ?? Infinity];
    if (ownMin >= min && ownMax <= max) return [];
    const words = `{narrow} takes ${counted(ownMin, ownMax)} ${resource}, {wide} takes ${counted(min, max)}.`;
    return [at(['data', 'entry'], obstacle('count', words, resource))];
  });
}

function counted(min: number, max: number): string {
  if (min === max) return `exactly ${String(min)}`;
  return max === Infinity ? `at least ${String(min)}` : `${String(min)} to ${String(max)}`;
}

/** Content must match one state whole, so each state of `narrow` must lie within one of `wide`. */
function stateObstacles(narrow: EventType, wide: EventType): readonly Obstacle[] {
  const statuses = bothHave(narrow, wide, 'status-matches-type');
  const header = bothHave(narrow, wide, 'message-definition') && wide.message !== undefined;
  const states = wide.states ?? [];
  if (states.length === 0 || (!statuses && !header)) return [];
  const own = narrow.states ?? [];
  if (own.length === 0)
    return [at(['data'], obstacle('states', '{wide} names the states of its content, {narrow} takes any.'))];
  const outside = own.filter((state) => !states.some((other) => liesWithin(state, other, { statuses, header })));
  return outside.map((state) =>
    at(
      ['data'],
      obstacle(
        'states',
        `{narrow} has the state "${state.name}" (${statusesOf(state)}), which no state of {wide} takes whole.`,
        state.name,
      ),
    ),
  );
}

function statusesOf({ status }: ContentState): string {
  return Object.entries(status)
    .map(([resource, names]) => `${resource} ${names.join(' or ')}`)
    .join(', ');
}

function liesWithin(
  state: ContentState,
  other: ContentState,
  { statuses, header }: { readonly statuses: boolean; readonly header: boolean },
): boolean {
  const within = (own: readonly string[] | undefined, wanted: readonly string[] | undefined) =>
    wanted === undefined || (own !== undefined && own.every((one) => wanted.includes(one)));
  const sameHeader =
    within(state.reasons, other.reasons) &&
    within(state.categories, other.categories) &&
    (other.focus === undefined || other.focus === state.focus) &&
    (other.response !== true || state.response === true);
  const sameStatus = Object.entries(other.status).every(([resource, names]) => within(state.status[resource], names));
  return (!header || sameHeader) && (!statuses || sameStatus);
}

/** What a type folder holds that is compared above, or changes nothing of what is valid. */
const KNOWN_FIELDS: ReadonlySet<string> = new Set<keyof EventType>([
  'type',
  'title',
  'description',
  'owner',
  'status',
  'dates',
  'replacedBy',
  'dataContentType',
  'classification',
  'requires',
  'rules',
  'message',
  'states',
  'identifiers',
  'patient',
  'awaits',
  'closes',
  'deadlines',
  'stale',
  'family',
  'event',
  'version',
  'schema',
  'readme',
  'examples',
  'digest',
  'folder',
]);

function unknownFields(narrow: EventType, wide: EventType): readonly Obstacle[] {
  const fields = new Set([...Object.keys(narrow), ...Object.keys(wide)]);
  return [...fields]
    .filter((field) => !KNOWN_FIELDS.has(field))
    .filter((field) => !isDeepStrictEqual(valueOf(narrow, field), valueOf(wide, field)))
    .map((field) =>
      obstacle('not-understood', `${field} of type.json differs, which this check does not understand.`, field),
    );
}

const valueOf = (type: EventType, field: string): unknown => (type as unknown as Record<string, unknown>)[field];

/** Something that differs and refuses no event, but that people should know. */
export interface Note {
  readonly path: string;
  readonly kind: string;
  readonly sentence: string;
}

/** What else differs between the two: words, promises, and what the lifecycle says. */
export function notesOf(older: EventType, newer: EventType): readonly Note[] {
  const found: Note[] = [];
  const note = (field: keyof EventType, sentence: string) => {
    if (!isDeepStrictEqual(older[field], newer[field]))
      found.push({ path: `type.json#/${field}`, kind: field, sentence });
  };
  note('title', 'The title has changed.');
  note('description', 'The description has changed.');
  note('owner', `The owner is ${newer.owner} now.`);
  note('classification', `The classification is "${newer.classification}" now.`);
  note('status', `{older} is ${older.status}, {newer} is ${newer.status}.`);
  note('awaits', 'What the journey waits for afterwards has changed.');
  note('closes', 'Whether it ends what the journey waited for has changed.');
  note('deadlines', 'The deadlines have changed.');
  note('stale', 'What becomes of an event that comes after a newer one has changed.');
  const added = newer.identifiers.filter(
    (place) => !older.identifiers.some((other) => isDeepStrictEqual(place, other)),
  );
  for (const { name, resource, pointer: place } of added)
    found.push({
      path: `type.json#/identifiers`,
      kind: 'identifiers',
      sentence: `Journeys are found by ${name} at ${resource}${place}, too.`,
    });
  return found;
}

/** A path of names as a JSON Pointer; `*` is any item. */
export function pathOf(path: readonly string[]): string {
  return pointer('', ...path);
}
