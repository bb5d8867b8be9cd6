import { afterEach, describe, expect, it } from '@jest/globals';
import { SpanKind, trace } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  activeTraceId,
  inSpan,
  otlpJson,
  otlpJsonExporter,
  startSpan,
  startTelemetry,
  type Telemetry,
} from './telemetry.js';
import { formatTraceparent, parseTraceparent } from './trace-context.js';

const running: Telemetry[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.shutdown()));
});

function started(
  sampleRatio: number,
  env: NodeJS.ProcessEnv = {},
  extra: SpanExporter[] = [],
): { telemetry: Telemetry; spans: ReadableSpan[] } {
  const spans: ReadableSpan[] = [];
  const exporter: SpanExporter = {
    export: (batch, done) => (spans.push(...batch), done({ code: ExportResultCode.SUCCESS })),
    shutdown: () => Promise.resolve(),
  };
  const telemetry = startTelemetry({
    service: 'desk',
    version: '2',
    sampleRatio,
    exporters: [exporter, ...extra],
    env,
  });
  running.push(telemetry);
  return { telemetry, spans };
}

const sender = parseTraceparent('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');

describe('telemetry', () => {
  it('nests spans over asynchronous steps and marks a failed one by its code only', async () => {
    const { telemetry, spans } = started(1);
    const failing = inSpan(telemetry.tracer, 'outer', { parent: 'root' }, async (outer) => {
      await Promise.resolve();
      expect(activeTraceId()).toBe(outer.spanContext().traceId);
      await inSpan(telemetry.tracer, 'inner', { kind: SpanKind.PRODUCER }, () =>
        Promise.reject(Object.assign(new Error('Anna'), { code: 'SB-5030' })),
      );
    });
    await expect(failing).rejects.toThrow('Anna');
    await telemetry.flush();
    const [inner, outer] = spans;
    expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
    expect(inner?.attributes['error.type']).toBe('SB-5030');
    expect(Buffer.from(otlpJson(spans)).toString()).not.toContain('Anna');
  });

  it('links a foreign context and starts its own trace', async () => {
    const { telemetry, spans } = started(1);
    startSpan(telemetry.tracer, 'accept', { parent: 'root', links: [sender, undefined] }).end();
    await telemetry.flush();
    expect(spans[0]?.links.map(({ context }) => context.spanId)).toEqual(['b7ad6b7169203331']);
    expect(spans[0]?.spanContext().traceId).not.toBe(sender?.traceId);
  });

  it('samples new traces by its own ratio and goes on with the decision of a trace of ours', async () => {
    const { telemetry, spans } = started(0);
    startSpan(telemetry.tracer, 'linked', { parent: 'root', links: [sender] }).end();
    startSpan(telemetry.tracer, 'continued', { parent: sender }).end();
    await telemetry.flush();
    expect(spans.map(({ name }) => name)).toEqual(['continued']);
  });

  it.each([
    ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03', /-03$/],
    ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', /-01$/],
    ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02', /-02$/],
  ])('keeps the random flag of %s over two generations of spans', (header, flags) => {
    const { telemetry } = started(1);
    const child = startSpan(telemetry.tracer, 'child', { parent: parseTraceparent(header) });
    const grandchild = startSpan(telemetry.tracer, 'grandchild', { parent: child.spanContext() });
    expect(formatTraceparent(grandchild.spanContext())).toMatch(flags);
    expect(formatTraceparent(startSpan(telemetry.tracer, 'own', { parent: 'root' }).spanContext())).toMatch(/-03$/);
  });

  it('offers startActiveSpan as the standard tracer does', () => {
    const { telemetry } = started(1);
    const id = telemetry.tracer.startActiveSpan(
      'one',
      (span) => trace.getActiveSpan() === span && span.spanContext().spanId,
    );
    expect(id).toMatch(/^[0-9a-f]{16}$/);
  });

  it('hands OTLP/JSON to the built-in store, with the name and version of the service', async () => {
    const received: Uint8Array[] = [];
    const { telemetry } = started(1, {}, [otlpJsonExporter((bytes) => void received.push(bytes))]);
    startSpan(telemetry.tracer, 'publish result', { kind: SpanKind.PRODUCER }).end();
    await telemetry.flush();
    const text = Buffer.from(received[0] ?? []).toString();
    expect(JSON.parse(text)).toHaveProperty('resourceSpans.0.scopeSpans.0.spans.0.name', 'publish result');
    expect(text).toMatch(/"service\.name","value":\{"stringValue":"desk"\}/);
    expect(text).toMatch(/"service\.version","value":\{"stringValue":"2"\}/);
  });

  it('loses a batch that the store does not take, and nothing else', async () => {
    const { telemetry, spans } = started(1, {}, [otlpJsonExporter(() => Promise.reject(new Error('away')))]);
    startSpan(telemetry.tracer, 'one').end();
    await telemetry.flush().catch(() => undefined);
    expect(spans).toHaveLength(1);
  });

  it('also sends to the OTLP endpoint that the standard environment names', async () => {
    const paths: string[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url ?? '');
      request.resume().on('end', () => response.end('{}'));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    // The exporter itself reads the process's environment.
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    try {
      const { telemetry } = started(1, process.env);
      startSpan(telemetry.tracer, 'one').end();
      await telemetry.flush();
      expect(paths).toEqual(['/v1/traces']);
    } finally {
      delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
      server.closeAllConnections();
      server.close();
    }
  });
});
