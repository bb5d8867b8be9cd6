import { type Database, plain, type Queries, recordset, type Row } from '../../store/database.js';
import { filled, type HourOf, learnt, type RhythmTerms, silentFrom, type Slot } from './rhythm.js';

/** What learning stands on. */
export interface LearnerParts {
  readonly database: Database;
  readonly hourOf: HourOf;
  readonly terms: RhythmTerms;
  readonly halfLifeMs: number;
  /** Events that are learnt from in one transaction. */
  readonly batch: number;
  /** Whether an outage of a publisher that covers a type was declared for a part of a stretch of time. */
  readonly wasOut: (publisher: string, type: string, fromMs: number, toMs: number) => boolean;
}

/** One publisher and type as it is learnt. */
interface Pulse {
  readonly publisher: string;
  readonly type: string;
  last: number;
  gaps: number;
  readonly slots: Map<number, Slot>;
  readonly touched: Set<number>;
}

interface Recorded {
  readonly sequence: number;
  readonly publisher: string;
  readonly type: string;
  readonly recorded: Date;
  readonly counts: boolean;
}

/** Pairs that are held in memory. */
const HELD = 5_000;
/** Batches of one stream in one round, so that a round ends. */
const BATCHES = 20;

const NEW = `
  select sequence, sourceorg as publisher, type, recorded, duplicateof is null as counts from events
  where stream = $1 and sequence > $2 order by sequence limit $3`;
const KEYS = 'json_to_recordset($1::json) as k(publisher text, type text)';

/** Learns the rhythm of each publisher and type from what was recorded, in the order of the streams, once. */
export class Learner {
  readonly #held = new Map<string, Pulse>();

  constructor(private readonly parts: LearnerParts) {}

  /** Learns what the ledger has read of a stream since. @returns up to where it has, and when the last of it was recorded */
  async learn(stream: string): Promise<{ readonly upTo: number; readonly recorded?: Date }> {
    const { database } = this.parts;
    const [place] = await database.query<{ sequence: number; recorded: Date | null }>(
      'select sequence, recorded from rhythmpositions where stream = $1',
      [stream],
    );
    let after = place?.sequence ?? 0;
    let recorded = place?.recorded ?? undefined;
    for (let done = 0; done < BATCHES; done++) {
      const rows = await database.query<Row & Recorded>(NEW, [stream, after, this.parts.batch]);
      const newest = rows.at(-1);
      if (newest === undefined) break;
      await this.#take(stream, rows);
      after = newest.sequence;
      recorded = newest.recorded;
      if (rows.length < this.parts.batch) break;
    }
    // What was read and holds nothing that counts is behind it too.
    const [read] = await database.query<{ sequence: number }>('select sequence from positions where stream = $1', [
      stream,
    ]);
    const [open] = await database.query('select 1 from events where stream = $1 and sequence > $2 limit 1', [
      stream,
      after,
    ]);
    const upTo = open === undefined ? Math.max(after, read?.sequence ?? 0) : after;
    return { upTo, ...(recorded !== undefined && { recorded }) };
  }

  async #take(stream: string, rows: readonly Recorded[]): Promise<void> {
    const newest = rows.at(-1)!;
    const counting = rows.filter(({ counts }) => counts);
    try {
      await this.parts.database.transaction(async (within) => {
        const pulses = await this.#pulses(within, counting);
        // A gateway whose clock is ahead must not keep a publisher beating in the future: nothing would be missed until then.
        const now = Date.now();
        for (const row of counting) this.#beat(pulses.get(keyOf(row))!, Math.min(row.recorded.getTime(), now));
        await this.#write(within, [...pulses.values()]);
        await within.query(
          `insert into rhythmpositions (stream, sequence, recorded) values ($1, $2, $3)
           on conflict (stream) do update set sequence = excluded.sequence, recorded = excluded.recorded`,
          [stream, newest.sequence, newest.recorded.toISOString()],
        );
      });
    } catch (error) {
      // What is in memory has gone ahead of what is on disk.
      this.#held.clear();
      throw error;
    }
  }

  #beat(pulse: Pulse, at: number): void {
    const { hourOf, terms, halfLifeMs, wasOut } = this.parts;
    const { last, publisher, type, slots } = pulse;
    if (at <= last) return;
    pulse.last = at;
    if (last === 0 || wasOut(publisher, type, last, at)) return;
    const silent = at - last > terms.leastMs ? silentFrom(last, pulse, hourOf, terms) : undefined;
    const gap = { ms: at - last, at, alarming: silent !== undefined && at > silent.at, halfLifeMs };
    for (const [slot, seconds] of filled(last, at, hourOf)) {
      slots.set(slot, learnt(slots.get(slot), seconds, gap));
      pulse.touched.add(slot);
    }
    pulse.gaps += 1;
  }

  /** Those that a batch is about, from memory where they are. */
  async #pulses(within: Queries, rows: readonly Recorded[]): Promise<Map<string, Pulse>> {
    const wanted = new Map(rows.map(({ publisher, type }) => [keyOf({ publisher, type }), { publisher, type }]));
    const missing = [...wanted].filter(([key]) => !this.#held.has(key)).map(([, pair]) => pair);
    if (missing.length > 0) await this.#load(within, missing);
    const found = new Map<string, Pulse>();
    for (const [key, { publisher, type }] of wanted) {
      const held = this.#held.get(key);
      const pulse = held ?? {
        publisher,
        type,
        last: 0,
        gaps: 0,
        slots: new Map<number, Slot>(),
        touched: new Set<number>(),
      };
      // Put behind the others: what was not asked for longest goes first.
      this.#held.delete(key);
      this.#held.set(key, pulse);
      found.set(key, pulse);
    }
    for (const key of this.#held.keys()) {
      if (this.#held.size <= HELD) break;
      if (!found.has(key)) this.#held.delete(key);
    }
    return found;
  }

  async #load(within: Queries, pairs: readonly { publisher: string; type: string }[]): Promise<void> {
    const keys = [recordset(pairs)];
    const pulses = await within.query<Row>(`select p.* from pulses p join ${KEYS} using (publisher, type)`, keys);
    for (const row of pulses) {
      const { publisher, type, last, gaps } = plain<{ publisher: string; type: string; last: string; gaps: number }>(
        row,
      );
      const pulse = { publisher, type, last: Date.parse(last), gaps, slots: new Map(), touched: new Set<number>() };
      this.#held.set(keyOf({ publisher, type }), pulse);
    }
    const slots = await within.query<Row>(`select r.* from rhythms r join ${KEYS} using (publisher, type)`, keys);
    for (const row of slots) {
      const { slot, spent, odd, updated, ...pair } = plain<Stored>(row);
      this.#held.get(keyOf(pair))?.slots.set(slot, { spent, odd, updated: Date.parse(updated) });
    }
  }

  async #write(within: Queries, pulses: readonly Pulse[]): Promise<void> {
    if (pulses.length === 0) return;
    const { hourOf, terms } = this.parts;
    const rows = pulses.map((pulse) => {
      const { publisher, type, last, gaps } = pulse;
      const silent = silentFrom(last, pulse, hourOf, terms);
      const at = silent && new Date(silent.at).toISOString();
      return {
        publisher,
        type,
        last: new Date(last).toISOString(),
        gaps,
        silentat: at,
        usualms: silent && Math.round(silent.usualMs),
      };
    });
    await within.query(
      `insert into pulses (publisher, type, last, gaps, usualms, silentat)
       select publisher, type, last, gaps, usualms, silentat from json_populate_recordset(null::pulses, $1::json)
       on conflict (publisher, type) do update set
         last = excluded.last, gaps = excluded.gaps, usualms = excluded.usualms, silentat = excluded.silentat`,
      [recordset(rows)],
    );
    const slots = pulses.flatMap(({ publisher, type, slots: all, touched }) =>
      [...touched].map((slot) => {
        const { spent, odd, updated } = all.get(slot)!;
        return {
          publisher,
          type,
          slot,
          spent: rounded(spent),
          odd: rounded(odd),
          updated: new Date(updated).toISOString(),
        };
      }),
    );
    for (const { touched } of pulses) touched.clear();
    if (slots.length === 0) return;
    await within.query(
      `insert into rhythms (publisher, type, slot, spent, odd, updated)
       select publisher, type, slot, spent, odd, updated from json_populate_recordset(null::rhythms, $1::json)
       on conflict (publisher, type, slot) do update set
         spent = excluded.spent, odd = excluded.odd, updated = excluded.updated`,
      [recordset(slots)],
    );
  }
}

interface Stored {
  readonly publisher: string;
  readonly type: string;
  readonly slot: number;
  readonly spent: Slot['spent'];
  readonly odd: Slot['odd'];
  readonly updated: string;
}

const keyOf = ({ publisher, type }: { readonly publisher: string; readonly type: string }): string =>
  `${publisher} ${type}`;

/** To microseconds: what faded to nothing is not kept. */
function rounded(spent: Slot['spent']): Slot['spent'] {
  const kept = Object.entries(spent).map(([name, seconds]) => [name, Math.round(seconds * 1e6) / 1e6] as const);
  return Object.fromEntries(kept.filter(([, seconds]) => seconds > 0));
}
