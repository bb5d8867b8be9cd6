import { typeMatches } from '@signalbox/contracts';
import type { Records } from './records.js';

/** The identity of an event. */
export interface Identity {
  source: string;
  id: string;
}

/** What a run knows from outside: what it was told, and what it asked for. */
export interface Observed {
  /** Every event whose acceptance was answered. */
  accepted: readonly Identity[];
  /** How many events were refused with a findings record; not checked if undefined. */
  refused?: number;
  /** Subscriptions that stood before the first event, whose every delivery should have come to an end. */
  settled?: readonly { id: string; org: string; types: readonly string[]; receiver?: string }[];
  /** Grants to receive that stood the whole run; not checked if undefined. */
  grants?: readonly { ods: string; types: string }[];
  /** What each receiver took as new, after it had set repeated identities aside itself. */
  received?: readonly (Identity & { receiver: string })[];
}

/** States in which a delivery rests until a person acts, or for ever. */
const ENDS = new Set(['delivered', 'acknowledged', 'filtered', 'suppressed', 'parked', 'expired', 'handled-outside']);

const nameOf = ({ source, id }: Identity): string => `${source} ${id}`;

function identityOf(attributes: Readonly<Record<string, unknown>>): Identity {
  return { source: String(attributes['source']), id: String(attributes['id']) };
}

/** Accepted ⊆ stream, and each identity once. */
function lostOrDoubled({ accepted }: Observed, { events }: Records): string[] {
  const stored = new Map<string, number>();
  for (const { event } of events) {
    const name = nameOf(identityOf(event.attributes));
    stored.set(name, (stored.get(name) ?? 0) + 1);
  }
  const lost = accepted.map(nameOf).filter((name) => !stored.has(name));
  const doubled = [...stored].filter(([, count]) => count > 1);
  return [
    ...lost.map((name) => `accepted and not in a stream: ${name}`),
    ...doubled.map(([name, count]) => `stored ${count} times: ${name}`),
  ];
}

/** Deliveries by state sum to events × subscriptions: each pair has come to exactly one end. */
function unsettled({ settled = [] }: Observed, { events, steps }: Records): string[] {
  const last = new Map<string, string>();
  for (const { subscription, source, eventid, state } of steps) {
    if (subscription && state) last.set(`${subscription} ${source} ${eventid}`, state);
  }
  return settled.flatMap(({ id, types }) =>
    events
      .filter(({ event }) => types.some((pattern) => typeMatches(pattern, String(event.attributes['type']))))
      .map(({ event }) => nameOf(identityOf(event.attributes)))
      .filter((name) => !ENDS.has(last.get(`${id} ${name}`) ?? ''))
      .map((name) => `subscription ${id} has no end for ${name}: ${last.get(`${id} ${name}`) ?? 'no state at all'}`),
  );
}

/** What is recorded as delivered did arrive, wherever the receiver was watched. */
function claimed({ settled = [], received = [] }: Observed, { steps }: Records): string[] {
  const arrived = new Set(received.map((one) => `${one.receiver} ${nameOf(one)}`));
  const receiverOf = new Map(settled.map(({ id, receiver }) => [id, receiver]));
  return steps.flatMap(({ kind, subscription, source, eventid }) => {
    const receiver = kind === 'delivered' ? receiverOf.get(subscription ?? '') : undefined;
    const name = nameOf({ source, id: eventid });
    if (receiver === undefined || arrived.has(`${receiver} ${name}`)) return [];
    return [`recorded as delivered and never received by ${receiver}: ${name}`];
  });
}

/** No delivery without a live grant. */
function ungranted({ grants }: Observed, { steps }: Records): string[] {
  if (!grants) return [];
  return steps
    .filter(({ kind }) => kind === 'delivered')
    .filter(({ org, type }) => !grants.some(({ ods, types }) => ods === org && typeMatches(types, type)))
    .map(({ org, type, eventid }) => `delivered to ${org ?? 'nobody'} without a grant for ${type}: ${eventid}`);
}

/** Each refusal has one record. */
function unrecordedRefusals({ refused }: Observed, { rejected }: Records): string[] {
  const records = new Set(rejected.map(({ id }) => id)).size;
  return refused === undefined || records === refused ? [] : [`${refused} refusals, ${records} records of them`];
}

/** Nothing is delivered as new twice. */
function receivedTwice({ received = [] }: Observed): string[] {
  const seen = new Set<string>();
  return received.flatMap((one) => {
    const name = `${one.receiver} ${nameOf(one)}`;
    if (seen.has(name)) return [`received twice as new: ${name}`];
    seen.add(name);
    return [];
  });
}

/**
 * What every live, journey and fault run ends by checking; empty when all holds.
 * @returns one sentence for each violation
 */
export function violations(observed: Observed, records: Records): string[] {
  return [
    ...lostOrDoubled(observed, records),
    ...unsettled(observed, records),
    ...claimed(observed, records),
    ...ungranted(observed, records),
    ...unrecordedRefusals(observed, records),
    ...receivedTwice(observed),
  ];
}
