import { Refusal } from '@signalbox/contracts';
import type { JourneyView } from '../journeys/journey-view.js';

/** What a list of journeys may be filtered by, in the words of the pages. */
export const LIST_STATES = {
  'in-flight': 'In flight: something has not arrived yet',
  stuck: 'Stuck: something waits for a person',
  unacknowledged: 'Not acknowledged, or not arrived',
  awaited: 'Somebody has to answer',
  'not-delivered': 'Reaches nobody who has to answer',
  'nothing-awaited': 'Nothing is awaited',
  closed: 'Closed',
} as const;

/** Name of such a state, as it stands in addresses. */
export type ListState = keyof typeof LIST_STATES;

/** Ages, in milliseconds. */
export const LIST_AGES: Readonly<Record<string, { readonly words: string; readonly ms: number }>> = {
  '1h': { words: '1 hour', ms: 3_600_000 },
  '4h': { words: '4 hours', ms: 14_400_000 },
  '1d': { words: '1 day', ms: 86_400_000 },
  '3d': { words: '3 days', ms: 259_200_000 },
  '7d': { words: '7 days', ms: 604_800_000 },
  '30d': { words: '30 days', ms: 2_592_000_000 },
};

/** Which journeys somebody wants to see. */
export interface ListFilter {
  readonly type?: string;
  /** An organisation that takes part, the publisher of an event, and its receiver; ODS codes. */
  readonly org?: string;
  readonly from?: string;
  readonly to?: string;
  readonly state?: ListState;
  /** Key of {@link LIST_AGES}: nothing has changed for that long or, of what is under way, it has been for that long. */
  readonly age?: string;
}

/** States that rows of deliveries decide, and an index finds. */
export const OPEN_STATES: ReadonlySet<string> = new Set<ListState>(['in-flight', 'stuck', 'unacknowledged']);

const TYPE = /^[a-z0-9.-]{1,200}$/;
const ODS = /^[A-Z0-9]{1,20}$/;

/** Reads a filter from an address. @throws Refusal SB-4000 */
export function filterOf(query: Readonly<Record<string, unknown>>): ListFilter {
  const { type, state, age } = query;
  const filter = {
    type: named('type', type, (text) => TYPE.test(text), 'the name of an event type'),
    org: organisation('org', query['org']),
    from: organisation('from', query['from']),
    to: organisation('to', query['to']),
    state: named('state', state, (text) => Object.hasOwn(LIST_STATES, text), Object.keys(LIST_STATES).join(', ')),
    age: named('age', age, (text) => Object.hasOwn(LIST_AGES, text), Object.keys(LIST_AGES).join(', ')),
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

function organisation(name: string, value: unknown): string | undefined {
  const upper = typeof value === 'string' ? value.trim().toUpperCase() : value;
  return named(name, upper, (text) => ODS.test(text), 'an ODS code');
}

function named(name: string, value: unknown, holds: (text: string) => boolean, expected: string): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' && holds(value)) return value;
  const finding = { path: `/${name}`, rule: 'one-of', expected, fix: 'Correct it, or leave it out.', doc: '/find' };
  throw new Refusal('SB-4000', `The filter ${name}= takes ${expected}`, { findings: [finding] });
}

/** Whether a filter asks for anything. */
export function filters(filter: ListFilter): boolean {
  return Object.keys(filter).length > 0;
}

/** Whether the viewer's side of a journey is one that the filter asks for; what only rows decide counts as yes. */
export function matches(view: JourneyView, filter: ListFilter, now: Date): boolean {
  const { type, org, from, to, state, age } = filter;
  const open = state !== undefined && OPEN_STATES.has(state);
  return (
    (org === undefined || view.organisations.includes(org)) &&
    (age === undefined || open || Date.parse(view.updated) <= now.getTime() - LIST_AGES[age]!.ms) &&
    (state === undefined || open || view.heading.state === state) &&
    view.events.some(
      (event) =>
        (type === undefined || event.type === type) &&
        (from === undefined || event.sourceorg === from) &&
        (to === undefined || event.targetorg === to || event.deliveries.some((delivery) => delivery.org === to)),
    )
  );
}
