import type { Catalogue, Finding } from '@signalbox/contracts';
import type { Registry } from '@signalbox/registry';
import { type Database, plain, type Queries, recordset, type Row } from '../store/database.js';
import { openNames } from './score-names.js';
import { EVENT_STREAMS, moveOn, type SecondReader, type Stretch, stretchesOf } from './second-reading.js';
import {
  type Arrival,
  countOfRepeat,
  countsOfArrival,
  countsOfEvent,
  countsOfLateOrigin,
  countsOfRefusal,
  type Offered,
  type Origin,
  type RefusedOffer,
  talliesOf,
  withoutSoftware,
} from './tallies.js';

const READER = 'scores';
const STREAMS = [...EVENT_STREAMS, 'STEPS', 'REJECTED'];
/** Sequences of steps that are looked through for each event that is. */
const STEPS_AN_EVENT = 5;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How long hours are told apart; afterwards their days are. */
const HOURS_KEPT_MS = 3 * DAY_MS;

/** What {@link Scoring} stands on. */
export interface ScoringParts {
  readonly database: Database;
  readonly catalogue: Pick<Catalogue, 'find'>;
  readonly registry: Pick<Registry, 'subscription'>;
  readonly limits: {
    /** Events of each stream in one look. */
    readonly events: number;
    /** Names of each kind that are told apart for one organisation. */
    readonly names: number;
    /** Days that sums are kept. */
    readonly days: number;
  };
}

type Counts = ReturnType<typeof countsOfEvent>;

interface StoredOffer extends Origin {
  readonly sequence: number;
  readonly recorded: string;
  readonly sent?: string;
  readonly late?: string;
  readonly findings: readonly Finding[];
  readonly duplicateof?: string;
}

interface StoredArrival extends Origin {
  readonly kind: 'delivered' | 'acknowledged';
  readonly time: string;
  readonly stream: string;
  readonly eventsequence: number;
  readonly recorded: string;
  readonly subscription: string;
  readonly org: string;
  readonly arrives: boolean;
  readonly acknowledges: boolean;
  readonly replay?: string;
  readonly delivered?: string;
}

interface StoredRepeat extends Origin {
  readonly kind: 'duplicate' | 'conflict';
  readonly time: string;
  /** Empty and 0 while the ledger does not have the event. */
  readonly stream: string;
  readonly eventsequence: number;
}

/**
 * Sums what organisations send, out of the ledger's own tables, once each. Every event and every step is gone through in the
 * order of its stream, in the transaction that keeps the place; an arrival is counted with whichever is looked at later, its
 * step or its event; a repeat with its step, and what its event tells of it when that is looked at. Reading a stream again
 * writes nothing new, so nothing is counted twice.
 */
export class Scoring implements SecondReader {
  #pruned = 0;

  constructor(private readonly parts: ScoringParts) {}

  async look(): Promise<boolean> {
    await this.#prune();
    return this.parts.database.transaction(async (within) => {
      const stretches = await stretchesOf(within, READER, STREAMS);
      const { counts, more } = await this.#countsOf(within, stretches);
      await this.#write(within, counts);
      await moveOn(within, READER, stretches);
      return more;
    });
  }

  async #countsOf(
    within: Queries,
    stretches: ReadonlyMap<string, Stretch>,
  ): Promise<{ counts: Counts; more: boolean }> {
    const counts: Counts[number][] = [];
    const { events: most } = this.parts.limits;
    let more = false;
    const steps = stretches.get('STEPS');
    for (const [stream, stretch] of stretches) {
      if (stream === 'STEPS' || stretch.to <= stretch.from) continue;
      const rows = await (stream === 'REJECTED'
        ? refusalsIn(within, stretch, most)
        : eventsIn(within, stream, stretch, most));
      if (rows.length >= most) {
        stretch.to = rows.at(-1)!.sequence;
        more = true;
      }
      counts.push(...rows.flatMap((row) => row.counts));
      if (stream === 'REJECTED' || steps === undefined) continue;
      const earlier = { ...stretch, stream, upTo: steps.from };
      counts.push(...this.#arrivals(await beforeEvents<StoredArrival>(within, ARRIVALS, earlier)));
      const repeats = await beforeEvents<StoredRepeat>(within, REPEATS, earlier);
      counts.push(...repeats.flatMap((row) => countsOfLateOrigin(row, row.kind, row.time)));
    }
    if (steps === undefined || steps.to <= steps.from) return { counts, more };
    if (steps.to - steps.from > most * STEPS_AN_EVENT) {
      steps.to = steps.from + most * STEPS_AN_EVENT;
      more = true;
    }
    const isLooked = ({ stream, eventsequence }: Pick<StoredArrival, 'stream' | 'eventsequence'>) =>
      eventsequence <= (stretches.get(stream)?.to ?? 0);
    const repeats = await ofSteps<StoredRepeat>(within, REPEATS, steps);
    counts.push(...repeats.map((row) => countOfRepeat(isLooked(row) ? row : withoutSoftware(row), row.kind, row.time)));
    const arrivals = await ofSteps<StoredArrival>(within, ARRIVALS, steps);
    const counted = arrivals.filter(isLooked);
    counts.push(...this.#arrivals(counted));
    return { counts, more };
  }

  #arrivals(rows: readonly StoredArrival[]): Counts {
    const arrived = rows.filter(({ arrives }) => arrives);
    return [
      ...arrived.map((row): Arrival => ({ ...row, kind: 'delivered', ...this.#delayOf(row) })),
      ...rows
        .filter(({ acknowledges }) => acknowledges)
        .map((row): Arrival => ({ ...row, kind: 'acknowledged', ...between(row.delivered, row.time) })),
    ].flatMap(countsOfArrival);
  }

  /** Nobody is late with what was asked for afterwards, nor with a replay. */
  #delayOf({ subscription: id, recorded, time, replay }: StoredArrival): { ms?: number } {
    if (replay !== undefined) return {};
    const subscription = this.parts.registry.subscription(id);
    const asked = subscription && (subscription.sought ?? subscription.created);
    return between(asked !== undefined && Date.parse(asked) > Date.parse(recorded) ? undefined : recorded, time);
  }

  async #write(within: Queries, counts: Counts): Promise<void> {
    if (counts.length === 0) return;
    const { catalogue, limits } = this.parts;
    const names = await openNames(within, counts, limits.names);
    const known = { ...names, type: (type: string) => catalogue.find(type) !== undefined };
    const tallies = talliesOf(counts, known, this.#hoursSince());
    await within.query(
      `insert into scores select * from json_populate_recordset(null::scores, $1::json)
       on conflict (org, grain, started, type, application, product, version, measure)
       do update set count = scores.count + excluded.count`,
      [recordset(tallies)],
    );
  }

  #hoursSince(): string {
    return new Date(Date.now() - HOURS_KEPT_MS).toISOString();
  }

  /** Once an hour. */
  async #prune(): Promise<void> {
    if (Date.now() - this.#pruned < HOUR_MS) return;
    this.#pruned = Date.now();
    const days = new Date(Date.now() - this.parts.limits.days * DAY_MS).toISOString();
    await this.parts.database.query(
      `delete from scores where (grain = 'hour' and started < $1) or (grain = 'day' and started < $2)`,
      [this.#hoursSince(), days],
    );
  }
}

interface Looked {
  readonly sequence: number;
  readonly counts: Counts;
}

async function eventsIn(within: Queries, stream: string, { from, to }: Stretch, most: number): Promise<Looked[]> {
  const rows = await within.query<Row>(
    `select sequence, source, type, sourceorg, product, version, recorded, sent, late, findings, duplicateof
     from events where stream = $1 and sequence > $2 and sequence <= $3 order by sequence limit $4`,
    [stream, from, to, most],
  );
  return rows.map((row) => {
    const { findings, duplicateof, ...event } = plain<StoredOffer>(row);
    const offered: Offered = { ...event, rules: findings.map(({ rule }) => rule), again: duplicateof !== undefined };
    return { sequence: event.sequence, counts: countsOfEvent(offered) };
  });
}

async function refusalsIn(within: Queries, { from, to }: Stretch, most: number): Promise<Looked[]> {
  const rows = await within.query<Row>(
    `select sequence, time, org as sourceorg, coalesce(source, 'urn:ods:' || org || ':' || application, '') as source, code,
       coalesce(type, '') as type, product, version, findings
     from refusals where sequence > $1 and sequence <= $2 order by sequence limit $3`,
    [from, to, most],
  );
  return rows.map((row) => {
    const { findings, ...refused } = plain<
      Omit<RefusedOffer, 'rules'> & { readonly findings: readonly Finding[]; readonly sequence: number }
    >(row);
    const rules = findings.map(({ rule }) => rule);
    return { sequence: refused.sequence, counts: countsOfRefusal({ ...refused, rules }) };
  });
}

/** What was offered again, with the event that it repeats; an event that the ledger does not have tells nothing. */
const REPEATS = `
  select s.kind, s.time, s.source, s.type, s.sourceorg, coalesce(e.stream, '') as stream,
    coalesce(e.sequence, 0)::bigint as eventsequence, e.product, e.version
  from steps s left join events e on e.identity = s.identity and e.duplicateof is null
  where s.kind in ('duplicate', 'conflict')`;

/** What arrived, and was acknowledged, for the first time at its subscription, with the event that it is about. */
const ARRIVALS = `
  select s.kind, s.time, s.subscription, s.org, s.replay, e.stream, e.sequence as eventsequence, e.source, e.type, e.sourceorg,
    e.product, e.version, e.recorded, d.delivered,
    s.sequence = (select min(p.sequence) from steps p where p.identity = s.identity
      and p.subscription = s.subscription and p.kind in ('delivered', 'acknowledged')) as arrives,
    s.sequence = (select min(p.sequence) from steps p where p.identity = s.identity
      and p.subscription = s.subscription and p.kind = 'acknowledged') as acknowledges
  from steps s join events e on e.identity = s.identity and e.duplicateof is null
  left join deliveries d on d.identity = s.identity and d.subscription = s.subscription
  where s.kind in ('delivered', 'acknowledged') and s.subscription is not null`;

/** What a question finds that was recorded in a stretch of steps. */
async function ofSteps<T extends object>(within: Queries, question: string, { from, to }: Stretch): Promise<T[]> {
  const rows = await within.query<Row>(`${question} and s.sequence > $1 and s.sequence <= $2`, [from, to]);
  return rows.map((row) => plain<T>(row));
}

/** What it finds about the events of a stretch that was looked at before them. */
async function beforeEvents<T extends object>(
  within: Queries,
  question: string,
  { stream, from, to, upTo }: Stretch & { readonly stream: string; readonly upTo: number },
): Promise<T[]> {
  const rows = await within.query<Row>(
    `${question} and e.stream = $1 and e.sequence > $2 and e.sequence <= $3 and s.sequence <= $4`,
    [stream, from, to, upTo],
  );
  return rows.map((row) => plain<T>(row));
}

function between(from: string | undefined, to: string): { ms?: number } {
  return from === undefined ? {} : { ms: Math.max(0, Date.parse(to) - Date.parse(from)) };
}
