import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Catalogue, DEFAULT_LIMITS, defaultSchemasFolder } from '@signalbox/contracts';
import { Engine, EngineTransport, streamOf } from '@signalbox/messaging';
import {
  Announcing,
  type Outage,
  ensureConsole,
  ensureOperator,
  Registry,
  TokenAuthority,
  TokenVerifier,
} from '@signalbox/registry';
import {
  createLog,
  Metrics,
  otlpJsonExporter,
  SettingsError,
  startHttp,
  startTelemetry,
  type Log,
  type Running,
  type RunningApp,
  type Telemetry,
} from '@signalbox/runtime';
import { FhirNotifications } from './doors/fhir/notifications.js';
import { fhirProblemForm } from './doors/fhir/operation-outcome.js';
import { Acceptance } from './events/acceptance.js';
import { EventMetrics } from './events/event-metrics.js';
import type { OfferLimits } from './events/events.controller.js';
import { RefusalRecord } from './events/refusal-record.js';
import { deriveKey } from './events/sealing.js';
import { DeliveryRecords } from './following/delivery-records.js';
import { LedgerClient } from './following/ledger-client.js';
import { GatewayModule } from './gateway.module.js';
import { healthOf } from './health.js';
import { authenticateRequests } from './http/authentication.js';
import { openMemory, type Memory } from './memory.js';
import { OutageDesk } from './organisations/outage-desk.js';
import { StageConfirmations } from './organisations/stage-confirmation.js';
import { StageDesk } from './organisations/stage-desk.js';
import { Acting } from './parked/acting.js';
import { BulkActions } from './parked/bulk-actions.js';
import { EventsDesk } from './parked/events-desk.js';
import { ParkedDesk } from './parked/parked-desk.js';
import { PublisherDesk } from './parked/publisher-desk.js';
import { problemOf } from './problems.js';
import { OwnEvents } from './replays/own-events.js';
import { Planning } from './replays/planning.js';
import { reachedBy } from './replays/reached.js';
import { ReplayDesk } from './replays/replay-desk.js';
import { Seeking } from './replays/seeking.js';
import type { GatewaySettings } from './settings.js';
import { careOf } from './subscription-care/care.js';
import { Acknowledging } from './subscriptions/acknowledging.js';
import { CursorStore } from './subscriptions/cursor-store.js';
import { CursorCodec } from './subscriptions/cursor.js';
import { SubscriptionDesk } from './subscriptions/desk.js';
import { FilterTesting } from './subscriptions/filter-test.js';
import { Newness } from './subscriptions/newness.js';
import { Pulling } from './subscriptions/pulling.js';
import { Streaming, type StreamLimits } from './subscriptions/streaming.js';
import { Switching } from './subscriptions/switching.js';
import { WaitingShelf } from './subscriptions/waiting-shelf.js';

const VERSION = '0.1.0';

/** A running gateway. */
export interface RunningGateway extends Running {
  readonly url: string;
  /** Every route that is served, `METHOD /path`. */
  readonly routes: readonly string[];
}

/** Everything that lives as long as the process. */
interface Parts {
  readonly settings: GatewaySettings;
  readonly log: Log;
  readonly engine: Engine;
  readonly registry: Registry;
  readonly memory: Memory;
  readonly metrics: Metrics;
  readonly eventMetrics: EventMetrics;
  readonly telemetry: Telemetry;
  readonly catalogue: Catalogue;
}

/**
 * Puts the gateway together: the only place that makes its parts.
 * @throws {SettingsError} {EngineRefusal} {CannotListen} each with one clear line
 */
export async function startGateway(settings: GatewaySettings): Promise<RunningGateway> {
  const log = createLog('gateway', settings.logLevel, { format: settings.logFormat });
  const metrics = new Metrics('gateway');
  const eventMetrics = new EventMetrics(metrics);
  const catalogue = await Catalogue.load(settings.schemasFolder ?? defaultSchemasFolder());
  const engine = await openEngine(settings, log, eventMetrics);
  const telemetry = startTelemetry({
    service: 'signalbox-gateway',
    version: VERSION,
    sampleRatio: settings.traceSampleRatio,
    exporters: [otlpJsonExporter((bytes) => engine.spans.publish(bytes))],
  });
  const registry = await Registry.open(engine, log);
  await ensureKeys(settings, registry);
  const memory = await openMemory(settings, engine, metrics, log);
  const parts = { settings, log, engine, registry, memory, metrics, eventMetrics, telemetry, catalogue };
  const routes: string[] = [];
  const http = await serve(parts, routes);
  memory.recovery.start();
  log.info({ port: http.port }, 'the gateway takes events');
  return { url: http.url, routes, close: () => close(parts, http) };
}

async function close({ memory, registry, telemetry, engine, metrics }: Parts, http: Running): Promise<void> {
  await http.close();
  await memory.recovery.close();
  registry.close();
  await telemetry.shutdown();
  await engine.drain();
  memory.link.close();
  metrics.clear();
}

async function openEngine(settings: GatewaySettings, log: Log, eventMetrics: EventMetrics): Promise<Engine> {
  const { natsMonitorUrl, environment } = settings;
  const engine = await Engine.connect({
    servers: settings.natsUrl,
    user: settings.natsUser,
    password: settings.natsPassword,
    name: 'signalbox-gateway',
    log,
    profile: environment === 'production' ? 'production' : 'development',
    ...(natsMonitorUrl !== undefined && { monitorUrl: natsMonitorUrl }),
    topology: { replicas: settings.replicas, retentionDays: settings.retentionDays },
    commit: {
      commitTimeoutMs: settings.commitTimeoutMs,
      onCommit: (size, milliseconds) => {
        eventMetrics.commits.observe(size);
        eventMetrics.commitSeconds.observe(milliseconds / 1000);
      },
    },
  });
  await engine.ensureTopology();
  return engine;
}

async function serve(parts: Parts, routes: string[]): Promise<RunningApp> {
  const { settings, log, engine, registry, metrics, telemetry } = parts;
  const verifier = new TokenVerifier(registry);
  const services = await servicesOf(parts);
  return startHttp({
    module: GatewayModule.of({ ...services, verifier }),
    host: settings.host,
    port: settings.port,
    reusePort: settings.reusePort,
    portSetting: 'SIGNALBOX_GATEWAY_PORT',
    log,
    health: healthOf(parts),
    metrics,
    refusalOf: problemOf,
    problemForm: fhirProblemForm,
    telemetry,
    microservice: new EngineTransport(engine, { group: 'gateway' }),
    maxBodyBytes: Math.max(settings.batchBytes, settings.maxBodyBytes),
    requestTimeoutMs: settings.requestTimeoutMs,
    closeTimeoutMs: settings.closeTimeoutMs,
    configure: (fastify) => {
      fastify.addHook('onRoute', ({ method, url }) => {
        routes.push(...[method].flat().map((one) => `${one} ${url}`));
      });
      authenticateRequests(fastify, verifier, registry);
    },
  });
}

async function servicesOf(parts: Parts) {
  const { settings, engine, registry, memory, catalogue } = parts;
  const { events, steps, families } = engine;
  const cursors = new CursorStore(await engine.kv('CURSORS'));
  const fetching = await fetchingOf(parts, cursors);
  const { ledgerUrl: url, ledgerTimeoutMs: timeoutMs, ledgerActTimeoutMs: actTimeoutMs } = settings;
  const ledger = new LedgerClient({ url, timeoutMs, actTimeoutMs });
  const switching = new Switching({ families, places: engine, cursors });
  const plainSinks = settings.environment !== 'production';
  const desk = new SubscriptionDesk({ families, catalogue, events, cursors, switching, registry, plainSinks });
  const records = new DeliveryRecords(ledger);
  return {
    catalogue,
    registry,
    ledger,
    ...fetching,
    fhir: await fhirOf(parts),
    filterTesting: new FilterTesting({ families, events, registry, most: settings.filterTestEvents }),
    acceptance: acceptanceOf(parts),
    limits: limitsOf(settings),
    turns: { inHand: settings.natsInHand, inLine: settings.natsInLine, refusalMs: settings.natsRefusalMs },
    authority: await authorityOf(settings, registry),
    jtiStore: memory.replays,
    desk,
    ...repeatingOf(parts, { desk, cursors, records }),
    ...(await parkedOf(parts, { desk, records, ledger })),
    ...(await careOf(settings, { engine, registry, catalogue, cursors })),
    acknowledging: new Acknowledging(fetching.pulling, steps, ledger),
    stages: stagesOf(parts, ledger),
    outages: outagesOf(parts),
    publicUrl: settings.publicUrl,
    peopleMax: settings.peopleMax,
    pullWaitMaxMs: settings.pullWaitMaxMs,
  };
}

/** Takes up outages, and tells of them. */
function outagesOf({ settings, registry, catalogue, engine, log }: Parts): OutageDesk {
  const announcing = new Announcing({ events: engine.events, catalogue });
  const onUntold = (error: unknown, { ods: org }: Outage) =>
    log.warn({ err: error, org }, 'an outage stands and could not be told to everybody; the ledger tells the others');
  return new OutageDesk({ registry, catalogue, announcing, aDay: settings.outagesADay, onUntold });
}

/** Changes how strictly publishers are judged, shown beforehand and announced afterwards. */
function stagesOf({ settings, registry, catalogue, engine }: Parts, ledger: LedgerClient): StageDesk {
  const key = deriveKey(settings.pseudonymKey, 'stage confirmation');
  const confirmations = new StageConfirmations(key, settings.stageConfirmMinutes * 60_000);
  const announcing = new Announcing({ events: engine.events, catalogue });
  return new StageDesk({ registry, catalogue, ledger, announcing, confirmations });
}

function acceptanceOf({
  settings,
  engine,
  registry,
  memory,
  catalogue,
  telemetry,
  eventMetrics,
  log,
}: Parts): Acceptance {
  const refusedKey = deriveKey(settings.refusedKey ?? settings.pseudonymKey, 'refused payload');
  return new Acceptance({
    catalogue,
    registry,
    events: engine.events,
    steps: engine.steps,
    refusals: new RefusalRecord(engine.rejected, refusedKey, settings.refusedPayloadBytes),
    digests: memory.digests,
    versions: memory.versions,
    doubt: () => memory.recovery.doubt(),
    rate: memory.rate,
    pseudonymKey: createSecretKey(deriveKey(settings.pseudonymKey, 'pseudonym')),
    tracer: telemetry.tracer,
    metrics: eventMetrics,
    onStepLost: (error) => log.error({ err: error }, 'a step could not be recorded'),
    onLeniency: (fields) => log.info(fields, 'an event was accepted although rules were broken, as its policy says'),
  });
}

function limitsOf({ maxBodyBytes, batchBytes, batchEvents }: GatewaySettings): OfferLimits {
  return { ...DEFAULT_LIMITS, maxBodyBytes, batchBytes, batchEvents };
}

/** The two ways of one cursor. */
async function fetchingOf({ settings, engine, registry }: Parts, cursors: CursorStore) {
  const { events, steps, families, parked } = engine;
  const codec = new CursorCodec(deriveKey(settings.pseudonymKey, 'cursor'));
  const streams = new Map(families.map((family) => [family, streamOf(family)]));
  const shelf = new WaitingShelf(await engine.kv('WAITING'), events, parked, streams);
  const newness = new Newness(events, families, settings.lookEveryMs);
  const pulling = new Pulling({ families, events, steps, parked, cursors, codec, registry, shelf, newness });
  return { pulling, streaming: new Streaming({ registry, pulling, cursors, codec, limits: streamLimitsOf(settings) }) };
}

/** What is sent again, and where a subscription goes on. */
function repeatingOf(
  { settings, engine, registry }: Parts,
  { desk, cursors, records }: { desk: SubscriptionDesk; cursors: CursorStore; records: DeliveryRecords },
) {
  const { events, steps, families } = engine;
  const own = new OwnEvents(events, registry);
  const reached = reachedBy(engine);
  const { replayLookMax: look, replayEventsMax, replayStretchesMax: stretches } = settings;
  const limits = { look, events: replayEventsMax, stretches };
  const planning = new Planning({ families, events, own, records, reached, limits });
  const { replayRate: rate, replayRateMax: rateMax, replaysKept: kept } = settings;
  const replays = new ReplayDesk({ desk, registry, planning, limits: { rate, rateMax, kept } });
  const bounds = { look: settings.seekMax, steps: settings.seekStepsAtOnce };
  const seeking = new Seeking({
    families,
    events,
    steps,
    registry,
    desk,
    replays,
    cursors,
    own,
    reached,
    limits: bounds,
  });
  return { replays, seeking };
}

/** What could not be delivered, and what people do about it. */
async function parkedOf(
  { settings, engine, registry }: Parts,
  { desk, records, ledger }: { desk: SubscriptionDesk; records: DeliveryRecords; ledger: LedgerClient },
) {
  const { events, steps, parked } = engine;
  const limits = { deliveries: settings.parkedActMax, atOnce: settings.parkedActsAtOnce };
  const acting = new Acting({ events, parked, steps, records, waiting: await engine.kv('WAITING'), limits });
  const { bulkSecondPerson: alone, bulkActionHours: hours, bulkActionsKept: kept } = settings;
  const actions = new BulkActions({ registry, acting, limits: { alone, hours, kept } });
  const publisherDesk = new PublisherDesk({ ledger, acting, registry });
  const eventsDesk = new EventsDesk({ ledger, registry, steps, atOnce: settings.parkedActsAtOnce });
  return { actions, publisherDesk, eventsDesk, parked: new ParkedDesk({ desk, registry, records, acting, actions }) };
}

/** What the FHIR door tells receivers that ask. */
async function fhirOf({ settings, engine, registry }: Parts) {
  const { numbers, events } = engine;
  const base = `${settings.publicUrl.replace(/\/+$/, '')}/fhir`;
  const health = await engine.kv('HEALTH');
  const most = settings.fhirEventsMax;
  return { base, notifications: new FhirNotifications({ registry, numbers, events, health, base, most }) };
}

function streamLimitsOf(settings: GatewaySettings): StreamLimits {
  const { streamHeartbeatMs, streamUnacknowledged, streamRetryMs, streamsMax } = settings;
  return {
    heartbeatMs: streamHeartbeatMs,
    unacknowledged: streamUnacknowledged,
    retryMs: streamRetryMs,
    streams: streamsMax,
  };
}

function authorityOf(settings: GatewaySettings, registry: Registry): Promise<TokenAuthority> {
  const { publicUrl, tokenSeconds: ttlSeconds, tokenSigningKeyFile: signingKeyFile } = settings;
  const issuer = publicUrl.replace(/\/+$/, '');
  const common = { issuer, audience: `${issuer}/oauth2/token`, ttlSeconds };
  if (signingKeyFile !== undefined) return TokenAuthority.open(registry, { ...common, signingKeyFile });
  if (settings.environment === 'production') {
    throw new SettingsError(['SIGNALBOX_TOKEN_SIGNING_KEY_FILE: is not set (needed in production)']);
  }
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return TokenAuthority.open(registry, { ...common, jwk: { ...jwk, kid: 'development' } });
}

/** Registers the operator's and the console's public keys, where the settings name them. */
async function ensureKeys({ operatorKeyFile, consoleKeyFile, publicUrl }: GatewaySettings, registry: Registry) {
  if (operatorKeyFile !== undefined) {
    await ensureOperator(registry, await readJwk(operatorKeyFile, 'SIGNALBOX_OPERATOR_KEY_FILE'));
  }
  if (consoleKeyFile === undefined) return;
  const key = await readJwk(consoleKeyFile, 'SIGNALBOX_CONSOLE_KEY_FILE');
  await ensureConsole(registry, key, publicUrl.replace(/\/+$/, ''));
}

async function readJwk(file: string, setting: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch {
    throw new SettingsError([`${setting}: the file cannot be read as a JWK`]);
  }
}
