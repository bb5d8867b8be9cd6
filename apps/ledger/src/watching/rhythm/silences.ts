import { isOperations } from '@signalbox/contracts';
import { type Engine, FAMILIES, streamOf } from '@signalbox/messaging';
import type { Log, Metrics } from '@signalbox/runtime';
import type { Viewer } from '../../journeys/sight.js';
import { counted } from '../../journeys/words.js';
import { type Database, plain, type Row } from '../../store/database.js';
import type { Noticed } from '../alerts/decision.js';
import { Learner, type LearnerParts } from './learner.js';

/** A publisher that has sent nothing of a type for longer than is usual. Times are RFC 3339 in UTC. */
export interface Silence {
  readonly publisher: string;
  readonly type: string;
  /** When its last event was recorded, and from when on its silence is out of the ordinary. */
  readonly last: string;
  readonly silentat: string;
  /** The usual gap at that hour, in milliseconds. */
  readonly usualms: number;
}

/** What silences are judged by. */
export interface SilencesParts extends Omit<LearnerParts, 'metrics'> {
  readonly database: Database;
  readonly engine: Pick<Engine, 'newestKept'>;
  /** Until when declared outages explain that nothing of a type comes; all in milliseconds since 1970. */
  readonly excusedUntil: (publisher: string, type: string, now: number) => number | undefined;
  /** Whether anything of a type may come from a publisher at all. */
  readonly isExpected: (publisher: string, type: string) => boolean;
  /** Whether the exchange takes events at all: else nobody can be blamed for silence. */
  readonly takesEvents: () => Promise<boolean>;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly limit: number;
}

const SILENT = `
  select publisher, type, last, silentat, usualms from pulses
  where silentat < $1 and (silentat, publisher, type) > ($2::timestamptz, $3::text, $4::text)
  order by silentat, publisher, type limit $5`;

/** Of the types that an organisation sends or receives; `flows` tells who received what. */
const SEEN = `
  and (publisher = $6 or exists (
    select 1 from flows f where f.toorg = $6 and f.fromorg = pulses.publisher and f.type = pulses.type
      and f.hour > now() - interval '60 days' and f.events > 0
  ))`;

/** Knows who is silent: learnt from what was recorded, and judged by the time of the streams, not by when it was read. */
export class Silences {
  readonly #learner: Learner;
  readonly #silent;
  #now: Date | undefined;
  #isJudged = true;

  constructor(private readonly parts: SilencesParts) {
    this.#learner = new Learner(parts);
    this.#silent = parts.metrics.gauge(
      'signalbox_publishers_silent',
      'Publishers that are silent beyond what is usual',
    );
  }

  /**
   * Learns what was recorded since, and notes up to when silence can be judged: until now where everything was read, else
   * until the last event that was. What has yet to be read is not missing.
   */
  async round(now: Date): Promise<void> {
    this.#now = undefined;
    let until = now;
    for (const family of FAMILIES) {
      if (isOperations(`org.signalbox.${family}.`)) continue;
      const stream = streamOf(family);
      // Asked before: what is recorded after that is not missing yet. Nor is what the stream has let go.
      const newest = await this.parts.engine.newestKept(stream);
      const { upTo, recorded } = await this.#learner.learn(stream);
      if (upTo >= newest) continue;
      if (recorded === undefined) return;
      if (recorded < until) until = recorded;
    }
    this.#now = until;
  }

  /**
   * Who is silent, of the viewer's own side: it sends, or receives from there. Those that an outage explains, and those of
   * whom nothing may come any more, are not; they take nobody's place among the most that are told.
   */
  async silent(viewer: Viewer, now = this.#now ?? new Date()): Promise<Silence[]> {
    const { database, limit } = this.parts;
    const query = viewer.all ? SILENT : SILENT.replace('order by', `${SEEN} order by`);
    const found: Silence[] = [];
    let after: readonly string[] = ['-infinity', '', ''];
    for (;;) {
      const asked = [now.toISOString(), ...after, limit, ...(viewer.all ? [] : [viewer.ods])];
      const rows = (await database.query<Row>(query, asked)).map((row) => plain<Silence>(row));
      found.push(...rows.filter((one) => this.#isAlarming(one, now.getTime())));
      const last = rows.at(-1);
      if (last === undefined || rows.length < limit || found.length >= limit) return found.slice(0, limit);
      after = [last.silentat, last.publisher, last.type];
    }
  }

  /** After an outage, silence counts from its end. */
  #isAlarming({ publisher, type, last, usualms }: Silence, now: number): boolean {
    const { excusedUntil, isExpected, terms } = this.parts;
    if (!isExpected(publisher, type)) return false;
    const until = excusedUntil(publisher, type, now);
    if (until === undefined || until <= Date.parse(last)) return true;
    return now - until > Math.max(terms.leastMs, terms.factor * usualms);
  }

  /** As conditions; `undefined` while it cannot be judged, because the ledger or the exchange is not abreast. */
  async judged(): Promise<Noticed[] | undefined> {
    if (this.#now === undefined) return undefined;
    const silent = await this.silent({ all: true }, this.#now);
    const isJudged = silent.length === 0 || (await this.parts.takesEvents());
    if (this.#isJudged && !isJudged)
      this.parts.log.warn(
        { count: silent.length },
        'silence is not judged: the gateway does not say that it takes events',
      );
    this.#isJudged = isJudged;
    if (!isJudged) return undefined;
    this.#silent.set(new Set(silent.map(({ publisher }) => publisher)).size);
    return silent.map(({ publisher, type, last, usualms }) => ({
      kind: 'publisher-silent',
      key: `${publisher} ${type}`,
      org: publisher,
      about: { type },
      detail: `The last event of this type came at ${last}. At this hour the usual gap is up to ${inWords(usualms)}.`,
    }));
  }
}

/** In the largest unit of which there are at least two. */
export function inWords(ms: number): string {
  const units: readonly (readonly [ms: number, name: string])[] = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
  ];
  const [size, name] = units.find(([unit]) => ms >= 2 * unit) ?? [1_000, 'second'];
  return counted(Math.max(1, Math.round(ms / size)), name);
}
