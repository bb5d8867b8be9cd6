import { pointer } from '../findings.js';
import type { Obstacle } from './obstacle.js';
import type { Place } from './places.js';
import { samples } from './samples.js';
import type { WitnessChange } from './court.js';

/** One change of an example. */
export interface Edit {
  readonly path: readonly string[];
  readonly change: 'removed' | 'added' | 'set';
  readonly value?: unknown;
}

/** As people are told of it. */
export function followed({ path, change, value }: Edit): WitnessChange {
  return { path: pointer('', ...path), change, ...(change !== 'removed' && { value }) };
}

/** A copy of an event with some edits; an edit whose place is gone changes nothing. */
export function apply(event: unknown, edits: readonly Edit[]): unknown {
  let copy: unknown = edits.length === 0 ? event : structuredClone(event);
  for (const { path, change, value } of edits) {
    const last = path.at(-1);
    if (last === undefined) {
      copy = structuredClone(value);
      continue;
    }
    const holder = path.slice(0, -1).reduce<unknown>((at, name) => memberOf(at, name), copy);
    if (typeof holder !== 'object' || holder === null) continue;
    if (change !== 'removed') Object.assign(holder, { [last]: structuredClone(value) });
    else if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else Reflect.deleteProperty(holder, last);
  }
  return copy;
}

function memberOf(at: unknown, name: string): unknown {
  return typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined;
}

/** A member that no schema names. */
const UNKNOWN_MEMBER = 'notNamedAnywhere';

/** What may be done at a place: other values, members and items more or less. Values that a difference is about come first. */
export function* editsAt(place: Place, obstacles: readonly Obstacle[]): Generator<Edit> {
  const { path, value, narrow, wide } = place;
  for (const { values } of obstacles) for (const one of values ?? []) yield { path, change: 'set', value: one };
  if (Array.isArray(value)) yield* ofArray(place, value);
  else if (typeof value === 'object' && value !== null) yield* ofObject(place, value, obstacles);
  for (const one of samples(narrow, wide)) yield { path, change: 'set', value: one };
}

function* ofObject({ path, narrow, wide }: Place, value: object, obstacles: readonly Obstacle[]): Generator<Edit> {
  const about = obstacles.flatMap(({ member }) => (member !== undefined && !(member in value) ? [member] : []));
  for (const name of Object.keys(value)) yield { path: [...path, name], change: 'removed' };
  const absent = new Set([...about, ...narrow.names(), ...wide.names()].filter((name) => !Object.hasOwn(value, name)));
  for (const name of absent) {
    for (const one of samples(narrow.member(name), wide.member(name)).slice(0, MOST_ADDED))
      yield { path: [...path, name], change: 'added', value: one };
  }
  for (const one of samples(narrow.otherMember(), wide.otherMember()).slice(0, MOST_ADDED))
    yield { path: [...path, UNKNOWN_MEMBER], change: 'added', value: one };
}

/** Values that one absent member is tried with. */
const MOST_ADDED = 6;

function* ofArray({ path, narrow, wide }: Place, value: readonly unknown[]): Generator<Edit> {
  if (value.length > 0) {
    yield { path: [...path, String(value.length - 1)], change: 'removed' };
    yield { path: [...path, String(value.length)], change: 'added', value: value[0] };
  }
  for (const one of samples(narrow.item(value.length), wide.item(value.length)).slice(0, MOST_ADDED))
    yield { path: [...path, String(value.length)], change: 'added', value: one };
  yield { path, change: 'set', value: [] };
}
