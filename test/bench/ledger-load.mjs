/**
 * Fills a ledger's database with journeys of the past, in SQL: what years of use would leave behind. All of it is synthetic.
 *
 * Each journey is a referral and the answer to it, so two events, each delivered to one subscription after four attempts that
 * failed. Of every 200 journeys one each is not delivered in one of seven ways, see {@link OPEN}; one waits for its answer,
 * one has waited too long, and one was refused at the door before.
 *
 * The tables are filled without their indexes, which are made afterwards: sorted at once they cost a third of what they cost row by row.
 * The triggers stay: flows and standings are summed by them, statement by statement.
 */
const EVENTS_A_JOURNEY = 2;
const STEPS_AN_EVENT = 5;
export const STEPS_A_JOURNEY = EVENTS_A_JOURNEY * STEPS_AN_EVENT;

/** Journeys written by one statement. */
const AT_ONCE = 20_000;
/** Who refers, and to whom. */
export const PUBLISHER = 'X9G1P';
export const RECEIVERS = ['X9H2T', 'X9R2A', 'X9R3B', 'X9R4C', 'X9R5D'];

/** Everything that is written per journey; the indexes of these are made at the end. */
const TABLES = ['events', 'identifiers', 'steps', 'deliveries', 'sightings', 'clocks', 'intervals', 'refusals'];

/** How the referral stands whose number leaves a rest by 200: its delivery, its last step, and how often it was tried. */
const OPEN = `(values
  (0, 'waiting', null, null, 'webhook', 0, false),
  (1, 'waiting', 'endpoint-error', 'attempt', 'webhook', 5, false),
  (2, 'parked', 'receiver-refused', 'parked', 'webhook', 5, false),
  (3, 'parked', 'endpoint-timeout', 'parked', 'webhook', 5, false),
  (4, 'expired', 'deadline-missed', 'expired', 'webhook', 5, false),
  (5, 'paused', null, 'attempt', 'webhook', 4, false),
  (6, 'delivered', null, 'delivered', 'pull', 5, true)
) as o(rest, state, reason, kind, channel, tried, arrived)`;
const ENDS = `coalesce(o.state, 'delivered')`;
const ARRIVED = 'coalesce(o.arrived, true)';
const AS_IT_STANDS = `left join ${OPEN} on e = 1 and o.rest = n % 200`;
const [AWAITED, OVERDUE, REFUSED] = [7, 8, 9];

const JOURNEY = `'00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0')`;
/** Spread over the last year, so that "newest first" and ages mean something. */
const RECORDED = `$4::timestamptz - interval '1 year' * (1 - n::float8 / $3::bigint) + interval '1 second' * e`;
const DELIVERED = `${RECORDED} + interval '1 minute' * ${STEPS_AN_EVENT}`;
const REFERRED_TO = `(array[${RECEIVERS.map((ods) => `'${ods}'`).join(', ')}])[1 + (n + n / 200) % ${RECEIVERS.length}]`;
const FROM = `case e when 1 then '${PUBLISHER}' else ${REFERRED_TO} end`;
const TO = `case e when 1 then ${REFERRED_TO} else '${PUBLISHER}' end`;
const SOURCE = `'urn:ods:' || ${FROM} || ':referrals'`;
const SUBSCRIPTION = `'loaded-' || ${TO}`;
const ID = `'loaded-' || n || '-' || e`;
/** As {@link eventIdentity} makes it. */
const IDENTITY = `encode(sha256(('[' || to_json(${SOURCE}) || ',' || to_json(${ID}) || ']')::bytea), 'hex')`;
const TYPE = `case e when 1 then 'org.signalbox.referral.requested.v1' else 'org.signalbox.referral.responded.v1' end`;
const EACH = 'from generate_series($1::bigint, $2::bigint) as n';
const EACH_EVENT = `${EACH} cross join generate_series(1, ${EVENTS_A_JOURNEY}) as e`;
const FIRST_EVENT = `${EACH} cross join generate_series(1, 1) as e`;

/** Their places are none that the engine's streams have, so that the ledger looks for none of them there. */
const EVENTS = `
  insert into events (stream, sequence, identity, source, id, type, family, journey, sourceorg, targetorg, urgency, sent,
    recorded, contenttype, size, digest, findings)
  select 'LOADED', n * ${EVENTS_A_JOURNEY} + e, ${IDENTITY}, ${SOURCE}, ${ID}, ${TYPE}, 'referral', ${JOURNEY},
    ${FROM}, ${TO}, 'routine', ${RECORDED}, ${RECORDED}, 'application/fhir+json', 7500, ${IDENTITY}, '[]'
  ${EACH_EVENT}`;

/** What the steps of an event have in common is made once: hashing five times over would take as long as all the rest. */
const STEPS = `
  insert into steps (id, sequence, kind, time, identity, source, eventid, type, journey, sourceorg, org, subscription,
    attempt, state, reason, status, latencyms, channel)
  select i.id || '-' || s, -((n * ${EVENTS_A_JOURNEY} + e) * ${STEPS_AN_EVENT} + s),
    case when s < ${STEPS_AN_EVENT} then 'attempt' else coalesce(i.kind, 'delivered') end,
    i.recorded + interval '1 minute' * s, i.identity, i.source, i.id, i.type, i.journey, i.sender, i.receiver,
    i.subscription, s, case when s < ${STEPS_AN_EVENT} then 'waiting' else i.state end,
    case when s < ${STEPS_AN_EVENT} then 'endpoint-error' else i.reason end,
    case when s = ${STEPS_AN_EVENT} and i.arrived then 204 else 500 end, 12.5, i.channel
  from (
    select n, e, ${ID} as id, ${IDENTITY} as identity, ${SOURCE} as source, ${TYPE} as type, ${JOURNEY} as journey,
      ${FROM} as sender, ${TO} as receiver, ${SUBSCRIPTION} as subscription, ${RECORDED} as recorded, o.kind, o.reason,
      ${ENDS} as state, ${ARRIVED} as arrived, coalesce(o.channel, 'webhook') as channel,
      coalesce(o.tried, ${STEPS_AN_EVENT}) as tried
    ${EACH_EVENT} ${AS_IT_STANDS} offset 0
  ) i cross join generate_series(1, ${STEPS_AN_EVENT}) as s where s <= i.tried`;

const DELIVERIES = `
  insert into deliveries (identity, subscription, journey, org, state, since, entitled, attempts, firstattempt, lastattempt,
    delivered, reason, status, latencyms, channel, step, publisher, eventtype, accepted, stops)
  select ${IDENTITY}, ${SUBSCRIPTION}, ${JOURNEY}, ${TO}, ${ENDS}, ${DELIVERED}, true,
    coalesce(o.tried, ${STEPS_AN_EVENT}), ${RECORDED} + interval '1 minute', ${DELIVERED},
    case when ${ARRIVED} then ${DELIVERED} end, o.reason, case when ${ARRIVED} then 204 else 500 end, 12.5,
    coalesce(o.channel, 'webhook'), 0, ${FROM}, ${TYPE}, ${RECORDED}, case when o.state in ('parked', 'expired') then 1 end
  ${EACH_EVENT} ${AS_IT_STANDS}`;

/** Hashes that stand for identifiers which nobody looks for; those of the journeys that are looked for come on top. */
const IDENTIFIERS = `
  insert into identifiers (pseudonym, valuepseudonym, stream, sequence)
  select encode(sha256(('pseudonym' || n || '-' || e)::bytea), 'hex'), encode(sha256(('value' || n || '-' || e)::bytea), 'hex'),
    'LOADED', n * ${EVENTS_A_JOURNEY} + e
  ${EACH_EVENT}`;

const SIGHTINGS = `
  insert into sightings (org, journey, started, updated)
  select org, ${JOURNEY}, ${RECORDED}, ${DELIVERED}
  ${FIRST_EVENT} cross join unnest(array['*', '${PUBLISHER}', ${REFERRED_TO}]) as org`;

/** Nearly all were stopped in time. Those that run do so for days yet: a watch that finds them has nothing to say. */
const CLOCKS = `
  insert into clocks (identity, clock, owner, subscription, other, journey, type, sourceorg, started, due, closed, ended, missed)
  select ${IDENTITY}, 'referral-to-response', ${TO}, '', ${FROM}, ${JOURNEY}, ${TYPE}, ${FROM}, ${RECORDED},
    case n % 200 when ${AWAITED} then $4::timestamptz + interval '1 day' + interval '1 minute' * (n % 20000)
      else ${RECORDED} + interval '2 days' end,
    case when n % 200 not in (${AWAITED}, ${OVERDUE}) then ${RECORDED} + interval '1 second' end,
    case when n % 200 not in (${AWAITED}, ${OVERDUE}) then 'answered' end,
    case when n % 200 = ${OVERDUE} then ${RECORDED} + interval '2 days' end
  ${FIRST_EVENT}`;

const INTERVALS = `
  insert into intervals (journey, part, identity, waits, acts, ended, ms)
  select ${JOURNEY}, 'referral-to-response', ${IDENTITY}, ${TO}, ${FROM}, ${RECORDED}, 1000 + n % 86400000
  ${EACH} cross join generate_series(2, 2) as e`;

const REFUSALS = `
  insert into refusals (sequence, time, org, application, code, type, source, eventid, identity, findings)
  select -n, ${RECORDED}, ${FROM}, 'referrals', 'SB-4221', ${TYPE}, ${SOURCE}, 'refused-' || n,
    encode(sha256(('refused-' || n)::bytea), 'hex'), '[]'
  ${FIRST_EVENT} where n % 200 = ${REFUSED}`;

/** Scorecards of the last year, as far as they follow from the events. */
const SCORES = `
  insert into scores (org, grain, started, type, application, product, version, measure, count)
  select sourceorg, 'day', date_trunc('day', recorded, 'UTC'), type, 'referrals', '', '', measure, count(*)
  from events cross join unnest(array['accepted', 'clean', 'to-accept:0']) as measure
  where recorded >= $1::timestamptz - interval '31 days' group by 1, 3, 4, 8`;

/**
 * @param {{ query: (text: string, parameters?: readonly unknown[]) => Promise<any[]> }} database with the schema of today
 * @param {number} journeys
 * @param {(line: string) => void} [say] what was done, and how long it took
 */
export async function loadJourneys(database, journeys, say = () => undefined) {
  const now = new Date().toISOString();
  const timed = async (what, work) => {
    const began = performance.now();
    await work();
    say(`${what}: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  };
  const fill = async (text) => {
    const places = text.includes('$4') ? 4 : 2;
    for (let from = 1; from <= journeys; from += AT_ONCE) {
      await database.query(text, [from, Math.min(journeys, from + AT_ONCE - 1), journeys, now].slice(0, places));
    }
  };
  const indexes = await takeIndexes(database);
  // Events first: a trigger looks for deliveries that came before their events, and should find an empty table.
  await timed('events', () => fill(EVENTS));
  await timed('steps, deliveries and the rest', () =>
    Promise.all([
      fill(STEPS),
      (async () => {
        for (const text of [DELIVERIES, IDENTIFIERS, SIGHTINGS, CLOCKS, INTERVALS, REFUSALS]) await fill(text);
        await database.query(SCORES, [now]);
      })(),
    ]),
  );
  await timed('indexes', async () => {
    for (const text of indexes) await database.query(text);
  });
  // What the server would have done by itself over the year.
  await timed('vacuum and statistics', () => database.query('vacuum analyze'));
}

/** Drops the indexes of the tables. @returns the statements that make them again */
async function takeIndexes(database) {
  const rows = await database.query(
    `select c.relname as table, i.relname as index, n.conname as name, pg_get_constraintdef(n.oid) as constraint,
       pg_get_indexdef(i.oid) as text
     from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
     left join pg_constraint n on n.conindid = i.oid and n.conrelid = c.oid
     where c.relname = any($1::text[]) and c.relnamespace = current_schema()::regnamespace order by 1, 2`,
    [TABLES],
  );
  for (const { table, index, name } of rows) {
    await database.query(name === null ? `drop index ${index}` : `alter table ${table} drop constraint ${name}`);
  }
  return rows.map(({ table, name, constraint, text }) =>
    name === null ? text : `alter table ${table} add constraint ${name} ${constraint}`,
  );
}

/** Steps on record, counted. */
export async function countSteps(database) {
  const [row] = await database.query('select count(*)::int as count from steps');
  return row.count;
}

/** Id of the nth loaded journey. */
export function journeyId(n) {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

/**
 * Gives loaded journeys a business identifier that can be looked for.
 * @param {Parameters<typeof loadJourneys>[0]} database
 * @param {{ n: number, pseudonym: string, valuepseudonym: string }[]} found
 */
export async function loadIdentifiers(database, found) {
  const text = `
    insert into identifiers (pseudonym, valuepseudonym, stream, sequence)
    select pseudonym, valuepseudonym, 'LOADED', n * ${EVENTS_A_JOURNEY} + 1
    from json_to_recordset($1::json) as x(n bigint, pseudonym text, valuepseudonym text)`;
  await database.query(text, [JSON.stringify(found)]);
}

/**
 * Steps that the ledger has not read yet, about events that it knows, for a subscription that it does not: of each event an
 * attempt that failed, and later the delivery. So every second one adds a delivery to what is open, and every other takes
 * one out.
 * @param {number} count
 * @param {number} journeys
 * @param {string} run keeps the ids of one run apart from those of another
 */
export function freshSteps(count, journeys, run) {
  const half = Math.min(AHEAD, Math.ceil(count / 2));
  return Array.from({ length: count }, (_, at) => {
    const [block, within] = [Math.floor(at / (2 * half)), at % (2 * half)];
    const arrives = within >= half;
    const n = 1 + (((block * half + (within % half)) * 7_919) % journeys);
    const org = RECEIVERS[(n + Math.floor(n / 200)) % RECEIVERS.length];
    return {
      id: `${run}-${at}`,
      kind: arrives ? 'delivered' : 'attempt',
      time: new Date().toISOString(),
      source: `urn:ods:${PUBLISHER}:referrals`,
      eventid: `loaded-${n}-1`,
      type: 'org.signalbox.referral.requested.v1',
      journey: journeyId(n),
      sourceorg: PUBLISHER,
      org,
      subscription: `${run}-${org}`,
      channel: 'webhook',
      state: arrives ? 'delivered' : 'waiting',
      ...(!arrives && { reason: 'endpoint-error' }),
      attempt: arrives ? 2 : 1,
      status: arrives ? 204 : 500,
      latencyms: 12.5,
    };
  });
}

/** Attempts that fail before the first of their deliveries follows. */
const AHEAD = 2_000;
