import type { DeliveryState } from '@signalbox/messaging';
import { plain, type Queries, recordset, type Row } from '../store/database.js';
import { firstOf, type Terms } from './terms.js';

/** A stretch of a stream, both ends included. */
export interface Stretch {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
}

/** A recorded event of a stretch. */
export interface SeenEvent {
  readonly sequence: number;
  readonly type: string;
  readonly sourceorg: string;
}

/** From where on a subscription is to be given events of a type. */
export interface Due {
  readonly type: string;
  readonly subscription: string;
  readonly first: number;
}

/** Deliveries of one subscription in a stretch by state; `state` is null where there is none. */
export interface StateCount {
  readonly subscription: string;
  readonly state: DeliveryState | null;
  readonly count: number;
}

/** An event without a state for a subscription that is to be given it. */
export interface Stateless {
  readonly sequence: number;
  readonly identity: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly subscription: string;
}

/** A delivery that has not ended, with its event. */
export interface OpenDelivery extends Stateless {
  readonly stream: string;
  readonly org: string;
  readonly journey: string;
  readonly sourceorg: string;
  readonly targetorg?: string;
  readonly urgency?: string;
  readonly recorded: string;
  readonly state: DeliveryState;
  readonly reason?: string;
  readonly step: number;
}

/** States from which a delivery still goes on by itself. */
const GOING_ON = `('waiting', 'delivering', 'paused')`;

const OPEN_COLUMNS = `
  e.stream, e.sequence, e.identity, e.source, e.id, e.type, e.sourceorg, e.targetorg, e.urgency, e.recorded, e.journey,
  d.subscription, d.org, d.state, d.reason, d.step`;

export async function eventsIn(queries: Queries, { stream, from, to }: Stretch): Promise<SeenEvent[]> {
  return queries.query<SeenEvent>(
    'select sequence, type, sourceorg from events where stream = $1 and sequence between $2 and $3 order by sequence',
    [stream, from, to],
  );
}

/** Sequences of a stretch that are on record: as what the stream holds, or as unreadable. */
export async function sequencesIn(queries: Queries, stretch: Stretch): Promise<Set<number>> {
  const { stream, from, to } = stretch;
  const table = stream === 'STEPS' ? 'steps' : 'refusals';
  const own = stream.startsWith('EVENTS_')
    ? await eventsIn(queries, stretch)
    : await queries.query<{ sequence: number }>(`select sequence from ${table} where sequence between $1 and $2`, [
        from,
        to,
      ]);
  const unreadable = await unreadableIn(queries, stretch);
  return new Set([...own.map(({ sequence }) => sequence), ...unreadable]);
}

export async function unreadableIn(queries: Queries, { stream, from, to }: Stretch): Promise<number[]> {
  const rows = await queries.query<{ sequence: number }>(
    'select sequence from unreadable where stream = $1 and sequence between $2 and $3',
    [stream, from, to],
  );
  return rows.map(({ sequence }) => sequence);
}

/** Which subscriptions are to be given events of the types, and since where. */
export function dueOf(terms: Iterable<Terms>, family: string, types: ReadonlySet<string>): Due[] {
  const due: Due[] = [];
  for (const one of terms) {
    for (const type of types) {
      const first = firstOf(one, family, type);
      if (first !== undefined) due.push({ type, subscription: one.subscription, first });
    }
  }
  return due;
}

const DUE = `
  from events e
  join json_to_recordset($4::json) as w(type text, subscription text, first bigint)
    on w.type = e.type and e.sequence >= w.first
  left join deliveries d on d.identity = e.identity and d.subscription = w.subscription
  where e.stream = $1 and e.sequence between $2 and $3 and e.duplicateof is null`;

/** What there is for every pair of event and subscription of a stretch that is due. */
export async function statesIn(queries: Queries, stretch: Stretch, due: readonly Due[]): Promise<StateCount[]> {
  if (due.length === 0) return [];
  const { stream, from, to } = stretch;
  return queries.query<StateCount>(
    `select w.subscription, d.state, count(*)::int as count ${DUE} group by w.subscription, d.state`,
    [stream, from, to, recordset(due)],
  );
}

/** The pairs of a stretch that have no state. */
export async function statelessIn(queries: Queries, stretch: Stretch, due: readonly Due[]): Promise<Stateless[]> {
  const { stream, from, to } = stretch;
  return queries.query<Stateless>(
    `select e.sequence, e.identity, e.source, e.id, e.type, w.subscription ${DUE} and d.identity is null
     order by e.sequence, w.subscription limit $5`,
    [stream, from, to, recordset(due), LIMIT],
  );
}

/** More of one kind in one stretch are named at the next look. */
const LIMIT = 500;

/** Deliveries of a stretch whose state no step on record tells of. */
export async function unprovenIn(queries: Queries, { stream, from, to }: Stretch): Promise<OpenDelivery[]> {
  const rows = await queries.query<Row>(
    `select ${OPEN_COLUMNS} from events e join deliveries d on d.identity = e.identity
     where e.stream = $1 and e.sequence between $2 and $3 and e.duplicateof is null
       and case when d.step = 0 then d.state not in ${GOING_ON}
                else not exists (select 1 from steps s where s.sequence = d.step) end
     limit $4`,
    [stream, from, to, LIMIT],
  );
  return rows.map((row) => plain<OpenDelivery>(row));
}

/** Deliveries of a stretch that have not ended though their subscription has settled everything up to them. */
export async function passedIn(
  queries: Queries,
  { stream, from, to }: Stretch,
  settled: readonly { readonly subscription: string; readonly settled: number }[],
): Promise<OpenDelivery[]> {
  if (settled.length === 0) return [];
  const rows = await queries.query<Row>(
    `select ${OPEN_COLUMNS} from events e join deliveries d on d.identity = e.identity
     join json_to_recordset($4::json) as f(subscription text, settled bigint)
       on f.subscription = d.subscription and e.sequence <= f.settled
     where e.stream = $1 and e.sequence between $2 and $3 and e.duplicateof is null and d.state in ${GOING_ON}
     limit $5`,
    [stream, from, to, recordset(settled), LIMIT],
  );
  return rows.map((row) => plain<OpenDelivery>(row));
}

/** Deliveries of a stretch that have not ended, or only by their deadline. */
export async function undeliveredIn(queries: Queries, { stream, from, to }: Stretch): Promise<OpenDelivery[]> {
  const rows = await queries.query<Row>(
    `select ${OPEN_COLUMNS} from events e join deliveries d on d.identity = e.identity
     where e.stream = $1 and e.sequence between $2 and $3 and e.duplicateof is null
       and (d.state in ${GOING_ON} or (d.state = 'expired' and d.reason = 'deadline-missed'))`,
    [stream, from, to],
  );
  return rows.map((row) => plain<OpenDelivery>(row));
}

/** One delivery that has not ended; `undefined` when it has, or is not there. */
export async function openDelivery(
  queries: Queries,
  identity: string,
  subscription: string,
): Promise<OpenDelivery | undefined> {
  const [row] = await queries.query<Row>(
    `select ${OPEN_COLUMNS} from deliveries d join events e on e.identity = d.identity and e.duplicateof is null
     where d.identity = $1 and d.subscription = $2 and d.state in ${GOING_ON}`,
    [identity, subscription],
  );
  return row && plain<OpenDelivery>(row);
}
