import { afterEach, describe, expect, it } from '@jest/globals';
import type { DeliveryItem, DeliveryQueue, ParkedDelivery, Step, StoredEvent } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import { createLog, Metrics } from '@signalbox/runtime';

import { relayMetrics } from '../relay-metrics.js';
import type { Attempted, Attempts } from './attempts.js';
import { Courier } from './courier.js';
import { Recorder } from './recorder.js';
import type { Settlement } from './settlement.js';

const SUBSCRIPTION: Subscription = {
  id: 's1',
  ods: 'X9G1P',
  application: 'system',
  types: ['*'],
  filters: [],
  protocol: 'HTTP',
  sink: 'https://receiver.example/',
  sinksecrets: [],
  config: {},
  status: 'active',
  start: {},
  created: '',
  updated: '',
  revision: 1,
};

const DONE: Settlement = { kind: 'done', steps: [{ kind: 'delivered', state: 'delivered' }] };
const AGAIN: Settlement = {
  kind: 'again',
  delayMs: 70,
  steps: [{ kind: 'attempt', state: 'waiting', reason: 'endpoint-timeout', nextInMs: 70 }],
};
const GONE: Settlement = {
  kind: 'parked',
  reason: 'endpoint-gone',
  disable: true,
  steps: [{ kind: 'parked', state: 'parked', reason: 'endpoint-gone' }],
};

/** A courier over a queue in memory, which writes down what happened in which order. */
class Round {
  readonly told: string[] = [];
  readonly #arriving: DeliveryItem[] = [];
  #wake: () => void = () => undefined;
  #ended = false;
  settlements: Settlement[] = [DONE];
  failingRecords = 0;
  failingAcks = 0;
  subscription: Subscription | undefined = SUBSCRIPTION;
  attempts = 0;
  readonly courier = new Courier({
    attempts: { try: async () => this.#attempt() } as unknown as Attempts,
    recorder: new Recorder({
      steps: { publish: async (step: Step) => this.#record(`step ${step.kind}`) },
      parked: { publish: async (parked: ParkedDelivery) => this.#record(`copy ${parked.reason}`) },
    }),
    limits: { concurrency: 2, ackWaitMs: 30_000, redoMs: 11 },
    log: createLog('test', 'silent'),
    metrics: relayMetrics(new Metrics('test')),
    subscription: () => this.subscription,
    open: async () =>
      Promise.resolve({ items: () => this.#items(), stop: async () => this.#end() } as unknown as DeliveryQueue),
    disable: async () => Promise.resolve(void this.told.push('disable')),
  });

  handOut(sequence: number, attempt = 1, event = true): void {
    const stored: StoredEvent = {
      event: {
        attributes: { specversion: '1.0', id: 'e', source: 's', type: 'org.signalbox.result.reported.v1' },
        data: { kind: 'absent' },
      },
      stream: 'EVENTS_RESULT',
      sequence,
      time: new Date(),
    };
    this.#arriving.push({
      stream: 'EVENTS_RESULT',
      sequence,
      attempt,
      get stored() {
        if (!event) throw new Error('not an event');
        return stored;
      },
      ack: async () => {
        if (this.failingAcks-- > 0) throw new Error('engine away');
        this.told.push('ack');
        return Promise.resolve();
      },
      retry: (delayMs) => void this.told.push(`retry ${delayMs}`),
      term: async () => Promise.resolve(void this.told.push('term')),
      working: () => undefined,
    });
    this.#wake();
  }

  async until(last: string): Promise<void> {
    while (this.told.at(-1) !== last) await new Promise((resolve) => setImmediate(resolve));
  }

  async #attempt(): Promise<Attempted> {
    this.attempts += 1;
    const settlement = this.settlements.shift() ?? DONE;
    return Promise.resolve({ settlement, trace: { traceId: '', spanId: '', traceFlags: 0 } });
  }

  async #record(what: string): Promise<void> {
    if (this.failingRecords-- > 0) throw new Error('engine away');
    this.told.push(what);
    return Promise.resolve();
  }

  async *#items(): AsyncGenerator<DeliveryItem> {
    while (!this.#ended) {
      const item = this.#arriving.shift();
      if (item !== undefined) yield item;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async #end(): Promise<void> {
    this.#ended = true;
    this.#wake();
    return Promise.resolve();
  }
}

describe('the courier', () => {
  let round: Round;
  const begin = (): Round => {
    round = new Round();
    round.courier.start();
    return round;
  };
  afterEach(async () => round.courier.stop(0));

  it('acknowledges a delivered event only after its step is on disk', async () => {
    begin().handOut(1);
    await round.until('ack');
    expect(round.told).toEqual(['step delivered', 'ack']);
  });

  it('has a failed one handed out again after the wait, once the attempt is on disk, and then tries anew', async () => {
    begin().settlements = [AGAIN, DONE];
    round.handOut(1);
    await round.until('retry 70');
    round.handOut(1, 2);
    await round.until('ack');
    expect(round.told).toEqual(['step attempt', 'retry 70', 'step delivered', 'ack']);
    expect(round.attempts).toBe(2);
  });

  it('switches off, copies and records before the engine is told to forget a parked one', async () => {
    begin().settlements = [GONE];
    round.handOut(1);
    await round.until('term');
    expect(round.told).toEqual(['disable', 'copy endpoint-gone', 'step parked', 'term']);
  });

  it('acknowledges nothing that could not be recorded, and records it without a second attempt when it comes again', async () => {
    begin().failingRecords = 1;
    round.handOut(1);
    await round.until('retry 11');
    round.handOut(1, 2);
    await round.until('ack');
    expect(round.told).toEqual(['retry 11', 'step delivered', 'ack']);
    expect(round.attempts).toBe(1);
  });

  it('neither sends nor records again what the engine did not hear the acknowledgement of', async () => {
    begin().failingAcks = 1;
    round.handOut(1);
    await round.until('retry 11');
    round.handOut(1, 2);
    await round.until('ack');
    expect(round.told).toEqual(['step delivered', 'retry 11', 'ack']);
    expect(round.attempts).toBe(1);
  });

  it('hands back what arrives for a subscription that is no longer active', async () => {
    begin().subscription = { ...SUBSCRIPTION, status: 'paused' };
    round.handOut(1);
    await round.until('retry 0');
    expect(round.attempts).toBe(0);
  });

  it('leaves what cannot be read where it is, and goes on with the next', async () => {
    begin().handOut(1, 1, false);
    round.handOut(2);
    await round.until('ack');
    expect(round.told).toContain('retry 11');
    expect(round.told).not.toContain('term');
  });
});
