import type { Engine, EngineCondition, StreamCondition } from '@signalbox/messaging';
import { FAMILIES, streamOf } from '@signalbox/messaging';
import { Kept, type Metrics } from '@signalbox/runtime';
import { type EngineBounds, type EngineTrouble, exchangeSentence, troublesOf } from './engine-words.js';

/** The engine as the operator sees it. */
export interface EngineReport {
  readonly well: boolean;
  readonly sentence: string;
  readonly troubles: readonly EngineTrouble[];
  /** Absent while it does not answer. */
  readonly condition?: EngineCondition;
}

/** Asks the engine how it is, not more often than it has to be asked. */
export class EngineWatch {
  readonly #kept: Kept<EngineCondition>;

  constructor(
    private readonly engine: Pick<Engine, 'condition'>,
    private readonly bounds: EngineBounds & { readonly lookMs: number },
  ) {
    this.#kept = new Kept(bounds.lookMs);
  }

  /** Never throws: that it does not answer is an answer. */
  async report(): Promise<EngineReport> {
    const condition = await this.#condition();
    const troubles = troublesOf(condition, this.bounds);
    const well = troubles.length === 0;
    const sentence = well ? 'The engine is well.' : (troubles[0]?.what ?? '');
    return { well, sentence, troubles, ...(condition !== undefined && { condition }) };
  }

  /** For those who do not run the exchange. */
  async exchange(): Promise<{ readonly well: boolean; readonly sentence: string }> {
    const { well, troubles, condition } = await this.report();
    return { well, sentence: exchangeSentence(troubles, condition !== undefined) };
  }

  /** The figures for Prometheus; none of a name that grows with organisations or subscriptions. While it does not answer, the last ones stay. */
  observe(metrics: Metrics): void {
    this.#observeStreams(metrics);
    this.#observeFamilies(metrics);
    metrics.gauge('signalbox_engine_storage_bytes', 'Bytes of all streams on disk', [], async (gauge) => {
      const condition = await this.#condition();
      if (condition !== undefined) gauge.set(condition.storage.used);
    });
    metrics.gauge('signalbox_engine_storage_limit_bytes', 'Most bytes that the streams may take', [], async (gauge) => {
      const limit = (await this.#condition())?.storage.limit;
      if (limit !== undefined) gauge.set(limit);
    });
    metrics.gauge('signalbox_engine_well', '1 while nothing is wrong with the engine, else 0', [], async (gauge) => {
      gauge.set((await this.report()).well ? 1 : 0);
    });
  }

  #observeStreams(metrics: Metrics): void {
    const ofStream = (name: string, help: string, value: (stream: StreamCondition) => number | undefined) =>
      metrics.gauge(name, help, ['stream'], async (gauge) => {
        for (const stream of (await this.#condition())?.streams ?? []) {
          const told = value(stream);
          // Inboxes are streams too: one for each organisation that has one.
          if (told !== undefined && OF_THE_HOUSE.test(stream.name)) gauge.set({ stream: stream.name }, told);
        }
      });
    ofStream('signalbox_engine_stream_messages', 'Messages in each stream of the engine', ({ messages }) => messages);
    ofStream('signalbox_engine_stream_bytes', 'Bytes of each stream on disk', ({ bytes }) => bytes);
    ofStream('signalbox_engine_stream_limit_bytes', 'Most bytes that a stream may take', ({ limit }) => limit);
  }

  #observeFamilies(metrics: Metrics): void {
    const ofFamily = (name: string, help: string, value: (stream: StreamCondition) => number) =>
      metrics.gauge(name, help, ['family'], async (gauge) => {
        const streams = (await this.#condition())?.streams ?? [];
        for (const family of FAMILIES) {
          const stream = streams.find((one) => one.name === streamOf(family));
          if (stream !== undefined) gauge.set({ family }, value(stream));
        }
      });
    ofFamily(
      'signalbox_engine_consumer_pending',
      'Events that subscriptions were not handed yet, all together',
      ({ behind }) => behind.delivery.pending,
    );
    ofFamily(
      'signalbox_engine_consumer_unsettled',
      'Events that were handed out for subscriptions and are not settled, all together',
      ({ behind }) => behind.delivery.unsettled,
    );
    ofFamily(
      'signalbox_engine_consumer_redelivered',
      'Of these, events that were handed out again',
      ({ behind }) => behind.delivery.redelivered,
    );
  }

  #condition(): Promise<EngineCondition | undefined> {
    return this.#kept.of('condition', () => this.engine.condition()).catch(() => undefined);
  }
}

const OF_THE_HOUSE = /^(EVENTS|KV)_|^(STEPS|REJECTED|PARKED|DEPOSITS|NUMBERS)$/;
