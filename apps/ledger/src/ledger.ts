import { Catalogue, defaultSchemasFolder, refusalOf, typeMatches } from '@signalbox/contracts';
import { Engine, EngineTransport } from '@signalbox/messaging';
import { isPersonId, Registry, TokenVerifier } from '@signalbox/registry';
import {
  createLog,
  type Log,
  Metrics,
  otlpJsonExporter,
  RedisLink,
  type RunningApp,
  startHttp,
  startTelemetry,
} from '@signalbox/runtime';
import { join } from 'node:path';
import { Answers } from './console/answers.js';
import { Assets } from './console/assets.controller.js';
import { assetsVersion, loadAssets } from './console/assets.js';
import { EndedSessions } from './console/ended-sessions.js';
import { Pages } from './console/pages.js';
import { Sessions } from './console/session.js';
import { type Attempt, SignIn } from './console/sign-in.js';
import { SignedCookie } from './console/signed-cookie.js';
import { Viewers } from './console/viewers.js';
import { VisibleSpans } from './console/visible-spans.js';
import { FanOut, type FanOutParts } from './corrections/fan-out.js';
import { Recipients } from './corrections/recipients.js';
import { healthOf } from './health.js';
import { Deliveries } from './journeys/deliveries.js';
import { Foresight } from './journeys/foresight.js';
import { Ingest } from './journeys/ingest.js';
import { Journeys } from './journeys/journeys.js';
import { type PositionGap, readerName, renameReader } from './journeys/positions.js';
import { Pseudonyms } from './journeys/pseudonyms.js';
import { LedgerModule } from './ledger.module.js';
import { observe } from './observed.js';
import { actingOf, identitiesOf } from './people/wiring.js';
import { Proof, type ProofParts } from './proof/proof.js';
import type { Room } from './room.js';
import { OTHER } from './organisations/tallies.js';
import { openRooms } from './rooms.js';
import type { LedgerSettings } from './settings.js';
import { SpanStore } from './spans/span-store.js';
import type { Database } from './store/database.js';
import { openDatabase } from './store/open-database.js';
import { asRefusable } from './store/unavailable.js';
import { WhyBook } from './stuck/why-book.js';
import { DueBook } from './watching/deadlines/due-book.js';
import { watchingOf } from './watching/watching.js';

const VERSION = '0.1.0';

/** Nothing is fetched from anywhere else, no script stands in a page, and no page can be framed. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A running ledger. */
export interface RunningLedger extends Pick<RunningApp, 'url' | 'port' | 'close'> {
  /** Every route that is served, `METHOD /path`. */
  readonly routes: readonly string[];
}

/**
 * Starts the ledger.
 *
 * @param onRestartNeeded told when the database turned out to be older than what it has read; the next start reads
 *   every stream from the beginning
 * @throws SettingsError, EngineRefusal, CannotListen with one clear line
 */
export async function startLedger(settings: LedgerSettings, onRestartNeeded: () => void): Promise<RunningLedger> {
  const log = createLog('ledger', settings.logLevel, { format: settings.logFormat });
  const closing: (() => Promise<unknown> | void)[] = [];
  const close = async () => {
    for (const part of closing.splice(0).toReversed()) await part();
  };
  try {
    return await start(settings, log, onRestartNeeded, closing, close);
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

async function start(
  settings: LedgerSettings,
  log: Log,
  onRestartNeeded: () => void,
  closing: (() => Promise<unknown> | void)[],
  close: () => Promise<void>,
): Promise<RunningLedger> {
  const catalogue = await Catalogue.load(settings.schemasFolder ?? defaultSchemasFolder());
  const database = await openStore(settings, log);
  closing.push(() => database.close());
  const engine = await openEngine(settings, log);
  closing.push(() => engine.drain());
  const telemetry = telemetryOf(settings, engine);
  closing.push(() => telemetry.shutdown());
  const registry = await Registry.open(engine, log);
  closing.push(() => registry.close());
  const metrics = new Metrics('ledger');
  const pseudonyms = new Pseudonyms(settings.pseudonymKey);
  const spans = openSpans(settings, { database, engine, log, metrics });
  closing.push(() => spans.close());
  const reader = await readerName(database);
  const foresight = new Foresight(registry, catalogue);
  const ingest = new Ingest({
    database,
    reader,
    catalogue,
    pseudonyms,
    foresee: (event) => foresight.of(event),
    tracer: telemetry.tracer,
    metrics,
    log,
    onGap: (gap) => void reread(database, gap, log).then(onRestartNeeded),
  });
  const outside = { database, engine, registry, log, metrics };
  const proof = await startProof(settings, { ...outside, catalogue, ingest });
  closing.push(() => proof.stop());
  observe(metrics, engine, database);
  const watching = watchingOf(settings, { ...outside, catalogue });
  const answers = answersOf(settings, { database, registry, catalogue, pseudonyms });
  const fanOut = fanOutOf(settings, outside);
  closing.push(() => fanOut.close());
  const console = await consoleOf({ settings, registry, catalogue, store: spans, log, closing });
  const base = { settings, catalogue, pseudonyms, telemetry, ingest, proof };
  const shown = { ...outside, ...base, ...answers, ...console, ...watching };
  const rooms = await openRooms(shown);
  closing.push(() => closeAll(rooms));
  const routes: string[] = [];
  const http = await startHttp({
    module: LedgerModule.of({ ingest, proof, ...answers, ...console, rooms }),
    health: healthOf({ database, engine, registry, ingest, fanOut, proof, rooms, lagLimit: settings.lagLimit }),
    microservice: transportOf(engine, reader, settings),
    log,
    metrics,
    telemetry,
    ...doorsOf(settings, console.answers, routes),
  });
  closing.push(() => http.close());
  log.info({ port: http.port, kind: database.kind }, 'the ledger remembers and answers');
  return { url: http.url, port: http.port, routes, close };
}

function telemetryOf({ traceSampleRatio: sampleRatio }: LedgerSettings, engine: Engine) {
  const exporters = [otlpJsonExporter((bytes) => engine.spans.publish(bytes))];
  return startTelemetry({ service: 'signalbox-ledger', version: VERSION, sampleRatio, exporters });
}

async function closeAll(rooms: readonly Room[]): Promise<void> {
  for (const room of rooms.toReversed()) await room.close?.();
}

type AnswerParts = Omit<ConstructorParameters<typeof Journeys>[0], 'limits' | 'zone'> & { readonly registry: Registry };

async function startProof(settings: LedgerSettings, parts: Omit<ProofParts, 'limits'>): Promise<Proof> {
  const proof = new Proof({ ...parts, limits: proofLimits(settings) });
  await proof.start();
  return proof;
}

/** Has corrections brought to whoever received what they replace. */
function fanOutOf(settings: LedgerSettings, parts: Omit<FanOutParts, 'times'>): FanOut {
  const { correctionEveryMs: everyMs, correctionLookMs: firstMs, correctionLookMaxMs: lastMs } = settings;
  const fanOut = new FanOut({ ...parts, times: { everyMs, firstMs, lastMs } });
  fanOut.start();
  return fanOut;
}

/** Who answers what about journeys and deliveries. */
function answersOf(settings: LedgerSettings, parts: AnswerParts) {
  const { journeyEvents: events, journeySteps: steps, deliveriesLimit, placesLimit } = settings;
  const watch = new DueBook(parts.database);
  const expectedBy: DueBook['expectedBy'] = (viewer, identities) => watch.expectedBy(viewer, identities);
  return {
    journeys: new Journeys({ ...parts, limits: { events, steps }, zone: settings.timeZone, expectedBy }),
    recipients: new Recipients(parts),
    deliveries: new Deliveries({ ...parts, limits: { deliveries: deliveriesLimit, steps, places: placesLimit } }),
    why: new WhyBook({ ...parts, patienceMs: settings.stuckPatienceMs }),
    watch,
  };
}

type HttpDoors = Omit<Parameters<typeof startHttp>[0], 'module' | 'health' | 'log' | 'metrics'>;

/** How HTTP is served, as far as settings say. */
function doorsOf(settings: LedgerSettings, answers: Answers, routes: string[]): HttpDoors {
  const ours = (error: unknown) => refusalOf(asRefusable(error));
  return {
    host: settings.host,
    port: settings.port,
    portSetting: 'SIGNALBOX_LEDGER_PORT',
    refusalOf: ours,
    problemPage: (request, problem, traceid) => answers.problem(request, ours(problem), traceid),
    headers: { 'content-security-policy': CONTENT_SECURITY_POLICY },
    maxBodyBytes: settings.maxBodyBytes,
    requestTimeoutMs: settings.requestTimeoutMs,
    closeTimeoutMs: settings.closeTimeoutMs,
    configure: (fastify) => {
      fastify.addHook('onRoute', ({ method, url }) => {
        routes.push(...[method].flat().map((one) => `${one} ${url}`));
      });
    },
  };
}

interface SpanParts {
  readonly database: Database;
  readonly engine: Engine;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The built-in store, fed by every app over the span channel. */
function openSpans(settings: LedgerSettings, { database, engine, log, metrics }: SpanParts): SpanStore {
  const limits = { hours: settings.spanHours, stored: settings.spanLimit, waiting: settings.spanWaitingLimit };
  const spans = new SpanStore(database, limits, log, metrics);
  engine.spans.subscribe((bytes) => spans.take(bytes));
  return spans;
}

/** Milliseconds between probes of a Redis that stopped answering. */
const PROBE_MS = 500;

interface ConsoleParts {
  readonly settings: LedgerSettings;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly store: SpanStore;
  readonly log: Log;
  readonly closing: (() => Promise<unknown> | void)[];
}

/** Who has signed out outlives the process in Redis. */
async function endedSessionsOf({ settings, log, closing }: ConsoleParts): Promise<EndedSessions> {
  const { redisUrl: url, redisTimeoutMs: timeoutMs } = settings;
  const onError = (error: Error) => log.debug({ err: error }, 'Redis cannot be reached');
  const link = new RedisLink({ url, timeoutMs, probeMs: PROBE_MS, onError });
  closing.push(() => link.close());
  const ended = new EndedSessions(link);
  await link.open();
  return ended;
}

/** Puts the parts of the console together. */
async function consoleOf(parts: ConsoleParts) {
  const { settings, registry, catalogue, store } = parts;
  const assets = await loadAssets();
  const secure = settings.publicUrl?.protocol === 'https:';
  const sessions = new Sessions(settings.pseudonymKey, secure, await endedSessionsOf(parts));
  const viewers = new Viewers({
    registry,
    verifier: new TokenVerifier(registry),
    sessions,
    sessionMs: settings.sessionMinutes * 60_000,
    idleMs: settings.idleMinutes * 60_000,
  });
  const answers = new Answers({
    viewers,
    pages: new Pages(settings.timeZone, assetsVersion(assets)),
    refreshMs: settings.refreshMs,
    nameOf: (ods) => registry.organisation(ods)?.name,
    vocabulary: {
      isOrganisation: (ods) => registry.organisation(ods) !== undefined,
      isType: (pattern) => pattern === OTHER || catalogue.types().some(({ type }) => typeMatches(pattern, type)),
    },
    belongsToSeveral: (id) => isPersonId(id) && registry.people({ id }).length > 1,
  });
  const signIn = new SignIn({
    identities: await identitiesOf(settings),
    registry,
    viewers,
    attempts: new SignedCookie<Attempt>(settings.pseudonymKey, 'attempt to sign in', 'signalbox-attempt', secure),
    attemptMs: settings.oidcAttemptMinutes * 60_000,
  });
  return {
    sessions,
    viewers,
    signIn,
    answers,
    spans: new VisibleSpans(store, registry),
    assets: new Assets(assets),
    acting: await actingOf(settings, registry),
  };
}

function openStore(settings: LedgerSettings, log: Log): Promise<Database> {
  return openDatabase(
    {
      url: settings.databaseUrl,
      folder: join(settings.dataFolder, 'ledger'),
      connections: settings.databaseConnections,
      connectTimeout: settings.databaseConnectTimeoutMs,
      statementTimeout: settings.databaseStatementTimeoutMs,
    },
    (error) => log.warn({ err: error }, 'a connection to the database was lost'),
    () =>
      log.error({}, 'the embedded database was torn, by a power cut say, and is set aside; the streams are read anew'),
  );
}

function transportOf(engine: Engine, reader: string, settings: LedgerSettings): EngineTransport {
  return new EngineTransport(engine, {
    group: reader,
    journalRetryMs: settings.retryMs,
    journalGatherMs: settings.gatherMs,
  });
}

function openEngine(settings: LedgerSettings, log: Log): Promise<Engine> {
  const { natsMonitorUrl } = settings;
  return Engine.connect({
    servers: settings.natsUrl,
    user: settings.natsUser,
    password: settings.natsPassword,
    name: 'signalbox-ledger',
    log,
    profile: settings.environment === 'production' ? 'production' : 'development',
    ...(natsMonitorUrl !== undefined && { monitorUrl: natsMonitorUrl }),
    streamsWithinMs: settings.engineWaitMs,
  });
}

function proofLimits(settings: LedgerSettings) {
  return {
    everyMs: settings.proofEveryMs,
    events: settings.proofEvents,
    standings: settings.proofStandings,
    workItems: settings.workItems,
    zone: settings.timeZone,
  };
}

async function reread(database: Database, gap: PositionGap, log: Log): Promise<void> {
  await renameReader(database);
  log.error(
    { stream: gap.stream },
    'the database is older than what it has read; the next start reads every stream again',
  );
}
