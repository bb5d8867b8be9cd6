import { clockMs, timesOf } from '@signalbox/contracts';
import { plain, type Queries, recordset, type Row } from '../../store/database.js';
import type { ClockEvent, Rules } from './turns.js';

/** A correction that was put up for a subscription that did not ask for it, with when that was. */
interface PutUp {
  readonly identity: string;
  readonly subscription: string;
  readonly org: string;
  readonly type: string;
  readonly urgency?: string;
  /** RFC 3339. */
  readonly from: string;
}

const PUT_UP = `
  select d.identity, d.subscription, d.org, e.type, e.urgency, q.time as "from"
  from (
    select identity, subscription from steps
    where sequence > $1 and sequence <= $2 and kind = 'retried' and corrects is not null
    union
    select identity, subscription from deliveries where identity = any($3::text[]) and corrects is not null
  ) n
  join deliveries d on d.identity = n.identity and d.subscription = n.subscription
    and d.due is null and d.delivered is null and d.corrects is not null
  join events e on e.identity = d.identity and e.duplicateof is null
  join lateral (
    select min(s.time) as time from steps s
    where s.identity = d.identity and s.subscription = d.subscription and s.kind = 'retried' and s.corrects is not null
  ) q on q.time is not null`;

/**
 * Says by when corrections have to be delivered that nobody foresaw: to who has what they replace, and asks for something
 * else. Their time runs from when they were put up. Step and event may be read in either order.
 *
 * @param events that are looked at now
 * @param steps of which stretch of their stream
 */
export async function setCorrectionsDue(
  within: Queries,
  rules: Rules,
  events: readonly ClockEvent[],
  steps: { readonly from: number; readonly to: number } | undefined,
): Promise<void> {
  const replacing = events.flatMap(({ identity, supersedes }) => (supersedes === undefined ? [] : [identity]));
  if (replacing.length === 0 && steps === undefined) return;
  const rows = await within.query<Row>(PUT_UP, [steps?.from ?? 0, steps?.to ?? 0, replacing]);
  if (rows.length === 0) return;
  const due = rows.map((row) => {
    const { identity, subscription, org, type, urgency, from } = plain<PutUp>(row);
    const times = timesOf(rules.typeOf(type), 'delivery')!;
    const ms = clockMs(times, urgency, rules.ownTimes(org, type, 'delivery'));
    return { identity, subscription, due: new Date(Date.parse(from) + ms).toISOString() };
  });
  await within.query(
    `update deliveries d set due = k.due
     from json_to_recordset($1::json) as k(identity text, subscription text, due timestamptz)
     where d.identity = k.identity and d.subscription = k.subscription and d.due is null`,
    [recordset(due)],
  );
}
