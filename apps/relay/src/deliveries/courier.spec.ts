import { afterEach, describe, expect, it } from '@jest/globals';
import type { DeliveryItem, KeyValue, KeyValueEntry, StoredEvent, WaitingDelivery } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import { createLog, Metrics } from '@signalbox/runtime';

import type { Outcome } from '../channels/channel.js';
import { Governor } from '../endpoints/governor.js';
import { relayMetrics } from '../relay-metrics.js';
import type { Attempted, Attempts, Due } from './attempts.js';
import { Courier } from './courier.js';
import type { LaneQueue } from './lane.js';
import { Loader } from './loader.js';
import { Recorder } from './recorder.js';
import { settleOutcome } from './settlement.js';
import { WaitingRoom } from './waiting-room.js';

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
const log = createLog('test', 'silent');
const RETRIES = { delaysMs: [40], maxAttempts: 5, maxAgeMs: 60_000, jitter: 0, maxRetryAfterMs: 0 };
const GOVERNMENT = {
  limit: 4,
  openAfter: 2,
  firstPauseMs: 30,
  longestPauseMs: 30,
  probeWithinMs: 1_000,
  streak: 3,
  lookBack: 10,
  maxRetryAfterMs: 0,
  lagAfterMs: 60_000,
  stagesMs: [60_000, 120_000] as const,
};
const DELIVERED: Outcome = { kind: 'delivered', latencyMs: 1 };
const FAILED: Outcome = { kind: 'retry', reason: 'endpoint-error', latencyMs: 1 };
const DOWN: Outcome = { kind: 'retry', reason: 'endpoint-unreachable', latencyMs: 1 };
const REFUSED: Outcome = { kind: 'refused', code: 'endpoint-refused', latencyMs: 1 };
const GONE: Outcome = { kind: 'refused', code: 'endpoint-gone', disable: true, latencyMs: 1 };

/** Of the first event. */
const ENTRY: WaitingDelivery = {
  subscription: 's1',
  stream: 'EVENTS_RESULT',
  sequence: 1,
  cause: 'retry',
  key: 'a',
  stored: new Date(1).toISOString(),
  attempts: 1,
};

/** A courier over one queue and a bucket in memory, which writes down what happened in which order. */
class Round {
  readonly told: string[] = [];
  readonly tried: string[] = [];
  outcomes: Outcome[] = [];
  retries = RETRIES;
  failingRecords = 0;
  /** Told of each record as it lies on disk, before the courier knows that. */
  onRecord: (what: string) => void = () => undefined;
  subscription: Subscription | undefined = SUBSCRIPTION;
  found = { waiting: 0, unsettled: 0, settledTo: 0 };
  readonly entries = new Map<string, KeyValueEntry>();
  #arriving: DeliveryItem[] = [];
  readonly #events = new Map<number, StoredEvent>();
  #wake: () => void = () => undefined;
  #ended = false;
  #revision = 0;
  courier!: Courier;

  async begin(): Promise<this> {
    const room = await WaitingRoom.open(
      {
        kv: async () => Promise.resolve(this.#bucket() as unknown as KeyValue),
        lastSequence: async () => Promise.resolve(0),
        message: async () => Promise.resolve(undefined),
      },
      log,
    );
    const events = {
      get: async (_stream: string, sequence: number) => Promise.resolve(this.#events.get(sequence)),
      headings: async function* () {},
      lastSequence: async () => Promise.resolve(0),
    };
    const none = async () => Promise.resolve(undefined);
    this.courier = new Courier({
      id: 's1',
      families: ['result'],
      types: ['*'],
      events: events,
      attempts: { try: async (due: Due) => this.#attempt(due) } as unknown as Attempts,
      recorder: new Recorder({
        steps: { publish: async ({ kind, eventid }) => this.#record(`${kind} ${eventid}`) },
        parked: { publish: async ({ reason }) => this.#record(`copy ${reason}`) },
      }),
      loader: new Loader({ events, parked: { get: none, newest: none }, room, log }),
      room,
      limits: {
        concurrency: 4,
        heldPerKey: 2,
        maxWaiting: 100,
        ackWaitMs: 30_000,
        redoMs: 10,
        mergeMs: 0,
        maxUnsettled: 50,
        lookaheadMs: 60_000,
        lookaheadKeys: 10,
      },
      log,
      metrics: relayMetrics(new Metrics('test')),
      subscription: () => this.subscription,
      open: async () => Promise.resolve(this.#queue()),
      disable: async () => Promise.resolve(void this.told.push('disable')),
      governor: () => new Governor(GOVERNMENT),
      channelLimit: Infinity,
      mayDrive: () => true,
      sources: [],
      observe: () => undefined,
    });
    this.courier.start();
    return this;
  }

  /** @param id `<key><number>`: the key is its letter */
  handOut(sequence: number, id: string, attempt = 1): void {
    const stored: StoredEvent = {
      event: {
        attributes: {
          specversion: '1.0',
          id,
          source: 's',
          type: 'org.signalbox.result.reported.v1',
          partitionkey: id[0]!,
        },
        data: { kind: 'absent' },
      },
      stream: 'EVENTS_RESULT',
      sequence,
      time: new Date(sequence),
    };
    this.#events.set(sequence, stored);
    this.#arriving.push({
      stream: 'EVENTS_RESULT',
      sequence,
      storedAt: sequence,
      attempt,
      left: 0,
      stored,
      ack: () => void this.told.push(`ack ${id}`),
      retry: () => void this.told.push(`back ${id}`),
      working: () => undefined,
    });
    this.#wake();
  }

  async until(what: string): Promise<void> {
    while (!this.told.includes(what)) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  #queue(): LaneQueue {
    this.#ended = false;
    return {
      found: this.found,
      items: () => this.#items(),
      backlog: async () => Promise.resolve(this.found),
      stop: async () => {
        this.#ended = true;
        this.#wake();
        return Promise.resolve();
      },
    };
  }

  async *#items(): AsyncGenerator<DeliveryItem> {
    while (!this.#ended) {
      const item = this.#arriving.shift();
      if (item !== undefined) yield item;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async #attempt({ stored, attempt, ageMs }: Due): Promise<Attempted> {
    this.tried.push(String(stored.event.attributes['id']));
    const outcome = this.outcomes.shift() ?? DELIVERED;
    const settlement = settleOutcome(outcome, { attempt, ageMs }, this.retries);
    return Promise.resolve({ settlement, outcome, trace: { traceId: '', spanId: '', traceFlags: 0 } });
  }

  async #record(what: string): Promise<void> {
    if (this.failingRecords-- > 0) throw new Error('engine away');
    this.told.push(what);
    this.onRecord(what);
    return Promise.resolve();
  }

  /** As others do it: the watch tells of it. */
  putUp(entry: WaitingDelivery): void {
    const key = `${entry.subscription}.${entry.stream}.${String(entry.sequence)}`;
    this.#revision += 1;
    const told = { key, value: Buffer.from(JSON.stringify(entry)), revision: this.#revision };
    this.entries.set(key, told);
    this.#watching(told);
  }

  #watching: (entry: KeyValueEntry) => void = () => undefined;

  #bucket() {
    const kept = new Promise<void>(() => undefined);
    return {
      get: async (key: string) => Promise.resolve(this.entries.get(key)),
      put: async (key: string, value: string) => {
        const { cause } = JSON.parse(value) as WaitingDelivery;
        this.told.push(`${cause} ${key.slice(key.lastIndexOf('.') + 1)}`);
        this.#revision += 1;
        this.entries.set(key, { key, value: Buffer.from(value), revision: this.#revision });
        return Promise.resolve(this.#revision);
      },
      forget: async (key: string) => {
        this.told.push(`forget ${key.slice(key.lastIndexOf('.') + 1)}`);
        this.entries.delete(key);
        return Promise.resolve();
      },
      watch: async (onEntry: (entry: KeyValueEntry) => void) => {
        for (const entry of this.entries.values()) onEntry(entry);
        this.#watching = onEntry;
        return Promise.resolve({ ready: Promise.resolve(), ended: kept, stop: () => undefined });
      },
    };
  }
}

describe('the courier', () => {
  let round: Round;
  const begin = async (set: (round: Round) => void = () => undefined): Promise<Round> => {
    round = new Round();
    set(round);
    return round.begin();
  };
  afterEach(async () => round.courier.stop(0));

  it('lets the engine forget a delivered event only after its step is on disk', async () => {
    (await begin()).handOut(1, 'a1');
    await round.until('ack a1');
    expect(round.told).toEqual(['delivered a1', 'ack a1']);
  });

  it('goes on with other keys while a failed one waits', async () => {
    await begin((one) => {
      one.outcomes = [FAILED];
      one.retries = { ...RETRIES, delaysMs: [600_000], maxAgeMs: Infinity };
    });
    round.handOut(1, 'a1');
    await round.until('ack a1');
    round.handOut(2, 'a2');
    round.handOut(3, 'b1');
    await round.until('ack a2');
    await round.until('ack b1');
    expect(round.tried).toEqual(['a1', 'b1']);
  });

  it('sets a failed one aside after its attempt is on disk, with what is behind it, and tries it again', async () => {
    await begin((one) => (one.outcomes = [FAILED]));
    round.handOut(1, 'a1');
    round.handOut(2, 'a2');
    await round.until('forget 2');
    expect(round.tried).toEqual(['a1', 'a1', 'a2']);
    const of = (what: string): number => round.told.indexOf(what);
    expect([of('attempt a1'), of('retry 1'), of('ack a1')]).toEqual([0, 1, 2]);
    expect(of('held 2')).toBeLessThan(of('ack a2'));
    expect(of('delivered a1')).toBeLessThan(of('forget 1'));
    expect(of('delivered a1')).toBeLessThan(of('delivered a2'));
    expect(round.entries.size).toBe(0);
  });

  it('switches off, copies and records before the engine may forget a parked one', async () => {
    (await begin((one) => (one.outcomes = [GONE]))).handOut(1, 'a1');
    await round.until('ack a1');
    expect(round.told).toEqual(['disable', 'copy endpoint-gone', 'attempt a1', 'parked a1', 'ack a1']);
  });

  it('records what the engine did not take at first without a second attempt, and nothing of the key overtakes it', async () => {
    await begin((one) => (one.failingRecords = 2));
    round.handOut(1, 'a1');
    round.handOut(2, 'a2');
    await round.until('ack a2');
    expect(round.tried).toEqual(['a1', 'a2']);
    expect(round.told).toEqual(['delivered a1', 'ack a1', 'delivered a2', 'ack a2']);
  });

  it('neither sends nor records again what the engine hands out again though it was settled', async () => {
    (await begin()).handOut(1, 'a1');
    await round.until('ack a1');
    round.handOut(1, 'a1', 2);
    round.handOut(2, 'a2');
    await round.until('ack a2');
    expect(round.tried).toEqual(['a1', 'a2']);
    expect(round.told.filter((what) => what === 'ack a1')).toHaveLength(2);
  });

  it('begins nothing before everything unsettled was handed out again, and then in order', async () => {
    await begin((one) => (one.found = { waiting: 0, unsettled: 2, settledTo: 0 }));
    round.handOut(3, 'a3');
    round.handOut(2, 'a2', 2);
    round.handOut(1, 'a1', 2);
    await round.until('ack a3');
    expect(round.tried).toEqual(['a1', 'a2', 'a3']);
  });

  it('hands back what stands behind an endpoint that is down, counts none of it as attempts, and sends it when a probe is answered', async () => {
    await begin((one) => (one.outcomes = [DOWN, DOWN]));
    round.handOut(1, 'a1');
    round.handOut(2, 'b1');
    await round.until('back b1');
    round.handOut(2, 'b1', 2);
    await round.until('delivered b1');
    expect(round.told).not.toContain('attempt b1');
    expect(round.told.filter((what) => what.startsWith('parked'))).toEqual([]);
  });

  it('leaves what arrives for a subscription that is no longer active, and hands it back when it stops', async () => {
    (await begin((one) => (one.subscription = { ...SUBSCRIPTION, status: 'paused' }))).handOut(1, 'a1');
    await new Promise((resolve) => setImmediate(resolve));
    await round.courier.stop(0);
    expect(round.told).toEqual(['back a1']);
    expect(round.tried).toEqual([]);
  });

  it('begins anew with what is put up again as soon as its end is on disk', async () => {
    await begin((one) => {
      one.outcomes = [REFUSED];
      one.onRecord = (what) => what === 'parked a1' && one.putUp({ ...ENTRY, cause: 'unparked', attempts: 0 });
    });
    round.handOut(1, 'a1');
    await round.until('forget 1');
    expect(round.tried).toEqual(['a1', 'a1']);
    expect(round.told).toEqual([
      ...['copy endpoint-refused', 'attempt a1', 'parked a1', 'ack a1'],
      ...['delivered a1', 'forget 1'],
    ]);
  });

  it('goes on with what was set aside before it began', async () => {
    round = new Round();
    round.entries.set('s1.EVENTS_RESULT.1', {
      key: 's1.EVENTS_RESULT.1',
      value: Buffer.from(JSON.stringify(ENTRY)),
      revision: 1,
    });
    round.handOut(1, 'a1', 2);
    round.handOut(2, 'a2');
    await round.begin();
    await round.until('delivered a2');
    expect(round.tried).toEqual(['a1', 'a2']);
    expect(round.told[0]).toBe('ack a1');
  });
});
