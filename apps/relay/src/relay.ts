import { refusalOf } from '@signalbox/contracts';
import { Engine } from '@signalbox/messaging';
import { Registry } from '@signalbox/registry';
import {
  createLog,
  Health,
  type Log,
  Metrics,
  otlpJsonExporter,
  type Running,
  SettingsError,
  startHttp,
  startTelemetry,
} from '@signalbox/runtime';

import type { FhirChannel } from './channels/fhir/fhir-channel.js';
import { askByHandshake } from './channels/fhir/handshake.js';
import { fhirNotifications } from './channels/fhir/notifications.js';
import { channels } from './channels/index.js';
import { natsInboxes } from './channels/nats/inboxes.js';
import { Gate } from './deliveries/gate.js';
import { startDrive, type Wiring } from './drive.js';
import { EgressClient } from './egress/client.js';
import { EgressPolicy } from './egress/policy.js';
import { TestEvents } from './endpoints/test-events.js';
import { relayMetrics } from './relay-metrics.js';
import type { RelaySettings } from './settings.js';
import { Activation } from './subscriptions/activation.js';
import { askConsent, type Consent, type Endpoint } from './subscriptions/handshake.js';

const VERSION = '0.1.0';

/** The relay has no calls of its own: health and metrics are served by the runtime. */
class RelayModule {
  readonly app = 'relay';
}

/** A running relay. */
export interface RunningRelay extends Running {
  /** Of health and metrics. */
  readonly url: string;
}

/**
 * Puts the relay together: the only place that makes its parts.
 * @throws SettingsError for a bad list of hosts; EngineRefusal or EngineUnavailable when the engine is not fit; CannotListen
 */
export async function startRelay(settings: RelaySettings): Promise<RunningRelay> {
  const policy = egressPolicy(settings);
  const log = createLog('relay', settings.logLevel, { format: settings.logFormat });
  const engine = await openEngine(settings, log);
  const telemetry = startTelemetry({
    service: 'signalbox-relay',
    version: VERSION,
    sampleRatio: settings.traceSampleRatio,
    exporters: [otlpJsonExporter((bytes) => engine.spans.publish(bytes))],
  });
  const registry = await Registry.open(engine, log);
  const metrics = new Metrics('relay');
  const own = relayMetrics(metrics);
  const egress = egressClient(settings, policy, registry);
  const gate = new Gate(settings.deliveryTotalConcurrency);
  metrics.gauge('signalbox_deliveries_in_flight', 'Attempts under way now', [], (gauge) => gauge.set(gate.inside));
  const inboxes = natsInboxes(settings, { engine, registry, log });
  const fhir = fhirNotifications(settings, { engine, registry, egress, log });
  const ways = channels({
    egress,
    fhir: fhir.channel,
    origin: settings.webhookOrigin,
    batch: { waitMs: settings.webhookBatchWaitMs, bytes: settings.webhookBatchBytes },
    nats: inboxes.channel,
  });
  const drive = await startDrive(settings, { engine, registry, ways, gate, telemetry, log, metrics: own });
  const activation = activationOf(settings, { registry, egress, fhir: fhir.channel, log, metrics: own });
  const heartbeats = fhir.heartbeats(drive.holds);
  const tests = testEventsOf(settings, { engine, registry, ways, telemetry, log });
  const http = await startHttp({
    module: { module: RelayModule },
    host: settings.host,
    port: settings.port,
    portSetting: 'SIGNALBOX_RELAY_PORT',
    log,
    health: healthOf(engine, registry),
    metrics,
    refusalOf,
    telemetry,
    closeTimeoutMs: settings.closeTimeoutMs,
  });
  await drive.begin();
  const beside = [activation, inboxes.acknowledgements, tests, heartbeats];
  await Promise.all(beside.map(async (part) => part.start()));
  log.info({ port: http.port }, 'the relay carries events');
  return {
    url: http.url,
    close: async () => {
      await Promise.all([...beside, drive].map(async (part) => part.stop()));
      registry.close();
      egress.close();
      await http.close();
      await telemetry.shutdown();
      await engine.drain();
      metrics.clear();
    },
  };
}

function egressPolicy({ egressAllow, environment }: RelaySettings): EgressPolicy {
  let policy: EgressPolicy;
  try {
    policy = new EgressPolicy(egressAllow);
  } catch (error) {
    throw new SettingsError([`SIGNALBOX_EGRESS_ALLOW: ${(error as Error).message}`]);
  }
  if (environment === 'production' && policy.opensLoopback) {
    throw new SettingsError([
      'SIGNALBOX_EGRESS_ALLOW: opens loopback addresses, and with them the engine and Redis; not in production',
    ]);
  }
  return policy;
}

function egressClient(settings: RelaySettings, policy: EgressPolicy, registry: Registry): EgressClient {
  return new EgressClient({
    policy,
    allowed: (id) => {
      const ods = registry.subscription(id)?.ods;
      return (ods === undefined ? undefined : registry.organisation(ods)?.egressAllow) ?? [];
    },
    timeoutMs: settings.webhookTimeoutMs,
    idleConnections: settings.egressIdleConnections,
    idleMs: settings.egressIdleMs,
    answerBytes: settings.webhookAnswerBytes,
    bodyMs: settings.webhookBodyMs,
  });
}

/** Connects and waits for the streams: the gateway creates them, and apps start in any order. */
function openEngine(settings: RelaySettings, log: Log): Promise<Engine> {
  const { natsMonitorUrl } = settings;
  return Engine.connect({
    servers: settings.natsUrl,
    user: settings.natsUser,
    password: settings.natsPassword,
    name: 'signalbox-relay',
    log,
    profile: settings.environment === 'production' ? 'production' : 'development',
    ...(natsMonitorUrl !== undefined && { monitorUrl: natsMonitorUrl }),
    streamsWithinMs: settings.engineWaitMs,
  });
}

/** What endpoints are asked with. */
interface Asking {
  readonly egress: EgressClient;
  readonly fhir: FhirChannel;
}

function activationOf(
  settings: RelaySettings,
  { registry, egress, fhir, log, metrics }: Pick<Wiring, 'registry' | 'log' | 'metrics'> & Asking,
): Activation {
  const ask = async (endpoint: Endpoint, signal: AbortSignal): Promise<Consent> => {
    const subscription = registry.subscription(endpoint.subscription);
    // The handshake of FHIR is part of its protocol, so nobody can spare it.
    if (subscription?.protocol === 'FHIR') return askByHandshake(fhir, subscription, signal);
    if (settings.webhookHandshake === 'skip') return { kind: 'given' };
    return askConsent(egress, endpoint, settings.webhookOrigin, signal);
  };
  return new Activation({
    registry,
    ask,
    delaysMs: settings.webhookHandshakeDelaysMs.map(Number),
    redoMs: settings.deliveryRedoMs,
    log,
    metrics,
  });
}

function testEventsOf(
  settings: RelaySettings,
  { engine, registry, ways, telemetry, log }: Pick<Wiring, 'engine' | 'registry' | 'ways' | 'telemetry' | 'log'>,
): TestEvents {
  return new TestEvents({
    engine,
    registry,
    channels: ways,
    signingKey: settings.webhookSigningKey,
    tracer: telemetry.tracer,
    concurrency: settings.testConcurrency,
    log,
  });
}

function healthOf(engine: Engine, registry: Registry): Health {
  const health = new Health();
  health.add('engine', async () => {
    await engine.verify();
    return { state: 'up', sentence: `Connected to nats-server ${engine.status().version}; every stream is there.` };
  });
  health.add('registry', () => registry.health());
  return health;
}
