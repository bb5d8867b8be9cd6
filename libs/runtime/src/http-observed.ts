import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span, type Tracer } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from './metrics.js';
import { parseTraceparent } from './trace-context.js';

/** What becomes of a caller's `traceparent`: a link from our own trace, or (between processes of ours) its continuation. */
export type TraceparentPolicy = 'link' | 'parent';

const SPAN = Symbol('signalbox.span');
type Observed = FastifyRequest & { [SPAN]?: Span };

const NO_TRACE = '00000000000000000000000000000000';

/** Trace id of a request's span, when the process traces. */
export function traceIdOf(request: FastifyRequest): string | undefined {
  const traceId = (request as Observed)[SPAN]?.spanContext().traceId;
  return traceId === NO_TRACE ? undefined : traceId;
}

/**
 * One server span and one latency observation a request. Names and attributes hold the route pattern, never the URL.
 * The span is active while the handler runs; health and metrics routes are not traced.
 */
export function observeRequests(
  fastify: FastifyInstance,
  tracer: Tracer,
  metrics: Metrics,
  policy: TraceparentPolicy,
): void {
  const duration = metrics.histogram(
    'http_server_request_duration_seconds',
    'Time from the first byte of a request to the end of its answer',
    ['method', 'route', 'status'],
  );
  // Declared ahead, so that every request object keeps one shape.
  fastify.decorateRequest(SPAN as unknown as string, undefined);
  fastify.addHook('onRequest', (request: Observed, reply, done) => {
    const started = performance.now();
    const route = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched');
    const span = request.routeOptions.config.untraced ? undefined : serverSpan(request, route, tracer, policy);
    if (span) request[SPAN] = span;
    reply.raw.once('close', () => {
      const status = reply.raw.writableFinished ? reply.raw.statusCode : 499;
      duration.observe({ method: request.method, route, status }, (performance.now() - started) / 1000);
      if (span) endSpan(span, status);
    });
    done();
  });
  // Body bytes arrive in the parser's asynchronous context, so the span is made active only now, for the handler.
  fastify.addHook('preHandler', (request: Observed, _reply, done) => {
    const span = request[SPAN];
    if (span) context.with(trace.setSpan(ROOT_CONTEXT, span), done);
    else done();
  });
}

function serverSpan(request: FastifyRequest, route: string, tracer: Tracer, policy: TraceparentPolicy): Span {
  const { traceparent, tracestate } = request.headers;
  // A link names the sender's trace. Its tracestate may hold anything, a patient too, and would end in our spans.
  const state = policy === 'link' ? undefined : Array.isArray(tracestate) ? tracestate.join(',') : tracestate;
  const incoming = typeof traceparent === 'string' ? parseTraceparent(traceparent, state) : undefined;
  const parent = incoming && policy === 'parent' ? trace.setSpanContext(ROOT_CONTEXT, incoming) : ROOT_CONTEXT;
  return tracer.startSpan(
    `${request.method} ${route}`,
    {
      kind: SpanKind.SERVER,
      attributes: { 'http.request.method': request.method, 'http.route': route },
      ...(incoming && policy === 'link' && { links: [{ context: incoming }] }),
    },
    parent,
  );
}

function endSpan(span: Span, status: number): void {
  if (span.isRecording()) {
    span.setAttribute('http.response.status_code', status);
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', String(status));
  }
  span.end();
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No span for this route: probes would drown the rest. */
    untraced?: boolean;
  }
}
