import type { Viewer } from '../journeys/sight.js';
import { type Told, told } from '../organisations/small-numbers.js';
import type { Database } from '../store/database.js';

/** An organisation that was seen to use a type, and how much. */
export interface UseLine {
  readonly ods: string;
  readonly name: string;
  readonly events: Told;
  /** When it was seen last, to the hour. */
  readonly last: string;
}

/** Who publishes a type and who receives it, by what was observed. */
export interface ObservedUse {
  readonly type: string;
  readonly days: number;
  /** Whether it is the whole of it, or only the viewer's own side. */
  readonly whole: boolean;
  readonly publishers: readonly UseLine[];
  readonly subscribers: readonly UseLine[];
}

/** How far back use is looked at. */
export const OBSERVED_DAYS = 30;

interface UseRow {
  readonly org: string;
  readonly events: number;
  readonly last: Date;
}

/** What was observed of a type in the last 30 days, as far as the viewer may know: its own traffic, and the other end of it. */
export async function observedUse(
  database: Database,
  viewer: Viewer,
  type: string,
  { nameOf, smallest }: { readonly nameOf: (ods: string) => string | undefined; readonly smallest: number },
  now = new Date(),
): Promise<ObservedUse> {
  const since = new Date(now.getTime() - OBSERVED_DAYS * 86_400_000).toISOString();
  const side = viewer.all ? '' : 'and (fromorg = $3 or toorg = $3)';
  const parameters = viewer.all ? [type, since] : [type, since, viewer.ods];
  const sums = (org: 'fromorg' | 'toorg', rows: string) =>
    database.query<UseRow>(
      `select ${org} as org, sum(events)::bigint as events, max(hour) as last from flows
        where type = $1 and hour >= $2 and events > 0 ${side} and ${rows} group by ${org} order by ${org} limit ${String(MOST)}`,
      parameters,
    );
  // The door counts each event once; another organisation's door is not the viewer's to see, what came from it is.
  const own = viewer.all ? `toorg = ''` : `((fromorg = $3 and toorg = '') or (fromorg <> $3 and toorg = $3))`;
  const [publishers, subscribers] = await Promise.all([sums('fromorg', own), sums('toorg', `toorg <> ''`)]);
  const lines = (rows: readonly UseRow[]): UseLine[] =>
    rows.map(({ org, events, last }) => ({
      ods: org,
      name: nameOf(org) ?? '',
      events: told(events, smallest),
      last: new Date(last).toISOString(),
    }));
  return {
    type,
    days: OBSERVED_DAYS,
    whole: viewer.all,
    publishers: lines(publishers),
    subscribers: lines(subscribers),
  };
}

/** Organisations that one answer lists at most. */
const MOST = 500;
