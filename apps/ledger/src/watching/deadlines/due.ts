import { CLOCKS } from '@signalbox/contracts';
import { derivedRecordId, type Step } from '@signalbox/messaging';
import { plain, type Queries, type Row } from '../../store/database.js';
import type { DueMember } from './due-shelf.js';
import type { Clock } from './turns.js';

/** Deliveries that can still miss their deadline. */
const OPEN_DELIVERY = `due is not null and entitled and delivered is null and state in ('waiting', 'delivering', 'paused')`;
/** Clocks that ran out, or will, without having been stopped before, and of which nobody has said so. */
const OPEN_CLOCK = 'missed is null and (closed is null or closed > due)';

/** What is due by a moment, the first of it. */
export async function nextDue(queries: Queries, until: Date, limit: number): Promise<DueMember[]> {
  const rows = await queries.query<{ member: string; due: Date }>(
    `select * from (
       (select clock || ' ' || identity || ' ' || owner || ' ' || subscription as member, due from clocks
        where ${OPEN_CLOCK} and due <= $1 order by due limit $2)
       union all
       (select 'delivery ' || identity || ' ' || subscription as member, due from deliveries
        where ${OPEN_DELIVERY} and due <= $1 order by due limit $2)
     ) t order by due limit $2`,
    [until.toISOString(), limit],
  );
  return rows.map(({ member, due }) => ({ member, at: due.getTime() }));
}

/** A clock that ran out, with its event. */
export interface MissedClock extends Clock {
  readonly stream: string;
  readonly sequence: number;
  readonly source: string;
  readonly id: string;
  readonly closed?: string;
}

/** Clocks that had run out by then, the longest first. */
export async function missedClocks(queries: Queries, until: Date, limit: number): Promise<MissedClock[]> {
  const rows = await queries.query<Row>(
    `select c.*, e.stream, e.sequence, e.source, e.id from (
       select * from clocks where ${OPEN_CLOCK} and due <= $1 order by due limit $2
     ) c join events e on e.identity = c.identity and e.duplicateof is null order by c.due`,
    [until.toISOString(), limit],
  );
  return rows.map((row) => plain<MissedClock>(row));
}

/** The step that says that a clock ran out. However often it is found, the step is the same one. */
export function overdueStep(missed: MissedClock, now: Date): Step {
  const { identity, clock, owner, subscription, started, source, id, type, journey, sourceorg, stream, sequence } =
    missed;
  const { late } = CLOCKS[clock];
  return {
    id: derivedRecordId(['overdue', identity, clock, owner, subscription, started]),
    kind: 'overdue',
    time: now.toISOString(),
    ...{ source, eventid: id, type, journey, sourceorg, org: owner },
    ...(subscription !== '' && { subscription }),
    reason: clock,
    detail: missed.closed === undefined ? late : `${late} What was awaited came afterwards.`,
    stream,
    sequence,
  };
}
