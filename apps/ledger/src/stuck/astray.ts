import type { Registry } from '@signalbox/registry';
import type { Delivery } from '../journeys/delivery.js';
import type { EventReading } from '../journeys/read-event.js';
import { type Queries, recordset } from '../store/database.js';
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

/**
 * Why the recipient does not receive it.
 *
 * @param subscribed whether one of its subscriptions asks for it, so that only the grant is missing
 */
export function whyAstray(
  { sourceorg, targetorg, recorded }: Astray,
  subscribed: boolean,
  registry: Pick<Registry, 'organisation'>,
  operator: string,
): Why {
  const recipient = registry.organisation(targetorg);
  const parties = { publisher: sourceorg, receiver: targetorg, operator };
  if (recipient === undefined)
    return whyOf('no-recipient', parties, { since: recorded, detail: `${targetorg} is not known to this exchange.` });
  if (!recipient.active)
    return whyOf('no-recipient', parties, { since: recorded, detail: `${targetorg} does not take part any more.` });
  if (subscribed)
    return whyOf('no-grant', parties, { since: recorded, detail: `${targetorg} holds no grant for this type.` });
  return whyOf('no-recipient', parties, {
    since: recorded,
    detail: `${targetorg} has no subscription that receives this type.`,
  });
}
