import {
  Catch,
  type DynamicModule,
  type ExceptionFilter,
  type INestApplication,
  type LoggerService,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import type { AddressInfo, Socket } from 'node:net';
import { throwError, type Observable } from 'rxjs';
import type { Health } from './health.js';
import { observeRequests, type TraceparentPolicy } from './http-observed.js';
import {
  answerBrokenRequest,
  ProblemFilter,
  RouteTable,
  type ProblemForm,
  type ProblemPage,
  type RefusalOf,
} from './http-problems.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import type { Running } from './run.js';
import type { Telemetry } from './telemetry.js';

/** A Nest microservice strategy: the part of `CustomTransportStrategy` that is used here. */
export interface CustomStrategy {
  listen(callback: (...parameters: unknown[]) => unknown): unknown;
  close(): unknown;
}

/** How one app serves HTTP. */
export interface HttpOptions {
  readonly module: Type | DynamicModule;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Several processes of one machine may share the port; the kernel spreads connections over them. Default false. */
  readonly reusePort?: boolean;
  /** Name of the setting that moves the port; told when the port is taken. */
  readonly portSetting?: string;
  readonly log: Log;
  readonly health: Health;
  readonly metrics: Metrics;
  /** Makes the problem that is answered out of any error. */
  readonly refusalOf: RefusalOf;
  /** The form of problems at the doors of foreign protocols; everywhere else it is problem+json. */
  readonly problemForm?: ProblemForm;
  /** Problems as pages, for browsers. */
  readonly problemPage?: ProblemPage;
  readonly telemetry?: Telemetry;
  /** Default `link`: a caller's trace is linked to, never continued. */
  readonly traceparent?: TraceparentPolicy;
  /** Served beside HTTP by the same module; its handlers' errors reach it unchanged. */
  readonly microservice?: CustomStrategy;
  /** Answer headers over the safe defaults, for example a console's content security policy. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes; default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** Bytes of all headers; default 208 KiB: 64 KiB of event attributes that percent-encoding triples, and 16 KiB of others. */
  readonly maxHeaderBytes?: number;
  /** Milliseconds within which a request must have arrived whole; default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds a close may wait for running requests before their connections are cut; default 10,000. */
  readonly closeTimeoutMs?: number;
  /** Routes and hooks of Fastify itself, before Nest adds its own. */
  readonly configure?: (fastify: FastifyInstance) => void | Promise<void>;
}

/** A served app. */
export interface RunningApp extends Running {
  readonly url: string;
  readonly port: number;
  readonly nest: INestApplication;
}

interface Lifetime {
  closing: boolean;
}

/** Defaults fit an API whose answers are data for one caller. */
const SAFE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** The address cannot be listened on; one sentence that names the setting to change. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
}

/**
 * Serves a Nest module on Fastify. Every body reaches its handler as the raw `Buffer` that was sent, whatever its content
 * type; every error leaves as problem+json; `/health/live`, `/health/ready` and `/metrics` are served beside the module.
 * @throws CannotListen when the port is taken or the address is not this machine's.
 */
export async function startHttp(options: HttpOptions): Promise<RunningApp> {
  const routes = new RouteTable();
  const problems = new ProblemFilter(options.refusalOf, routes, options.log, options.problemForm, options.problemPage);
  const adapter = new FastifyAdapter({
    ...serverOptions(options, problems),
    // No Nest middleware is used; without its engine a request saves two hooks.
    skipMiddie: true,
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  const lifetime = { closing: false };
  await prepare(fastify, routes, options, lifetime);
  const app: NestFastifyApplication = await NestFactory.create(options.module, adapter, {
    bodyParser: false,
    abortOnError: false,
    logger: nestLogger(options.log),
  });
  app.useGlobalFilters(problems);
  try {
    await app.init();
    if (options.microservice) await serveMicroservice(app, options.microservice);
    await fastify.listen({ host: options.host, port: options.port, ...(options.reusePort && { reusePort: true }) });
  } catch (error) {
    await app.close().catch(() => undefined);
    throw listenFault(error, options);
  }
  return running(app, fastify, options, lifetime);
}

function serverOptions(options: HttpOptions, problems: ProblemFilter): object {
  return {
    bodyLimit: options.maxBodyBytes ?? 1_048_576,
    http: { maxHeaderSize: options.maxHeaderBytes ?? 212_992 },
    requestTimeout: options.requestTimeoutMs ?? 30_000,
    // Longer than the idle time of common load balancers, so that these close first.
    keepAliveTimeout: 75_000,
    // Running keep-alive connections are served to their end; a refusal here would not be problem+json.
    return503OnClosing: false,
    // Ids of events are long.
    routerOptions: { maxParamLength: 1_024, caseSensitive: true },
    logger: false,
    frameworkErrors: problems.answer.bind(problems),
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) =>
      answerBrokenRequest(options.refusalOf, error, socket),
  };
}

async function prepare(
  fastify: FastifyInstance,
  routes: RouteTable,
  options: HttpOptions,
  lifetime: Lifetime,
): Promise<void> {
  fastify.addHook('onRoute', ({ method, url }) => {
    routes.add(method, url);
    for (const one of [method].flat()) options.log.debug({ method: one, route: url }, 'a route is served');
  });
  // Their bytes are bounded; the default bound on their number drops the rest in silence.
  fastify.server.maxHeadersCount = 0;
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const tracer = options.telemetry?.tracer ?? trace.getTracer('signalbox');
  observeRequests(fastify, tracer, options.metrics, options.traceparent ?? 'link');
  const headers = { ...SAFE_HEADERS, ...options.headers };
  fastify.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
  // Otherwise the connection of a request that ends during a close would stay open, idle, until it is cut.
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (lifetime.closing) reply.header('connection', 'close');
    done(null, payload);
  });
  serveHealthAndMetrics(fastify, options);
  await options.configure?.(fastify);
}

function serveHealthAndMetrics(fastify: FastifyInstance, options: HttpOptions): void {
  const config = { untraced: true };
  fastify.get('/health/live', { config }, () => options.health.live());
  fastify.get('/health/ready', { config }, async (_request, reply) => {
    const report = await options.health.ready();
    return reply.code(report.state === 'down' ? 503 : 200).send(report);
  });
  fastify.get('/metrics', { config }, async (_request, reply) => {
    const text = await options.metrics.render();
    return reply.header('content-type', options.metrics.contentType).send(text);
  });
}

/** Nest's own filter would replace every error by "Internal server error" before the strategy sees it. */
@Catch()
class PassThrough implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

async function serveMicroservice(app: NestFastifyApplication, strategy: CustomStrategy): Promise<void> {
  // Deferred, because filters must stand before the handlers are bound; the rest is what Nest itself does when it does not defer.
  const microservice = app.connectMicroservice(
    { strategy },
    { deferInitialization: true },
  ) as unknown as MicroserviceInternals;
  microservice.useGlobalFilters(new PassThrough());
  microservice.registerListeners();
  microservice.setIsInitialized(true);
  microservice.setIsInitHookCalled(true);
  await app.startAllMicroservices();
}

interface MicroserviceInternals {
  useGlobalFilters(filter: ExceptionFilter): unknown;
  registerListeners(): void;
  setIsInitialized(value: boolean): void;
  setIsInitHookCalled(value: boolean): void;
}

function running(
  app: NestFastifyApplication,
  fastify: FastifyInstance,
  options: HttpOptions,
  lifetime: Lifetime,
): RunningApp {
  const { port, address, family } = fastify.server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `http://${host}:${String(port)}`,
    port,
    nest: app,
    close: async () => {
      lifetime.closing = true;
      const cut = setTimeout(() => fastify.server.closeAllConnections(), options.closeTimeoutMs ?? 10_000);
      try {
        await app.close();
      } finally {
        clearTimeout(cut);
      }
    },
  };
}

function listenFault(error: unknown, { host, port, portSetting }: HttpOptions): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const where = `port ${String(port)} on ${host}`;
  const move = portSetting ? `set ${portSetting}` : 'choose another';
  if (code === 'EADDRINUSE') return new CannotListen(`${where} is taken; free it or ${move}`);
  if (code === 'EACCES') return new CannotListen(`${where} needs more rights than this process has; ${move}`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new CannotListen(`${host} is not an address of this machine; set SIGNALBOX_HOST`);
  return error;
}

/** Nest's own lines: warnings and errors only. Its error objects go through the field rules of our log. */
function nestLogger(log: Log): LoggerService {
  const text = (message: unknown): string => (typeof message === 'string' ? message : 'framework error');
  const error = (message: unknown): void =>
    log.error({ ...(message instanceof Error && { err: message }) }, text(message));
  return { log: () => undefined, error, fatal: error, warn: (message: unknown) => log.warn({}, text(message)) };
}
