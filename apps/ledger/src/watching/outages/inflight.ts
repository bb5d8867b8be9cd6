import { URGENCIES } from '@signalbox/contracts';

import type { Viewer } from '../../journeys/sight.js';
import { plain, type Queries, type Row } from '../../store/database.js';

/** Something that is on its way while an organisation is out. Times are RFC 3339 in UTC; nothing of a patient. */
export interface InFlight {
  /** `sent`: it has sent it, and it has not arrived or been acknowledged. `awaited`: it was asked for it. */
  readonly kind: 'sent' | 'awaited';
  readonly journey: string;
  /** Id and source of the event that is on its way, or that asks for an answer. */
  readonly event: string;
  readonly source: string;
  readonly type: string;
  readonly urgency: string;
  /** The other organisation: who is to receive it, or who waits for it. */
  readonly org: string;
  readonly since: string;
  readonly due?: string;
  /** How the delivery stands, or which answer is awaited. */
  readonly standing: string;
}

const MOST_URGENT = `array_position(array[${URGENCIES.map((urgency) => `'${urgency}'`).join(', ')}], coalesce(e.urgency, 'routine')) desc nulls last`;

const SENT = `
  select 'sent' as kind, d.journey, e.id as event, e.source, e.type, coalesce(e.urgency, 'routine') as urgency, d.org,
    coalesce(d.accepted, d.since) as since, d.due, d.state as standing
  from deliveries d join events e on e.identity = d.identity and e.duplicateof is null
  where d.publisher = $1 and d.entitled and d.acknowledged is null
    and (d.state in ('waiting', 'delivering', 'paused', 'parked', 'expired')
      or (d.state = 'delivered' and lower(d.channel) in ('pull', 'nats')))
    and d.eventtype = any($2::text[]) and ($3::text is null or d.org = $3)
  order by ${MOST_URGENT}, coalesce(d.accepted, d.since) limit $4`;

const AWAITED = `
  select 'awaited' as kind, c.journey, e.id as event, e.source, e.type, coalesce(e.urgency, 'routine') as urgency,
    coalesce(c.other, e.sourceorg) as org, c.started as since, c.due, c.clock as standing
  from clocks c join events e on e.identity = c.identity and e.duplicateof is null
  where c.owner = $1 and c.closed is null and c.clock <> 'acknowledgement'
    and ($2::text is null or c.other = $2 or e.sourceorg = $2)
  order by ${MOST_URGENT}, c.due limit $3`;

/**
 * What an organisation has sent and has not arrived, and what others wait for from it: the urgent first, then the oldest.
 *
 * @param types that stay away; what is awaited is told whatever they are, since nobody knows what would have come
 */
export async function inFlight(
  queries: Queries,
  viewer: Viewer,
  outage: { readonly ods: string; readonly types: readonly string[] },
  limit: number,
): Promise<InFlight[]> {
  const side = viewer.all || viewer.ods === outage.ods ? null : viewer.ods;
  const [sent, awaited] = await Promise.all([
    queries.query<Row>(SENT, [outage.ods, outage.types, side, limit]),
    queries.query<Row>(AWAITED, [outage.ods, side, limit]),
  ]);
  return [...sent, ...awaited].map((row) => plain<InFlight>(row));
}
