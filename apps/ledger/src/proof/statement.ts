import { DELIVERY_STATES, Refusal, type Statement, type Sums } from '@signalbox/contracts';
import type { DeliveryState } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import { underSubscription } from '../journeys/delivery.js';
import { ARRIVAL_OR_STATE } from '../journeys/delivery-places.js';
import { counted } from '../journeys/words.js';
import type { Queries } from '../store/database.js';
import { type Day, dayOf } from './day.js';
import { gapsOpen } from './gaps.js';

interface Counted {
  readonly type: string | null;
  readonly count: number;
}

interface CountedState extends Counted {
  readonly subscription: string;
  readonly state: DeliveryState;
}

const UNNAMED = 'unknown';
const MOST_GAPS = 100;

/** What statements stand on. */
export interface StatementParts {
  readonly queries: Queries;
  readonly registry: Pick<Registry, 'organisation' | 'subscription'>;
  /** IANA name, for example `Europe/London`. */
  readonly zone: string;
}

/** Makes the account of an organisation's day out of the records: what it sent, and what became of it. */
export class Statements {
  constructor(private readonly parts: StatementParts) {}

  /** @param ods whose statement. @throws Refusal SB-4040 for nobody's, SB-4000 for what is no date */
  async of(ods: string, asked: string, now = new Date()): Promise<Statement> {
    const { queries, registry, zone } = this.parts;
    const organisation = registry.organisation(ods);
    if (organisation === undefined) throw new Refusal('SB-4040');
    const day = dayOf(asked, zone, now);
    const [sent, own, received, gaps] = await Promise.all([
      this.#sent(ods, day),
      this.#states(OWN, ods, day),
      this.#states(RECEIVED, ods, day),
      gapsOpen(queries, MOST_GAPS, ods),
    ]);
    const published = { ...sent, deliveries: own };
    const statement = { published, received, gaps };
    return {
      date: day.date,
      zone,
      from: day.from,
      to: day.to,
      asof: now.toISOString(),
      complete: now.toISOString() >= day.to,
      organisation: { ods, name: organisation.name },
      sentences: sentencesOf(statement),
      ...statement,
    };
  }

  async #sent(ods: string, { from, to }: Day): Promise<Omit<Statement['published'], 'deliveries'>> {
    const ask = <T extends object>(text: string) => this.parts.queries.query<T>(text, [ods, from, to]);
    const [events, repeats, refusals] = await Promise.all([
      ask<Counted & { readonly copy: boolean }>(EVENTS),
      ask<Counted>(REPEATS),
      ask<Counted & { readonly code: string }>(REFUSALS),
    ]);
    const accepted = byKey(
      events.filter(({ copy }) => !copy),
      typeOf,
    );
    const repeated = byKey([...events.filter(({ copy }) => copy), ...repeats], typeOf);
    const refused = byKey(refusals, typeOf);
    const types = [...new Set([...accepted.keys(), ...repeated.keys(), ...refused.keys()])].toSorted();
    const sums = { accepted: total(accepted), refused: total(refused), repeated: total(repeated) };
    return {
      sent: sums.accepted + sums.refused + sums.repeated,
      ...sums,
      refusals: [...byKey(refusals, ({ code }) => code)].toSorted().map(([code, count]) => ({ code, count })),
      types: types.map((type) => ({
        type,
        accepted: accepted.get(type) ?? 0,
        refused: refused.get(type) ?? 0,
        repeated: repeated.get(type) ?? 0,
      })),
    };
  }

  async #states(text: string, ods: string, { from, to }: Day): Promise<Sums> {
    const rows = await this.parts.queries.query<CountedState>(text, [ods, from, to]);
    const shown = rows.map(({ state, subscription, ...row }) => ({ ...row, state: this.#shown(state, subscription) }));
    const types = [...Map.groupBy(shown, typeOf)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return { ...sumOf(shown), types: types.map(([type, own]) => ({ type, ...sumOf(own) })) };
  }

  /** As its subscription is now: what waits under a paused one is paused. */
  #shown(state: DeliveryState, subscription: string): DeliveryState {
    return shownState(state, this.parts.registry.subscription(subscription)?.status);
  }
}

/** The state of a delivery as its subscription is now. */
export function shownState(state: DeliveryState, status: Parameters<typeof underSubscription>[1]): DeliveryState {
  const bare = {
    identity: '',
    subscription: '',
    journey: '',
    org: '',
    since: '',
    entitled: true,
    attempts: 0,
    step: 0,
  };
  return underSubscription({ ...bare, state }, status).state;
}

const EVENTS = `
  select type, duplicateof is not null as copy, count(*)::int as count from events
  where sourceorg = $1 and recorded >= $2 and recorded < $3 group by type, duplicateof is not null`;
const REPEATS = `
  select type, count(*)::int as count from steps
  where sourceorg = $1 and time >= $2 and time < $3 and kind = 'duplicate' group by type`;
const REFUSALS = `
  select type, code, count(*)::int as count from refusals
  where org = $1 and time >= $2 and time < $3 group by type, code`;
/** A receiver's filters are nobody else's business: of those a publisher is told no number either. */
const OWN = `
  select e.type, d.subscription, ${ARRIVAL_OR_STATE} as state, count(*)::int as count
  from events e join deliveries d on d.identity = e.identity
  where e.sourceorg = $1 and e.recorded >= $2 and e.recorded < $3 and e.duplicateof is null
    and (d.entitled or d.org = $1 or (d.state = 'suppressed' and d.org = e.targetorg)
      or (d.state in ('parked', 'handled-outside') and d.corrects is not null))
  group by 1, 2, 3`;
const RECEIVED = `
  select e.type, d.subscription, d.state, count(*)::int as count
  from events e join deliveries d on d.identity = e.identity
  where d.org = $1 and e.recorded >= $2 and e.recorded < $3 and e.duplicateof is null
    and (d.entitled or e.targetorg is null or e.targetorg = $1)
  group by e.type, d.subscription, d.state`;

const typeOf = ({ type }: Counted): string => (type === null || type === '' ? UNNAMED : type);

function byKey<T extends Counted>(rows: readonly T[], keyOf: (row: T) => string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(keyOf(row), (sums.get(keyOf(row)) ?? 0) + row.count);
  return sums;
}

function total(sums: ReadonlyMap<string, number>): number {
  return [...sums.values()].reduce((sum, count) => sum + count, 0);
}

function sumOf(rows: readonly { readonly state: DeliveryState; readonly count: number }[]): Omit<Sums, 'types'> {
  const states = Object.fromEntries(
    DELIVERY_STATES.map((state) => [
      state,
      rows.filter((row) => row.state === state).reduce((sum, { count }) => sum + count, 0),
    ]),
  ) as Record<DeliveryState, number>;
  return { deliveries: rows.reduce((sum, { count }) => sum + count, 0), states };
}

function sentencesOf({ published, received, gaps }: Pick<Statement, 'published' | 'received' | 'gaps'>): string[] {
  const { sent, accepted, refused, repeated } = published;
  return [
    `Sent ${String(sent)}: ${String(accepted)} accepted, ${String(refused)} refused, ${String(repeated)} sent again.`,
    `Deliveries of what was accepted: ${told(published.deliveries)}.`,
    `Deliveries to the own subscriptions: ${told(received)}.`,
    gaps.length === 0 ? 'Nothing is missing.' : `${counted(gaps.length, 'gap')} on this side; see gaps.`,
  ];
}

function told({ deliveries, states }: Omit<Sums, 'types'>): string {
  const parts = DELIVERY_STATES.filter((state) => states[state] > 0).map(
    (state) => `${String(states[state])} ${state}`,
  );
  return parts.length === 0 ? 'none' : `${String(deliveries)} (${parts.join(', ')})`;
}
