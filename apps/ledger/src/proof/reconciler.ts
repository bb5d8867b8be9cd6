import type { Gap } from '@signalbox/contracts';
import type { Engine, StreamCounts } from '@signalbox/messaging';
import type { Log, Metrics } from '@signalbox/runtime';
import { READ_STREAMS } from '../observed.js';
import type { Database } from '../store/database.js';
import type { Adrift } from './adrift.js';
import type { Examination } from './examination.js';
import type { Expiry } from './expiry.js';
import type { Following } from './following.js';
import { closeGaps, type GapFound, gapId, GAPS, gapsInTurn, openGaps, sumsOpen } from './gaps.js';
import type { Stretch } from './looks.js';
import { beginTally, disagreements, type Tally } from './tally.js';

/** What reconciling stands on. */
export interface ReconcilerParts {
  readonly database: Database;
  readonly engine: Pick<Engine, 'counts'>;
  readonly following: Pick<Following, 'catchUp'>;
  readonly examination: Examination;
  readonly adrift: Adrift;
  readonly expiry: Pick<Expiry, 'leftBehind'>;
  readonly mend: (gap: Gap) => Promise<void>;
  readonly isWhole: (gap: Gap) => Promise<boolean>;
  /** Messages of a stream that are looked at in one round: so many that are new, and so many of the pass over the rest. */
  readonly events: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** How far a stream was looked through. */
interface Place {
  readonly head: number;
  readonly tail: number;
}

/** Messages that are looked at together. */
const CHUNK = 500;
/** Open gaps that are seen to in one round. */
const MENDED = 200;

/**
 * Proves, round by round, that nothing ends in silence. What is new in a stream is looked at once as soon as it was read;
 * what the stream still keeps is gone through again and again in passes, each of which ends in sums that have to agree
 * with what the engine itself counted when the pass began; what leaves the stream is looked at for the last time. The work
 * of a round is bounded. What does not sum is a gap with a name, told at once and until it is whole again.
 */
export class Reconciler {
  rounds = 0;
  /** When the last round ended and how long it took; `undefined` before the first. */
  last: { readonly at: Date; readonly ms: number } | undefined;
  /** Whether there is more that was read and not looked at than one round takes. */
  behind = false;
  readonly #under = new Map<string, Tally>();
  readonly #done = new Map<string, Tally>();
  readonly #found;
  readonly #expired;
  readonly #seconds;

  constructor(private readonly parts: ReconcilerParts) {
    const { metrics } = parts;
    this.#found = metrics.counter('signalbox_ledger_gaps_found_total', 'Gaps that were named', ['kind']);
    this.#expired = metrics.counter(
      'signalbox_ledger_expired_total',
      'Deliveries that were not made while their stream kept the event',
      ['reason'],
    );
    this.#seconds = metrics.histogram('signalbox_ledger_proof_round_seconds', 'Time of one round of the proof');
  }

  /** The last finished pass over each stream. */
  get passes(): readonly Tally[] {
    return [...this.#done.values()];
  }

  /** One round. @throws whatever kept it from coming to its end; the next takes it up */
  async round(): Promise<void> {
    const began = performance.now();
    try {
      await this.#round();
      this.rounds += 1;
      this.last = { at: new Date(), ms: Math.round(performance.now() - began) };
    } finally {
      this.#seconds.observe((performance.now() - began) / 1_000);
    }
  }

  async #round(): Promise<void> {
    const { database, following, adrift } = this.parts;
    await following.catchUp();
    await this.#mend();
    const read = await this.#positions();
    const stepsRead = read.get('STEPS') ?? 0;
    await this.#name(await adrift.confirm(stepsRead));
    await adrift.learn();
    this.behind = false;
    for (const stream of READ_STREAMS) await this.#stream(stream, read.get(stream) ?? 0, stepsRead);
    await database.query(`delete from gaps where closed < now() - interval '90 days'`);
  }

  async #stream(stream: string, read: number, stepsRead: number): Promise<void> {
    const counts = await this.parts.engine.counts(stream);
    const before = await this.#placeOf(stream);
    const head = await this.#head(stream, before.head, counts, read, stepsRead);
    const tail = await this.#tail(stream, before.tail, counts);
    if (head !== before.head || tail !== before.tail) {
      await this.parts.database.query(
        `insert into proofs (stream, head, tail) values ($1, $2, $3)
         on conflict (stream) do update set head = excluded.head, tail = excluded.tail`,
        [stream, head, tail],
      );
    }
    await this.#pass(stream, counts, read, stepsRead);
  }

  /** What was read since the last round. @returns up to where */
  async #head(stream: string, from: number, { first }: StreamCounts, read: number, stepsRead: number): Promise<number> {
    let head = Math.max(from, first - 1);
    const bound = head + this.parts.events;
    for (const stretch of stretches(stream, head + 1, Math.min(read, bound))) {
      await this.#name(await this.parts.examination.of(stretch, stepsRead));
      head = stretch.to;
    }
    if (head < read) this.behind = true;
    return head;
  }

  /** What has left the stream since the last round, for the last time. @returns up to where */
  async #tail(stream: string, from: number, { first }: StreamCounts): Promise<number> {
    if (!stream.startsWith('EVENTS_') || first <= from + 1) return from;
    const [next] = await this.parts.database.query<{ to: number | null }>(
      `select max(sequence) as to from (
         select sequence from events where stream = $1 and sequence > $2 and sequence < $3 order by sequence limit $4
       ) t`,
      [stream, from, first, CHUNK],
    );
    const to = next?.to ?? first - 1;
    if (next?.to != null) {
      const left = await this.parts.expiry.leftBehind({ stream, from: from + 1, to }, new Date());
      this.#expired.inc({ reason: 'retention-over' }, left);
    }
    return to;
  }

  /** The next part of the pass over what the stream keeps. */
  async #pass(stream: string, counts: StreamCounts, read: number, stepsRead: number): Promise<void> {
    const tally = this.#under.get(stream) ?? beginTally(stream, counts, new Date());
    this.#under.set(stream, tally);
    const to = Math.min(tally.counts.last, read, tally.next + this.parts.events - 1);
    for (const stretch of stretches(stream, tally.next, to)) {
      await this.#name(await this.parts.examination.of(stretch, stepsRead, tally));
      tally.next = stretch.to + 1;
    }
    if (tally.next <= tally.counts.last) return;
    tally.ended = new Date();
    this.#under.delete(stream);
    this.#done.set(stream, tally);
    const gaps = disagreements(tally);
    const still = new Set(gaps.map(gapId));
    const open = await sumsOpen(this.parts.database, stream);
    await closeGaps(
      this.parts.database,
      open.filter((id) => !still.has(id)),
    );
    await this.#name(gaps);
  }

  async #name(found: readonly GapFound[]): Promise<void> {
    for (const gap of await openGaps(this.parts.database, found)) {
      const { kind, stream, sequence, org, subscription, source, eventid, type } = gap;
      this.#found.inc({ kind });
      this.parts.log.error({ kind, stream, sequence, org, subscription, source, eventid, type }, GAPS[kind].sentence);
    }
  }

  /** Mends what was named in earlier rounds, and closes what is whole. */
  async #mend(): Promise<void> {
    const whole: string[] = [];
    for (const gap of await gapsInTurn(this.parts.database, MENDED)) {
      const { kind, stream, sequence, subscription } = gap;
      try {
        if (!(await this.parts.isWhole(gap))) await this.parts.mend(gap);
        if (!(await this.parts.isWhole(gap))) continue;
        whole.push(gap.id);
        this.parts.log.info({ kind, stream, sequence, subscription }, 'a gap is whole again');
      } catch (error) {
        this.parts.log.warn({ kind, stream, sequence, subscription, err: error }, 'a gap cannot be mended yet');
      }
    }
    await closeGaps(this.parts.database, whole);
  }

  async #positions(): Promise<Map<string, number>> {
    const rows = await this.parts.database.query<{ stream: string; sequence: number }>(
      'select stream, sequence from positions',
    );
    return new Map(rows.map((row) => [row.stream, row.sequence]));
  }

  async #placeOf(stream: string): Promise<Place> {
    const [place] = await this.parts.database.query<{ head: number; tail: number }>(
      'select head, tail from proofs where stream = $1',
      [stream],
    );
    return place ?? { head: 0, tail: 0 };
  }
}

function* stretches(stream: string, from: number, to: number): Generator<Stretch> {
  for (let next = from; next <= to; next += CHUNK) yield { stream, from: next, to: Math.min(next + CHUNK - 1, to) };
}
