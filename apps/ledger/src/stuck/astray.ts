import { isOperations } from '@signalbox/contracts';
import type { Delivery } from '../journeys/delivery.js';
import type { EventReading } from '../journeys/read-event.js';
import type { Viewer } from '../journeys/sight.js';
import { plain, type Queries, recordset, type Row } from '../store/database.js';
import { type Why, whyOf } from './why.js';

/** An event whose recipient does not receive it. */
export interface Astray {
  readonly sourceorg: string;
  readonly targetorg: string;
  readonly recorded: string;
}

const INSERT = `
  insert into astray (identity, sourceorg, targetorg, type, journey, recorded)
  select identity, sourceorg, targetorg, type, journey, recorded from json_populate_recordset(null::astray, $1::json)
  on conflict do nothing`;

/** A delivery that is held back may be that of the event's recipient. */
const INSERT_SUPPRESSED = `
  insert into astray (identity, sourceorg, targetorg, type, journey, recorded)
  select e.identity, e.sourceorg, e.targetorg, e.type, e.journey, e.recorded
  from events e join json_to_recordset($1::json) as d(identity text, org text) on e.identity = d.identity and e.targetorg = d.org
  where e.duplicateof is null
  on conflict do nothing`;

/** Remembers the events of a batch that nobody at their recipient is going to receive, as subscriptions and grants are now. */
export async function rememberAstray(within: Queries, news: readonly EventReading[]): Promise<void> {
  const rows = news
    // What the exchange tells an organisation that does not listen waits for nobody.
    .filter(({ fact }) => !isOperations(fact.type))
    .filter(({ fact, deliveries }) => !deliveries.some(({ org, entitled }) => entitled && org === fact.targetorg))
    .flatMap(({ fact: { targetorg, ...fact } }) => (targetorg === undefined ? [] : { ...fact, targetorg }));
  if (rows.length > 0) await within.query(INSERT, [recordset(rows)]);
}

/** Remembers those that the relay held back for want of a grant. */
export async function rememberSuppressed(within: Queries, deliveries: readonly Delivery[]): Promise<void> {
  const held = deliveries.filter(({ state }) => state === 'suppressed');
  if (held.length > 0) await within.query(INSERT_SUPPRESSED, [recordset(held)]);
}

/** Whether a delivery to its recipient settles the matter: it comes, has come, or was left out by its receiver's own filters. */
export function isClosedFor({ state, entitled, delivered }: Delivery): boolean {
  if (state === 'handled-outside' || state === 'filtered' || delivered !== undefined) return true;
  return entitled && state !== 'suppressed';
}

/** The same for a row of `astray`: what is left of it waits for somebody. */
export const STILL_ASTRAY = `
  not exists (
    select 1 from deliveries d where d.identity = a.identity and d.org = a.targetorg
      and (d.state in ('handled-outside', 'filtered') or d.delivered is not null or (d.entitled and d.state <> 'suppressed'))
  ) and not exists (
    select 1 from steps s where s.identity = a.identity and s.subscription is null and s.kind = 'handled-outside'
  )`;

/** Why a recipient does not receive what is addressed to it: the finer cause. */
export type AstrayCause = 'recipient-unknown' | 'recipient-left' | 'not-subscribed' | 'no-grant';

const WORDS: Readonly<Record<AstrayCause, (recipient: string) => string>> = {
  'recipient-unknown': (recipient) => `${recipient} is not known to this exchange.`,
  'recipient-left': (recipient) => `${recipient} does not take part in the exchange any more.`,
  'not-subscribed': (recipient) => `${recipient} has no subscription that receives this type.`,
  'no-grant': (recipient) => `${recipient} holds no grant for this type.`,
};

/**
 * @param recipient as the registry knows it
 * @param subscribed whether one of its subscriptions asks for it, so that only the grant is missing
 */
export function astrayCause(recipient: { readonly active: boolean } | undefined, subscribed: boolean): AstrayCause {
  if (recipient === undefined) return 'recipient-unknown';
  if (!recipient.active) return 'recipient-left';
  return subscribed ? 'no-grant' : 'not-subscribed';
}

/** Why the recipient does not receive it, in the words of the one table. @param operator ODS code of who runs the exchange */
export function whyAstray({ sourceorg, targetorg, recorded }: Astray, cause: AstrayCause, operator: string): Why {
  const parties = { publisher: sourceorg, receiver: targetorg, operator };
  const reason = cause === 'no-grant' ? 'no-grant' : 'no-recipient';
  return whyOf(reason, parties, { since: recorded, detail: WORDS[cause](targetorg) });
}

const ASTRAY = `
  select a.identity, a.sourceorg, a.targetorg, a.type, a.journey, a.recorded, e.id, e.source,
    exists (select 1 from deliveries d where d.identity = a.identity and d.org = a.targetorg) as subscribed
  from astray a join events e on e.identity = a.identity and e.duplicateof is null
  where ($1::text is null or a.sourceorg = $1 or a.targetorg = $1)
    and ($2::text is null or a.sourceorg = $2) and ($3::text is null or a.targetorg = $3) and ($4::text is null or a.type = $4)
    and (a.recorded, a.identity) > ($5::timestamptz, $6::text)
    and ($8::boolean is null or $8 = exists (select 1 from deliveries d where d.identity = a.identity and d.org = a.targetorg))
    and ${STILL_ASTRAY}
  order by a.recorded, a.identity limit $7`;

/** An event that went astray, with what tells which one it is. */
export interface AstrayEvent extends Astray {
  readonly identity: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly journey: string;
  readonly subscribed: boolean;
}

/** Which of them; those that are not named are all that the viewer may see. */
export interface AstrayQuestion {
  readonly publisher?: string | undefined;
  readonly receiver?: string | undefined;
  readonly type?: string | undefined;
  /** Whether a subscription of the recipient asks for it. */
  readonly subscribed?: boolean | undefined;
  readonly after?: { readonly since: string; readonly identity: string } | undefined;
}

/** The events that still wait for somebody at their recipient, oldest first. */
export async function astrayEvents(
  queries: Queries,
  viewer: Viewer,
  { publisher, receiver, type, subscribed, after }: AstrayQuestion,
  limit: number,
): Promise<AstrayEvent[]> {
  const rows = await queries.query<Row>(ASTRAY, [
    viewer.all ? null : viewer.ods,
    publisher ?? null,
    receiver ?? null,
    type ?? null,
    after?.since ?? '-infinity',
    after?.identity ?? '',
    limit,
    subscribed ?? null,
  ]);
  return rows.map((row) => plain<AstrayEvent>(row));
}

/** Events that went astray for the same organisations, type and cause, with the newest of them. Times are RFC 3339. */
export interface AstrayCell extends Omit<AstrayEvent, 'identity' | 'recorded'> {
  readonly count: number;
  readonly first: string;
  readonly last: string;
}

/** So many are gone through; where there are more, all of them are, so that none hides another. */
const LOOKED = 5_000;

const cells = (bound: string): string => `
  select g.*, e.id, e.source, e.journey from (
    select sourceorg, targetorg, type, subscribed, count(*)::int as count, min(recorded) as first, max(recorded) as last,
      (array_agg(identity order by recorded desc))[1] as identity
    from (
      select a.*, exists (select 1 from deliveries d where d.identity = a.identity and d.org = a.targetorg) as subscribed
      from astray a where ($1::text is null or a.sourceorg = $1 or a.targetorg = $1) and ${STILL_ASTRAY} ${bound}
    ) a group by sourceorg, targetorg, type, subscribed
  ) g join events e on e.identity = g.identity and e.duplicateof is null`;

/** What went astray and still waits, by what it has in common: everything that the viewer may see of it. */
export async function astrayCells(queries: Queries, viewer: Viewer, looked = LOOKED): Promise<AstrayCell[]> {
  const read = async (bound: string) =>
    (await queries.query<Row>(cells(bound), [viewer.all ? null : viewer.ods])).map((row) => plain<AstrayCell>(row));
  const some = await read(`order by a.recorded limit ${String(looked)}`);
  return some.reduce((sum, { count }) => sum + count, 0) < looked ? some : read('');
}
