/**
 * Fills a ledger's database with journeys of the past, in SQL: what years of use would leave behind. Two events a journey,
 * each delivered to one subscription after four attempts: ten steps. All of it is synthetic.
 */

const EVENTS_A_JOURNEY = 2;
const STEPS_AN_EVENT = 5;
export const STEPS_A_JOURNEY = EVENTS_A_JOURNEY * STEPS_AN_EVENT;

/** Journeys written by one statement. */
const AT_ONCE = 20_000;
/** Whose journeys they are. */
export const PUBLISHER = 'X9G1P';
export const RECEIVER = 'X9H2T';
const SUBSCRIPTION = 'loaded';

const JOURNEY = `'00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0')`;
/** Spread over the last year, so that "newest first" and ages mean something. */
const RECORDED = `now() - interval '1 year' * (1 - n::float8 / $3) + interval '1 second' * e`;
const SOURCE = `'urn:ods:${PUBLISHER}:referrals'`;
const ID = `'loaded-' || n || '-' || e`;
const IDENTITY = `encode(sha256((${ID})::bytea), 'hex')`;
const TYPE = `case e when 1 then 'org.signalbox.referral.requested.v1' else 'org.signalbox.referral.responded.v1' end`;
const EACH_EVENT = `from generate_series($1::bigint, $2::bigint) as n, generate_series(1, ${EVENTS_A_JOURNEY}) as e`;

/** Their places are none that the engine's streams have, so that the ledger looks for none of them there. */
const EVENTS = `
  insert into events (stream, sequence, identity, source, id, type, family, journey, sourceorg, targetorg, urgency, sent,
    recorded, contenttype, size, digest, findings)
  select 'LOADED', n * ${EVENTS_A_JOURNEY} + e, ${IDENTITY}, ${SOURCE}, ${ID}, ${TYPE}, 'referral', ${JOURNEY},
    '${PUBLISHER}', '${RECEIVER}', 'routine', ${RECORDED}, ${RECORDED}, 'application/fhir+json', 7500, ${IDENTITY}, '[]'
  ${EACH_EVENT}`;

const STEPS = `
  insert into steps (id, sequence, kind, time, identity, source, eventid, type, journey, sourceorg, org, subscription,
    attempt, state, reason, status, latencyms, channel)
  select 'loaded-' || n || '-' || e || '-' || s, -((n * ${EVENTS_A_JOURNEY} + e) * ${STEPS_AN_EVENT} + s),
    case s when ${STEPS_AN_EVENT} then 'delivered' else 'attempt' end, ${RECORDED} + interval '1 minute' * s, ${IDENTITY},
    ${SOURCE}, ${ID}, ${TYPE}, ${JOURNEY}, '${PUBLISHER}', '${RECEIVER}', '${SUBSCRIPTION}', s,
    case s when ${STEPS_AN_EVENT} then 'delivered' else 'waiting' end,
    case s when ${STEPS_AN_EVENT} then null else 'endpoint-error' end, case s when ${STEPS_AN_EVENT} then 204 else 500 end,
    12.5, 'webhook'
  ${EACH_EVENT}, generate_series(1, ${STEPS_AN_EVENT}) as s`;

const DELIVERIES = `
  insert into deliveries (identity, subscription, journey, org, state, since, entitled, attempts, firstattempt, lastattempt,
    delivered, status, latencyms, channel, step, publisher, eventtype, accepted)
  select ${IDENTITY}, '${SUBSCRIPTION}', ${JOURNEY}, '${RECEIVER}', 'delivered', ${RECORDED}, true, ${STEPS_AN_EVENT},
    ${RECORDED}, ${RECORDED}, ${RECORDED}, 204, 12.5, 'webhook', 1, '${PUBLISHER}', ${TYPE}, ${RECORDED}
  ${EACH_EVENT}`;

/** Hashes that stand for identifiers which nobody looks for; those of the journeys that are looked for come on top. */
const IDENTIFIERS = `
  insert into identifiers (pseudonym, valuepseudonym, stream, sequence)
  select encode(sha256(('pseudonym' || n || $3::text || e)::bytea), 'hex'), encode(sha256(('value' || n || e)::bytea), 'hex'),
    'LOADED', n * ${EVENTS_A_JOURNEY} + e
  ${EACH_EVENT}`;

const SIGHTINGS = `
  insert into sightings (org, journey, started, updated)
  select org, ${JOURNEY}, ${RECORDED}, ${RECORDED}
  from generate_series($1::bigint, $2::bigint) as n, generate_series(1, 1) as e,
    unnest(array['*', '${PUBLISHER}', '${RECEIVER}']) as org`;

/**
 * @param {{ query: (text: string, parameters?: readonly unknown[]) => Promise<unknown[]> }} database with the schema of today
 * @param {number} journeys
 */
export async function loadJourneys(database, journeys) {
  for (let from = 1; from <= journeys; from += AT_ONCE) {
    const part = [from, Math.min(journeys, from + AT_ONCE - 1), journeys];
    for (const text of [EVENTS, STEPS, DELIVERIES, IDENTIFIERS, SIGHTINGS]) await database.query(text, part);
  }
  await database.query('analyze');
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
 * Steps that the ledger has not read yet, about deliveries that it knows.
 * @param {number} count
 * @param {number} journeys
 * @param {string} run keeps the ids of one run apart from those of another
 */
export function freshSteps(count, journeys, run) {
  return Array.from({ length: count }, (_, at) => {
    const n = 1 + ((at * 7_919) % journeys);
    return {
      id: `${run}-${at}`,
      kind: 'attempt',
      time: new Date().toISOString(),
      source: `urn:ods:${PUBLISHER}:referrals`,
      eventid: `loaded-${n}-1`,
      type: 'org.signalbox.referral.requested.v1',
      journey: journeyId(n),
      sourceorg: PUBLISHER,
      org: RECEIVER,
      subscription: SUBSCRIPTION,
      channel: 'webhook',
      state: 'waiting',
      reason: 'endpoint-error',
      attempt: 6,
      status: 500,
      latencyms: 12.5,
    };
  });
}
