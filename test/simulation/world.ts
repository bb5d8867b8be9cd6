import { orderingKey } from '@signalbox/contracts';
import type { KeyValue, StoredEvent, WaitingDelivery } from '@signalbox/messaging';
import { waitingKey } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import { createLog, Metrics } from '@signalbox/runtime';
import type { Marks, Outcome } from '../../apps/relay/src/channels/channel.js';
import type { Source, Taking } from '../../apps/relay/src/deliveries/arrival.js';
import type { Attempts, Due } from '../../apps/relay/src/deliveries/attempts.js';
import { Courier } from '../../apps/relay/src/deliveries/courier.js';
import { Loader } from '../../apps/relay/src/deliveries/loader.js';
import { Recorder } from '../../apps/relay/src/deliveries/recorder.js';
import { settleOutcome } from '../../apps/relay/src/deliveries/settlement.js';
import { WaitingRoom } from '../../apps/relay/src/deliveries/waiting-room.js';
import { Governor } from '../../apps/relay/src/endpoints/governor.js';
import { relayMetrics } from '../../apps/relay/src/relay-metrics.js';
import { ACK_WAIT_MS, Life, MAX_UNSETTLED, seeded, SimulatedEngine, type SimulatedEvent } from './engine.js';

export const FAMILIES = ['referral', 'booking'] as const;
const REDO_MS = 3;
const GRACE_MS = 15;
const silent = createLog('test', 'silent');
const RETRIES = { delaysMs: [2, 6], maxAttempts: 5, maxAgeMs: 60_000, jitter: 0, maxRetryAfterMs: 20 };
const GOVERNMENT = {
  limit: 4,
  openAfter: 4,
  firstPauseMs: 4,
  longestPauseMs: 16,
  probeWithinMs: 200,
  streak: 3,
  lookBack: 10,
  maxRetryAfterMs: 20,
  lagAfterMs: 1_000,
  stagesMs: [1_000, 2_000] as const,
};

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

/** One event as it came to the receiver. */
export interface Receipt {
  readonly stored: StoredEvent;
  readonly marks: Marks;
}

/** A replay that has begun. */
export interface Replay {
  /** What it is to send, in order. */
  readonly events: readonly StoredEvent[];
  /** What of that is over. */
  readonly done: Set<StoredEvent>;
  /** How much the receiver had when it began. */
  readonly from: number;
}

/** How the receiver treats what comes: shares of 1, the rest is taken and answered. */
export interface Temper {
  /** Fails before it has taken it. */
  readonly fails: number;
  /** Takes it, and the answer is lost. */
  readonly mute: number;
  /** Will not have it, ever. */
  readonly refuses: number;
}

/** One subscription with everything around it: an engine, relays that come and go, a receiver with a temper. */
export class World {
  readonly engine = new SimulatedEngine();
  readonly receipts: Receipt[] = [];
  readonly #random: () => number;
  #relay: { life: Life; courier: Courier; room: WaitingRoom } | undefined;
  /** Of processes that have crashed: nothing that they do is seen, but they would do it for ever. */
  readonly #dead: Courier[] = [];
  #replays: (() => Source)[] = [];
  readonly replayed = new Map<string, Replay>();
  temper: Temper;

  constructor(seed: number, temper: Temper) {
    this.#random = seeded(seed);
    this.temper = temper;
  }

  publish(event: SimulatedEvent): void {
    this.engine.publish(event);
  }

  async start(): Promise<void> {
    const life = new Life(this.#random);
    const { engine } = this;
    const room = await WaitingRoom.open(
      {
        kv: async () => Promise.resolve(engine.waiting.seenBy(life) as KeyValue),
        lastSequence: async () => life.call(() => engine.waiting.revision),
        message: async () => life.call(() => ({}) as never),
      },
      silent,
    );
    const metrics = relayMetrics(new Metrics('test'));
    const courier = new Courier({
      id: SUBSCRIPTION.id,
      families: FAMILIES,
      types: ['*'],
      events: engine.eventsSeenBy(life),
      attempts: { try: async (due: Due) => this.#attempt(due, life) } as unknown as Attempts,
      recorder: new Recorder({
        steps: { publish: async (step) => life.call(() => void engine.steps.set(step.id, step)) },
        parked: { publish: async (copy) => life.call(() => void engine.parked.set(copy.id, copy)) },
      }),
      loader: new Loader({
        events: engine.eventsSeenBy(life),
        parked: { get: async () => Promise.resolve(undefined), newest: async () => Promise.resolve(undefined) },
        room,
        log: silent,
      }),
      room,
      limits: {
        concurrency: 4,
        heldPerKey: 3,
        maxWaiting: 1_000,
        ackWaitMs: ACK_WAIT_MS,
        redoMs: REDO_MS,
        mergeMs: 10,
        maxUnsettled: MAX_UNSETTLED,
        lookaheadMs: 4,
        lookaheadKeys: 100,
      },
      log: silent,
      metrics,
      subscription: () => SUBSCRIPTION,
      open: async (family) => life.call(() => engine.open(family, life)),
      disable: async () => Promise.resolve(),
      governor: () => new Governor(GOVERNMENT),
      mayDrive: () => !life.dead,
      channelLimit: Infinity,
      sources: this.#replays.map((make) => make()),
      observe: () => undefined,
    });
    this.#relay = { life, courier, room };
    courier.start();
  }

  /** The process ends between any two of its acts; another takes the subscription over. */
  async crash(): Promise<void> {
    this.#relay?.life.kill();
    if (this.#relay !== undefined) this.#dead.push(this.#relay.courier);
    this.engine.note('crash');
    await this.start();
  }

  /** An orderly stop, and another relay goes on. */
  async handOver(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.#relay?.courier.stop(GRACE_MS);
    this.#relay?.room.stop();
  }

  /** Ends it, with what crashed processes would still do: they wait for answers that never come, so nobody waits for them. */
  async end(): Promise<void> {
    await this.stop();
    for (const courier of this.#dead) void courier.stop(0);
  }

  /** A correction goes to the subscription though it does not ask for its type. */
  correct(stored: StoredEvent): void {
    this.#putUp({ ...placeIn(stored), cause: 'correction', corrects: 'an earlier one' });
  }

  /** A person puts up again what was parked. */
  unpark(stored: StoredEvent): void {
    this.#putUp({ ...placeIn(stored), cause: 'unparked', by: 'X9G1P:system' });
  }

  /** Everything that lies there now is sent again; whoever drives the subscription next begins with it. */
  async replay(id: string): Promise<void> {
    const events = [...this.engine.streams.values()]
      .flat()
      .filter(({ event }) => String(event.attributes['type']).endsWith('.asked.v1'))
      .sort((a, b) => a.time.getTime() - b.time.getTime());
    const done = new Set<StoredEvent>();
    await this.stop();
    this.replayed.set(id, { events, done, from: this.receipts.length });
    this.#replays.push(() => replaySource(id, events, done));
    await this.start();
  }

  #putUp(entry: WaitingDelivery): void {
    const key = waitingKey(entry);
    if (this.engine.waiting.keys().includes(key)) return;
    this.engine.waiting.write(key, JSON.stringify(entry));
  }

  async #attempt({ stored, marks, attempt, ageMs, signal }: Due, life: Life) {
    const outcome = await life.call(() => this.#receive(stored, marks));
    signal.throwIfAborted();
    const settlement = settleOutcome(outcome, { attempt, ageMs }, RETRIES, () => 0.5);
    return { settlement, outcome, trace: { traceId: '', spanId: '', traceFlags: 0 } };
  }

  #receive(stored: StoredEvent, marks: Marks): Outcome {
    const { fails, mute, refuses } = this.temper;
    const chance = this.#random();
    if (chance < fails) return { kind: 'retry', reason: 'endpoint-error', latencyMs: 1, status: 500 };
    if (chance < fails + refuses) return { kind: 'refused', code: 'endpoint-refused', latencyMs: 1, status: 422 };
    this.receipts.push({ stored, marks });
    this.engine.note(`${stored.stream}.${String(stored.sequence)} received, key ${orderingKey(stored.event)}`);
    if (chance < fails + refuses + mute) return { kind: 'retry', reason: 'endpoint-timeout', latencyMs: 1 };
    return { kind: 'delivered', latencyMs: 1, status: 204 };
  }
}

function placeIn({ event, stream, sequence, time }: StoredEvent) {
  return {
    subscription: SUBSCRIPTION.id,
    stream,
    sequence,
    key: orderingKey(event),
    stored: time.toISOString(),
    attempts: 0,
  };
}

/** The contract between a replay and the courier, at its simplest: in order, and live events of its keys wait. */
function replaySource(id: string, events: readonly StoredEvent[], done: Set<StoredEvent>): Source {
  let stopped = false;
  let open: () => void = () => undefined;
  let offering: Promise<void> = Promise.resolve();
  const run = async (courier: Taking): Promise<void> => {
    for (const stored of events) {
      if (stopped) return;
      if (done.has(stored)) continue;
      await courier.offer({
        stream: stored.stream,
        sequence: stored.sequence,
        storedAt: stored.time.getTime(),
        key: orderingKey(stored.event),
        urgent: false,
        marks: { replay: id },
        attempts: 0,
        load: async () => Promise.resolve(stored),
        over: async () => Promise.resolve(void done.add(stored)),
      });
    }
  };
  return {
    start: (courier) => {
      open = courier.fence((key, storedAt) =>
        events.some(
          (stored) =>
            !done.has(stored) && !stopped && orderingKey(stored.event) === key && stored.time.getTime() < storedAt,
        ),
      );
      offering = run(courier);
    },
    stop: async () => {
      stopped = true;
      open();
      await offering;
    },
  };
}
