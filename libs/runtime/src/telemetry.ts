import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type SpanContext,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider,
  TraceIdRatioBasedSampler,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import { RANDOM_FLAG } from './trace-context.js';

/** How the spans of a process are named, sampled and sent. */
export interface TelemetryOptions {
  /** `service.name`, for example `signalbox-gateway`. */
  readonly service: string;
  readonly version: string;
  /** Share of the traces started here that are kept, 0 to 1. Another party's sampled flag never decides. */
  readonly sampleRatio: number;
  /** Beside these, the OTLP/HTTP exporter runs when the standard environment variables name an endpoint. */
  readonly exporters: readonly SpanExporter[];
  /** Milliseconds between two exports. */
  readonly exportIntervalMs?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** The tracing of one process. */
export interface Telemetry {
  readonly tracer: Tracer;
  /** Sends what is waiting. */
  flush(): Promise<void>;
  /** Sends what is waiting and stops. */
  shutdown(): Promise<void>;
}

/** Spans waiting for export; beyond it the newest are dropped, never the process's memory. */
const MAX_QUEUED_SPANS = 8192;

/**
 * Starts tracing: one batch processor an exporter, context kept by AsyncLocalStorage, no automatic instrumentation.
 * New traces are sampled by ratio; a trace that is already ours keeps its decision.
 */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({ 'service.name': options.service, 'service.version': options.version }),
    ),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.sampleRatio) }),
    spanLimits: { attributeValueLengthLimit: 256, attributeCountLimit: 64, linkCountLimit: 128, eventCountLimit: 32 },
    spanProcessors: exportersOf(options).map(
      (exporter) =>
        new BatchSpanProcessor({
          exporter,
          maxQueueSize: MAX_QUEUED_SPANS,
          scheduledDelayMillis: options.exportIntervalMs ?? 1_000,
          exportTimeoutMillis: 10_000,
        }),
    ),
  });
  // The first telemetry of a process owns the globals; a second one (several apps in one test process) shares the context manager.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return {
    tracer: new RandomFlagTracer(provider.getTracer(options.service, options.version)),
    flush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  };
}

function exportersOf({ exporters, env = process.env }: TelemetryOptions): readonly SpanExporter[] {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return endpoint ? [...exporters, new OTLPTraceExporter()] : exporters;
}

/**
 * The SDK builds span contexts with the sampled bit alone; Trace Context level 2 wants the random flag kept with a trace
 * id that came with it, and set for ids that we make, whose bytes are all random.
 */
class RandomFlagTracer implements Tracer {
  constructor(private readonly inner: Tracer) {}

  startSpan(name: string, options: SpanOptions = {}, parent: Context = context.active()): Span {
    const span = this.inner.startSpan(name, options, parent);
    const above = options.root ? undefined : trace.getSpanContext(parent);
    const own = span.spanContext() as { traceFlags: number; traceId: string };
    own.traceFlags |= above?.traceId === own.traceId ? above.traceFlags & RANDOM_FLAG : RANDOM_FLAG;
    return span;
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: unknown[]): ReturnType<F> {
    const run = rest.at(-1) as F;
    const options = (rest.length > 1 ? rest[0] : {}) as SpanOptions;
    const parent = (rest.length > 2 ? rest[1] : context.active()) as Context;
    const span = this.startSpan(name, options, parent);
    return context.with(trace.setSpan(parent, span), run as (span: Span) => ReturnType<F>, undefined, span);
  }
}

/** What a span is about. */
export interface SpanShape {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Contexts that this span is linked to: the sender's, or the events of a batch. Undefined ones are left out. */
  readonly links?: readonly (SpanContext | undefined)[];
  /** A context of our own to go on from; `root` starts a new trace; otherwise the active span is the parent. */
  readonly parent?: SpanContext | 'root' | undefined;
}

/** Starts a span; the caller ends it. */
export function startSpan(tracer: Tracer, name: string, shape: SpanShape = {}): Span {
  const links: Link[] = [];
  for (const linked of shape.links ?? []) if (linked) links.push({ context: linked });
  return tracer.startSpan(
    name,
    {
      ...(shape.kind !== undefined && { kind: shape.kind }),
      ...(shape.attributes && { attributes: shape.attributes }),
      links,
    },
    parentContext(shape.parent),
  );
}

/** Runs a step inside a span that is active for it, and ends the span with the outcome: a thrown error marks it by code only. */
export async function inSpan<T>(
  tracer: Tracer,
  name: string,
  shape: SpanShape,
  run: (span: Span) => Promise<T> | T,
): Promise<T> {
  const span = startSpan(tracer, name, shape);
  try {
    return await context.with(trace.setSpan(parentContext(shape.parent), span), run, undefined, span);
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Marks a span as failed with the code or name of the error; never its message, which may quote what was sent. */
export function failSpan(span: Span, error: unknown): void {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  span.setAttribute('error.type', typeof code === 'string' ? code : typeof name === 'string' ? name : 'error');
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Trace id of the active span, when there is one. */
export function activeTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}

function parentContext(parent: SpanShape['parent']): Context {
  if (parent === undefined) return context.active();
  return parent === 'root' ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}

/** The spans as one OTLP/JSON `ExportTraceServiceRequest`, for the built-in span store. */
export function otlpJson(spans: readonly ReadableSpan[]): Uint8Array {
  return JsonTraceSerializer.serializeRequest([...spans]) ?? new Uint8Array();
}

/** An exporter that hands each batch to `send` as OTLP/JSON bytes. A failed hand-over loses the batch: spans are best effort. */
export function otlpJsonExporter(send: (bytes: Uint8Array) => Promise<void> | void): SpanExporter {
  return {
    export(spans, done) {
      Promise.resolve(otlpJson(spans))
        .then(send)
        .then(
          () => done({ code: ExportResultCode.SUCCESS }),
          (error: unknown) =>
            done({ code: ExportResultCode.FAILED, error: error instanceof Error ? error : new Error('not sent') }),
        );
    },
    shutdown: () => Promise.resolve(),
  };
}

export { SpanKind };
