import type { RefusalFact } from '../journeys/facts.js';
import type { Viewer } from '../journeys/sight.js';
import { plain, type Queries, type Row } from '../store/database.js';

/** A refused event as its publisher and the operator see it listed. */
export interface RefusedLine extends Omit<RefusalFact, 'identity' | 'findings' | 'product' | 'version'> {
  /** Of the first finding: which rule, and where in the event. */
  readonly rule?: string;
  readonly path?: string;
  /** How many there are. */
  readonly findings: number;
}

/** Which refused events somebody wants to see. */
export interface RefusedQuestion {
  readonly org?: string | undefined;
  readonly type?: string | undefined;
  /** RFC 3339: only those from then on. */
  readonly since: string;
  readonly after?: readonly string[] | undefined;
  readonly limit: number;
}

/** Refused events of the viewer's own, newest first. */
export async function refusedLines(
  queries: Queries,
  viewer: Viewer,
  question: RefusedQuestion,
): Promise<RefusedLine[]> {
  const { org, type, since, after, limit } = question;
  const [at, sequence] = after ?? [null, '0'];
  const rows = await queries.query<Row>(
    `select time, org, application, code, type, source, eventid, sequence,
       findings->0->>'rule' as rule, findings->0->>'path' as path,
       case jsonb_typeof(findings) when 'array' then jsonb_array_length(findings) else 0 end as findings
     from refusals
     where time >= $1::timestamptz and ($2::text is null or org = $2) and ($3::text is null or org = $3)
       and ($4::text is null or type = $4)
       and ($5::timestamptz is null or (time, sequence) < ($5::timestamptz, $6::bigint))
     order by time desc, sequence desc limit $7`,
    [since, viewer.all ? null : viewer.ods, org ?? null, type ?? null, at, sequence, limit],
  );
  return rows.map((row) => plain<RefusedLine>(row));
}
