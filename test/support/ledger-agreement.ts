import type { AcceptedEvent } from '@signalbox/client';
import type { Records } from './records.js';

/** An event as the ledger tells it to somebody who may see every side. */
export type ToldEvent = Pick<AcceptedEvent, 'source' | 'id' | 'deliveries'>;

const nameOf = (source: unknown, id: unknown): string => `${String(source)} ${String(id)}`;

/** The state in which the steps left each delivery, by event and receiving organisation. */
function lastStates({ steps }: Records): Map<string, string> {
  const states = new Map<string, string>();
  for (const { subscription, org, source, eventid, state } of steps) {
    if (subscription && state) states.set(`${nameOf(source, eventid)} for ${org ?? 'nobody'}`, state);
  }
  return states;
}

/**
 * The ledger agrees with the streams: it tells every event that lies in one, once, and each delivery as its last step
 * left it. For runs in which an organisation has one subscription.
 * @returns one sentence for each difference
 */
export function ledgerDifferences(told: readonly ToldEvent[], records: Records): string[] {
  const times = new Map<string, number>();
  const states = new Map<string, string>();
  for (const { source, id, deliveries } of told) {
    const name = nameOf(source, id);
    times.set(name, (times.get(name) ?? 0) + 1);
    for (const { org, state } of deliveries) states.set(`${name} for ${org}`, state);
  }
  const stored = new Set(records.events.map(({ event }) => nameOf(event.attributes['source'], event.attributes['id'])));
  return [
    ...[...stored].filter((name) => !times.has(name)).map((name) => `in a stream and not told by the ledger: ${name}`),
    ...[...times].filter(([, count]) => count > 1).map(([name, count]) => `told ${count} times by the ledger: ${name}`),
    ...[...times.keys()]
      .filter((name) => !stored.has(name))
      .map((name) => `told by the ledger and in no stream: ${name}`),
    ...[...lastStates(records)]
      .filter(([name, state]) => states.get(name) !== state)
      .map(([name, state]) => `${state} by its last step, ${states.get(name) ?? 'unknown'} to the ledger: ${name}`),
  ];
}
