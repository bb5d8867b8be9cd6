import { FAMILIES, streamOf } from '@signalbox/messaging';
import { type Database, plain, type Queries, recordset, type Row } from '../store/database.js';
import { type Ancestor, type Descendant, Lineage } from './lineage.js';
import type { OwedCorrection } from './looks.js';

/** An event with what fan-out and answers need to know of it. */
export interface LineageEvent extends Descendant {
  readonly type: string;
  readonly journey: string;
  readonly stream: string;
  readonly sequence: number;
}

/** A correction that a subscription is owed. */
type Owed = Omit<OwedCorrection, 'source' | 'id' | 'type' | 'journey' | 'sourceorg'>;

/** A subscription that has an event. */
export interface Received {
  readonly identity: string;
  readonly subscription: string;
  readonly org: string;
}

/** Corrections, and sequences of steps, that are looked through at once. */
const CORRECTIONS = 200;
const STEPS = 5_000;
/** Rounds of questions for one lineage: as many corrections of corrections in either direction. */
const GENERATIONS = 200;
const STREAMS = [...FAMILIES.map(streamOf), 'STEPS'];
const COLUMNS = 'e.identity, e.source, e.id, e.sourceorg, e.supersedes, e.type, e.journey, e.stream, e.sequence';
const ARRIVALS = `('delivered', 'acknowledged', 'handled-outside')`;

/**
 * Looks on through events and steps for corrections that somebody is owed. A correction and the arrival of what it replaces
 * can be read in either order, by different readers; whichever is written later is also looked at later, and the other is
 * there by then. So each is looked at once, after its own transaction, and none is missed.
 *
 * @returns whether there is more to look through at once
 */
export async function sweep(database: Database): Promise<boolean> {
  return database.transaction(async (within) => {
    const stretches = await stretchesOf(within);
    if (stretches.size === 0) return false;
    const corrections: LineageEvent[] = [];
    let more = false;
    for (const [stream, stretch] of stretches) {
      if (stream === 'STEPS') continue;
      const found = await correctionsIn(within, stream, stretch);
      corrections.push(...found);
      if (found.length < CORRECTIONS) continue;
      stretch.to = found.at(-1)!.sequence;
      more = true;
    }
    const steps = stretches.get('STEPS');
    if (steps !== undefined && steps.to - steps.from > STEPS) {
      steps.to = steps.from + STEPS;
      more = true;
    }
    const arrivals = steps === undefined ? [] : await arrivalsIn(within, steps);
    await record(within, await owedBy(within, corrections, arrivals));
    if (steps !== undefined) await touched(within, steps);
    await moveOn(within, stretches);
    return more;
  });
}

interface Stretch {
  readonly from: number;
  to: number;
}

async function stretchesOf(within: Queries): Promise<Map<string, Stretch>> {
  const rows = await within.query<{ stream: string; from: number; to: number }>(
    `select p.stream, coalesce(c.sequence, 0)::bigint as "from", p.sequence as "to"
     from positions p left join correctionpositions c using (stream)
     where p.stream = any($1::text[]) and p.sequence > coalesce(c.sequence, 0)`,
    [STREAMS],
  );
  return new Map(rows.map(({ stream, from, to }) => [stream, { from, to }]));
}

async function correctionsIn(within: Queries, stream: string, { from, to }: Stretch): Promise<LineageEvent[]> {
  const rows = await within.query<Row>(
    `select ${COLUMNS} from events e
     where e.stream = $1 and e.sequence > $2 and e.sequence <= $3 and e.supersedes is not null and e.duplicateof is null
     order by e.sequence limit $4`,
    [stream, from, to, CORRECTIONS],
  );
  return rows.map((row) => plain<LineageEvent>(row));
}

/** What arrived somewhere and is replaced by something. */
async function arrivalsIn(within: Queries, { from, to }: Stretch): Promise<Ancestor[]> {
  return within.query<Ancestor & Row>(
    `select distinct s.identity, s.source, s.eventid as id, s.sourceorg from steps s
     where s.sequence > $1 and s.sequence <= $2 and s.subscription is not null and s.kind in ${ARRIVALS}
       and exists (select 1 from events e where e.supersedes = s.eventid and e.sourceorg = s.sourceorg)`,
    [from, to],
  );
}

/** What the steps of a stretch say of corrections that are owed is looked at. */
async function touched(within: Queries, { from, to }: Stretch): Promise<void> {
  await within.query(
    `update corrections c set look = now() from steps s
     where s.sequence > $1 and s.sequence <= $2 and s.identity = c.identity and s.subscription = c.subscription
       and not c.closed`,
    [from, to],
  );
}

async function owedBy(
  within: Queries,
  corrections: readonly LineageEvent[],
  arrivals: readonly Ancestor[],
): Promise<Owed[]> {
  if (corrections.length === 0 && arrivals.length === 0) return [];
  const lineage = new Lineage(await relatives(within, [...corrections, ...arrivals]), arrivals);
  const later = [...corrections, ...arrivals].flatMap((event) => lineage.replacing(event));
  const owing = [...new Map([...corrections, ...later].map((event) => [event.identity, event])).values()];
  const replaced = new Map(owing.map((event) => [event, lineage.replacedBy(event)]));
  const received = await receiversOf(within, [...replaced.values()].flat());
  return owing.flatMap(({ identity, stream, sequence }, at) => {
    const bySubscription = new Map<string, Owed>();
    for (const ancestor of replaced.get(owing[at]!) ?? []) {
      for (const { subscription, org } of received.get(ancestor.identity) ?? []) {
        if (bySubscription.has(subscription)) continue;
        bySubscription.set(subscription, { identity, subscription, org, stream, sequence, corrects: ancestor.id });
      }
    }
    return [...bySubscription.values()];
  });
}

/** Every event that replaces or is replaced by one of the given ones, over any number of others. */
export async function relatives(
  within: Queries,
  events: readonly (Ancestor & { readonly supersedes?: string })[],
): Promise<LineageEvent[]> {
  const found = new Map<string, LineageEvent>();
  const asked = new Set<string>();
  let names = events.flatMap(namesOf);
  for (let round = 0; names.length > 0 && round < GENERATIONS; round++) {
    for (const name of names) asked.add(textOf(name));
    const rows = await within.query<Row>(
      `select ${COLUMNS} from json_to_recordset($1::json) as k(id text, sourceorg text)
       join events e on e.id = k.id and e.sourceorg = k.sourceorg and e.duplicateof is null
       union all
       select ${COLUMNS} from json_to_recordset($1::json) as k(id text, sourceorg text)
       join events e on e.supersedes = k.id and e.sourceorg = k.sourceorg and e.duplicateof is null`,
      [recordset(names)],
    );
    const next = rows.map((row) => plain<LineageEvent>(row)).filter(({ identity }) => !found.has(identity));
    for (const event of next) found.set(event.identity, event);
    const fresh = new Map(next.flatMap(namesOf).map((name) => [textOf(name), name]));
    names = [...fresh].flatMap(([text, name]) => (asked.has(text) ? [] : [name]));
  }
  return [...found.values()];
}

interface Name {
  readonly id: string;
  readonly sourceorg: string;
}

function namesOf({ id, sourceorg, supersedes }: Name & { readonly supersedes?: string }): Name[] {
  return [{ id, sourceorg }, ...(supersedes === undefined ? [] : [{ id: supersedes, sourceorg }])];
}

const textOf = ({ id, sourceorg }: Name): string => JSON.stringify([sourceorg, id]);

/** Who has each of some events, or was told of it by a person. */
export async function receiversOf(
  within: Queries,
  events: readonly Pick<Ancestor, 'identity'>[],
): Promise<Map<string, Received[]>> {
  const rows = await within.query<Received & Row>(
    `select identity, subscription, org from deliveries
     where identity = any($1::text[]) and (delivered is not null or acknowledged is not null or state = 'handled-outside')
     order by subscription`,
    [[...new Set(events.map(({ identity }) => identity))]],
  );
  return Map.groupBy(rows, ({ identity }) => identity);
}

async function record(within: Queries, owed: readonly Owed[]): Promise<void> {
  if (owed.length === 0) return;
  await within.query(
    `insert into corrections (identity, subscription, org, stream, sequence, corrects, owed)
     select identity, subscription, org, stream, sequence, corrects, now()
     from json_populate_recordset(null::corrections, $1::json)
     on conflict (identity, subscription) do nothing`,
    [recordset(owed)],
  );
}

async function moveOn(within: Queries, stretches: ReadonlyMap<string, Stretch>): Promise<void> {
  const rows = [...stretches].map(([stream, { to }]) => ({ stream, sequence: to }));
  await within.query(
    `insert into correctionpositions select * from json_populate_recordset(null::correctionpositions, $1::json)
     on conflict (stream) do update set sequence = excluded.sequence`,
    [recordset(rows)],
  );
}
