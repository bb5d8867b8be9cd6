import type { Log, Metrics } from '@signalbox/runtime';
import { type Database, plain, recordset, type Row } from '../store/database.js';
import { type SpanFact, spansOf } from './otlp.js';

/** How many spans are kept and how fast they are taken. */
export interface SpanLimits {
  /** Hours until a span is forgotten. */
  readonly hours: number;
  /** Most spans kept; the oldest go first. */
  readonly stored: number;
  /** Most spans waiting to be written; more are dropped and counted. */
  readonly waiting: number;
}

const BATCH = 1_000;
/** Milliseconds for spans to gather before they are written. */
const GATHER_MS = 500;
/** Milliseconds between two rounds of forgetting. */
const FORGET_MS = 60_000;
/** Most spans that one journey shows. */
const SHOWN = 500;

/**
 * The built-in store of OpenTelemetry spans: best effort, bounded, for engineers. Losing one loses no fact; facts about
 * events are steps.
 */
export class SpanStore {
  #waiting: SpanFact[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  readonly #forgetting: NodeJS.Timeout;
  readonly #stored;
  readonly #dropped;

  constructor(
    private readonly database: Database,
    private readonly limits: SpanLimits,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#stored = metrics.counter('signalbox_ledger_spans_stored_total', 'Spans written to the built-in store');
    this.#dropped = metrics.counter(
      'signalbox_ledger_spans_dropped_total',
      'Spans that were not kept: too many waiting, unreadable, or the database was away',
      ['reason'],
    );
    this.#forgetting = setInterval(() => void this.forget().catch(this.#note), FORGET_MS);
    this.#forgetting.unref();
  }

  /** Takes an OTLP/JSON request as it came over the span channel. Never throws. */
  take(bytes: Uint8Array): void {
    let spans: SpanFact[];
    try {
      spans = spansOf(bytes);
    } catch {
      this.#dropped.inc({ reason: 'unreadable' });
      return;
    }
    const room = Math.max(0, this.limits.waiting - this.#waiting.length);
    if (spans.length > room) this.#dropped.inc({ reason: 'waiting' }, spans.length - room);
    this.#waiting.push(...spans.slice(0, room));
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS).unref();
  }

  /** Writes what waits. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.database.query(
          `insert into spans (traceid, spanid, parent, service, name, kind, started, duration, failed, journey, eventid, subscription, attributes)
           select traceid, spanid, parent, service, name, kind, started, duration, failed, journey, eventid, subscription, attributes
           from json_populate_recordset(null::spans, $1::json)
           on conflict (traceid, spanid) do nothing`,
          [recordset(batch)],
        );
        this.#stored.inc(batch.length);
      } catch (error) {
        this.#dropped.inc({ reason: 'database' }, batch.length);
        this.#note(error);
      }
    }
  }

  readonly #note = (error: unknown): void => this.log.warn({ err: error }, 'the span store could not be written');

  /** Forgets what is too old or too much. */
  async forget(): Promise<void> {
    await this.database.query(`delete from spans where received < now() - make_interval(hours => $1::int)`, [
      this.limits.hours,
    ]);
    await this.database.query(
      `delete from spans where (received, traceid, spanid) <=
         (select received, traceid, spanid from spans order by received desc, traceid desc, spanid desc offset $1 limit 1)`,
      [this.limits.stored],
    );
  }

  /** The spans of a journey, and those of the same traces (children need not name it), in the order of their start. */
  async ofJourney(journey: string): Promise<SpanFact[]> {
    return this.#read('select * from spans where traceid in (select traceid from spans where journey = $1)', journey);
  }

  async ofTrace(traceid: string): Promise<SpanFact[]> {
    return this.#read('select * from spans where traceid = $1', traceid);
  }

  async #read(select: string, parameter: string): Promise<SpanFact[]> {
    const rows = await this.database.query<Row>(`${select} order by started, duration desc limit ${String(SHOWN)}`, [
      parameter,
    ]);
    return rows
      .map((row) => plain<SpanFact & { received?: string }>(row))
      .map(({ received: _received, ...span }) => span);
  }

  /** Stops taking and writes what waits. */
  async close(): Promise<void> {
    clearInterval(this.#forgetting);
    await this.flush();
  }
}
