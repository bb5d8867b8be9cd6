import type { Catalogue } from '@signalbox/contracts';
import { decodeStored, type JournalBatch, type JournalItem, type Rejection, type Step } from '@signalbox/messaging';
import { inSpan, type Log, type Metrics, parseTraceparent, SpanKind, type Tracer } from '@signalbox/runtime';
import { type Database, recordset } from '../store/database.js';
import type { Delivery } from './delivery.js';
import type { EventFact } from './facts.js';
import { type Place, PositionGap, type Recorded } from './positions.js';
import type { Pseudonyms } from './pseudonyms.js';
import { type EventReading, readEvent } from './read-event.js';
import { recordEvents } from './record-events.js';
import { type Placed, recordRefusals, recordSteps } from './record-steps.js';

/** What {@link Ingest} is made of. */
export interface IngestParts {
  readonly database: Database;
  /** Name under which the streams are read. */
  readonly reader: string;
  readonly catalogue: Catalogue;
  readonly pseudonyms: Pseudonyms;
  readonly foresee: (event: EventFact) => readonly Delivery[];
  readonly tracer: Tracer;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Told when the database turns out to be older than its reading position; it has then been renamed and needs a restart. */
  readonly onGap: (gap: PositionGap) => void;
}

/** Most links of one span; further events of a batch are in the ledger all the same. */
const MOST_LINKS = 128;

/** Takes what the streams hold into the database, batch by batch. A batch that fails is not acknowledged and comes again. */
export class Ingest {
  /** Streams whose last batch could not be written. */
  readonly failing = new Set<string>();
  readonly #opened = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #records;
  readonly #seconds;
  readonly #failures;

  constructor(private readonly parts: IngestParts) {
    const { metrics } = parts;
    this.#records = metrics.counter(
      'signalbox_ledger_records_total',
      'Messages of the streams by what they came to: recorded, repeated (changed nothing) or unreadable',
      ['stream', 'outcome'],
    );
    this.#seconds = metrics.histogram('signalbox_ledger_batch_seconds', 'Time to write one batch', ['stream']);
    this.#failures = metrics.counter(
      'signalbox_ledger_batch_failures_total',
      'Batches that could not be written and came again',
      ['stream'],
    );
  }

  /** Accepted events. */
  async events(batch: JournalBatch): Promise<void> {
    const read = batch.items.map((item) => ({ item, stored: attempt(() => decodeStored(item)) }));
    const links = read.flatMap(({ stored }) => parseTraceparent(stored?.traceparent) ?? []);
    await this.#write(batch, links, async (place) => {
      const readings = read.flatMap(({ item, stored }) => {
        const reading = stored === undefined ? undefined : attempt(() => readEvent(stored, this.parts));
        return [{ item, reading }];
      });
      await this.#unreadable(readings.filter(({ reading }) => reading === undefined).map(({ item }) => item));
      return recordEvents(
        this.parts.database,
        place,
        readings.flatMap(({ reading }): EventReading[] => (reading ? [reading] : [])),
      );
    });
  }

  /** What happened to events afterwards. */
  async steps(batch: JournalBatch): Promise<void> {
    await this.#write(batch, [], async (place) =>
      recordSteps(this.parts.database, place, await this.#recordsOf<Step>(batch, isStep)),
    );
  }

  /** Refused events. */
  async refusals(batch: JournalBatch): Promise<void> {
    await this.#write(batch, [], async (place) =>
      recordRefusals(this.parts.database, place, await this.#recordsOf<Rejection>(batch, isRejection)),
    );
  }

  /**
   * Takes one message again that the streams were read past, in the way in which it should have come the first time.
   * @throws when it is not written
   */
  async again(item: JournalItem): Promise<void> {
    const batch = { items: [item], ack: () => Promise.resolve() };
    // Its place lies behind: it must not count as the batch that a start is judged by.
    const opened = this.#opened.has(item.stream);
    if (item.stream === 'STEPS') await this.steps(batch);
    else if (item.stream === 'REJECTED') await this.refusals(batch);
    else await this.events(batch);
    if (!opened) this.#opened.delete(item.stream);
  }

  /** Resolves when every batch that is being written now is; afterwards what was known before this call has been heeded. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#underWay]);
  }

  async #recordsOf<R>(batch: JournalBatch, is: (value: unknown) => boolean): Promise<Placed<R>[]> {
    const read = batch.items.map((item) => ({
      item,
      record: attempt(() => JSON.parse(Buffer.from(item.body).toString()) as R),
    }));
    await this.#unreadable(read.filter(({ record }) => !is(record)).map(({ item }) => item));
    return read.flatMap(({ item, record }) => (is(record) ? [{ sequence: item.sequence, record: record as R }] : []));
  }

  async #write(...written: Parameters<Ingest['writeOne']>): Promise<void> {
    const writing = this.writeOne(...written);
    this.#underWay.add(writing);
    try {
      await writing;
    } finally {
      this.#underWay.delete(writing);
    }
  }

  private async writeOne(
    batch: JournalBatch,
    links: readonly ReturnType<typeof parseTraceparent>[],
    record: (place: Place) => Promise<Recorded>,
  ): Promise<void> {
    const [first, last] = [batch.items[0], batch.items.at(-1)];
    if (first === undefined || last === undefined) return;
    const { stream } = first;
    const opening = !this.#opened.has(stream);
    const place = { stream, first: first.sequence, last: last.sequence, reader: this.parts.reader, opening };
    const shape = {
      kind: SpanKind.CONSUMER,
      parent: 'root' as const,
      links: links.slice(0, MOST_LINKS),
      attributes: {
        'messaging.system': 'nats',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': stream,
        'messaging.batch.message_count': batch.items.length,
      },
    };
    const stop = this.#seconds.startTimer({ stream });
    try {
      const { recorded, repeated } = await inSpan(this.parts.tracer, `process ${stream}`, shape, () => record(place));
      this.#records.inc({ stream, outcome: 'recorded' }, recorded);
      this.#records.inc({ stream, outcome: 'repeated' }, repeated);
      this.#opened.add(stream);
      this.failing.delete(stream);
    } catch (error) {
      this.#fail(stream, error);
    } finally {
      stop();
    }
  }

  #fail(stream: string, error: unknown): never {
    if (error instanceof PositionGap) this.parts.onGap(error);
    this.#failures.inc({ stream });
    this.failing.add(stream);
    this.parts.log.error({ stream, err: error }, 'a batch was not written and comes again');
    // The transport logs the message of what is thrown here; a database's own message may quote what it was given.
    throw new Error('the database did not take the batch');
  }

  async #unreadable(items: readonly JournalItem[]): Promise<void> {
    if (items.length === 0) return;
    const rows = items.map(({ stream, sequence, time }) => ({ stream, sequence, recorded: time.toISOString() }));
    await this.parts.database.query(
      'insert into unreadable select * from json_populate_recordset(null::unreadable, $1::json) on conflict do nothing',
      [recordset(rows)],
    );
    for (const { stream, sequence } of rows) {
      this.#records.inc({ stream, outcome: 'unreadable' });
      this.parts.log.error({ stream, sequence }, 'a message of the stream cannot be read; it is noted and passed over');
    }
  }
}

function isStep(value: unknown): boolean {
  return hasTexts(value, ['id', 'kind', 'time', 'source', 'eventid', 'type', 'journey', 'sourceorg']);
}

function isRejection(value: unknown): boolean {
  return hasTexts(value, ['id', 'time', 'org', 'code']) && Array.isArray((value as Rejection).findings);
}

function hasTexts(value: unknown, names: readonly string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'string')
  );
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
