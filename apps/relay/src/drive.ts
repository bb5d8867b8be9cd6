import { randomUUID } from 'node:crypto';

import type { Engine } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import type { Log, Telemetry } from '@signalbox/runtime';

import type { Channel } from './channels/channel.js';
import { Attempts } from './deliveries/attempts.js';
import { Deliveries } from './deliveries/deliveries.js';
import type { Gate } from './deliveries/gate.js';
import { Recorder } from './deliveries/recorder.js';
import { WaitingRoom } from './deliveries/waiting-room.js';
import { Governor } from './endpoints/governor.js';
import { governorPolicy } from './endpoints/governor-policy.js';
import { HealthBoard } from './endpoints/health-board.js';
import type { RelayMetrics } from './relay-metrics.js';
import type { ReplayLimits } from './replays/replay-run.js';
import { Replays } from './replays/replays.js';
import type { RelaySettings } from './settings.js';
import { Sharing } from './sharing/sharing.js';

/** What the parts of a relay have in common. */
export interface Wiring {
  readonly engine: Engine;
  readonly registry: Registry;
  readonly ways: ReadonlyMap<string, Channel>;
  readonly gate: Gate;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly metrics: RelayMetrics;
}

/** What carries the deliveries, put together. */
export interface Drive {
  /** Resolves when every subscription that is this relay's share is claimed. */
  begin(): Promise<void>;
  /** Whether this relay drives a subscription. */
  holds(this: void, subscription: string): boolean;
  /** Resolves when nothing is under way any more and every claim is given up. */
  stop(): Promise<void>;
}

/** Puts together what carries deliveries, and announces this relay to others. @throws EngineUnavailable */
export async function startDrive(settings: RelaySettings, wiring: Wiring): Promise<Drive> {
  const { engine, log, metrics } = wiring;
  const room = await WaitingRoom.open(engine, log);
  const board = new HealthBoard({
    bucket: await engine.kv('HEALTH'),
    steps: engine.steps,
    log,
    metrics,
    everyMs: settings.endpointHealthEveryMs,
  });
  // Sharing tells of changes from the beginning; deliveries follow them from when they are there.
  let following: Deliveries | undefined;
  const sharing = await Sharing.open({
    engine,
    id: randomUUID(),
    beatMs: settings.relayBeatMs,
    log,
    changed: () => following?.follow(),
    cutOff: () => following?.interrupt(),
  });
  const deliveries = (following = deliveriesOf(settings, { ...wiring, room, board, sharing }));
  return {
    holds: (subscription) => sharing.holds(subscription),
    begin: async () => deliveries.start(),
    stop: async () => {
      await deliveries.stop();
      await sharing.stop();
      await board.settled();
      room.stop();
    },
  };
}

type Parts = Wiring & { readonly room: WaitingRoom; readonly board: HealthBoard; readonly sharing: Sharing };

function deliveriesOf(settings: RelaySettings, parts: Parts): Deliveries {
  const { engine, registry, ways, room, board, sharing, log, metrics } = parts;
  return new Deliveries({
    engine,
    registry,
    attempts: attemptsOf(settings, parts),
    recorder: new Recorder(engine),
    room,
    sharing,
    board,
    governor: (limit) => new Governor(governorPolicy(settings, limit)),
    channelLimit: (protocol) => ways.get(protocol)?.concurrency ?? Infinity,
    sources: (id) => [new Replays({ events: engine.events, registry, limits: replayLimits(settings), log }, id)],
    limits: {
      concurrency: settings.deliveryConcurrency,
      heldPerKey: settings.deliveryHeldPerKey,
      maxWaiting: settings.deliveryMaxWaiting,
      ackWaitMs: settings.deliveryAckWaitMs,
      redoMs: settings.deliveryRedoMs,
      mergeMs: settings.deliveryMergeMs,
      lookaheadMs: settings.lookaheadMs,
      lookaheadKeys: settings.lookaheadKeys,
      maxUnsettled: settings.deliveryMaxUnsettled,
      prefetch: Math.min(settings.deliveryConcurrency, settings.deliveryMaxUnsettled),
      graceMs: settings.deliveryGraceMs,
      backlogEveryMs: settings.backlogEveryMs,
    },
    log,
    metrics,
  });
}

function replayLimits(settings: RelaySettings): ReplayLimits {
  return {
    checkpointMs: settings.replayCheckpointMs,
    pageSize: settings.replayPage,
    redoMs: settings.deliveryRedoMs,
  };
}

function attemptsOf(settings: RelaySettings, { registry, ways, gate, telemetry, metrics }: Wiring): Attempts {
  return new Attempts({
    registry,
    channels: ways,
    policy: {
      delaysMs: settings.retryDelaysMs.map(Number),
      maxAttempts: settings.retryMaxAttempts,
      maxAgeMs: settings.retryMaxAgeMs,
      jitter: settings.retryJitter,
      maxRetryAfterMs: settings.retryAfterMaxMs,
    },
    signingKey: settings.webhookSigningKey,
    gate,
    tracer: telemetry.tracer,
    metrics,
  });
}
