import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Module, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { connect } from 'node:net';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { createLog } from './log.js';
import { CannotListen, startHttp, type RunningApp } from './http.js';
import { Health } from './health.js';
import type { ProblemError } from './http-problems.js';
import { Metrics } from './metrics.js';
import { activeTraceId, startTelemetry, type Telemetry } from './telemetry.js';
import { ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

class Busy extends Error {
  readonly problem = { status: 503, retryAfter: 1.2 };
}

@Controller()
class Desk {
  @Post('echo')
  @HttpCode(200)
  echo(@Req() request: FastifyRequest): object {
    const body = request.body as Buffer | undefined;
    return { raw: Buffer.isBuffer(body), hex: body?.toString('hex'), traceid: activeTraceId() };
  }

  @Get('headers')
  headers(@Req() request: FastifyRequest): object {
    return { attributes: Object.keys(request.headers).filter((name) => name.startsWith('ce-')).length };
  }

  @Get('fail/:kind')
  fail(@Param('kind') kind: string): never {
    if (kind === 'busy') throw new Busy();
    throw new SyntaxError('Unexpected token in "9990000018"');
  }
}

@Module({ controllers: [Desk] })
class DeskModule {}

/** Stands for the table of an app. */
const refusalOf = (error: unknown): ProblemError => {
  const {
    status = 500,
    statusCode = status,
    problem,
  } = error as { status?: number; statusCode?: number; problem?: { status: number; retryAfter: number } };
  const found = problem?.status ?? statusCode;
  return {
    status: found,
    options: { ...(problem && { retryAfter: problem.retryAfter }), cause: error },
    toProblem: (traceid) => ({ status: found, code: 'T-1', traceid }),
  };
};

describe('an app served over HTTP', () => {
  const lines: string[] = [];
  const spans: ReadableSpan[] = [];
  const health = new Health();
  let app: RunningApp;
  let telemetry: Telemetry;

  beforeAll(async () => {
    const exporter: SpanExporter = {
      export: (batch, done) => (spans.push(...batch), done({ code: ExportResultCode.SUCCESS })),
      shutdown: () => Promise.resolve(),
    };
    telemetry = startTelemetry({ service: 'desk', version: '1', sampleRatio: 1, exporters: [exporter], env: {} });
    const to = new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) });
    app = await startHttp({
      module: DeskModule,
      host: '127.0.0.1',
      port: 0,
      log: createLog('desk', 'debug', { to }),
      health,
      metrics: new Metrics('desk'),
      refusalOf,
      telemetry,
      maxBodyBytes: 4096,
      closeTimeoutMs: 500,
    });
  });

  afterAll(async () => {
    await app.close();
    await telemetry.shutdown();
  });

  const post = (body: Buffer<ArrayBuffer>, type?: string): Promise<Response> =>
    fetch(`${app.url}/echo`, { method: 'POST', body, headers: type ? { 'content-type': type } : {} });

  it.each([
    'application/json',
    'application/cloudevents+json; charset=UTF-8',
    'text/plain',
    'application/x-www-form-urlencoded',
    'image/png',
  ])('hands over the bytes of a body of type %s as they were sent', async (type) => {
    const answer = (await (await post(Buffer.from('{"a" : 1}\n'), type)).json()) as { raw: boolean; hex: string };
    expect(answer).toMatchObject({ raw: true, hex: Buffer.from('{"a" : 1}\n').toString('hex') });
  });

  it('hands over a body that names no content type', async () => {
    const answer = (await (await post(Buffer.from([1, 2, 255]))).json()) as { hex: string };
    expect(answer.hex).toBe('0102ff');
  });

  it('hands over every header, 64 KiB of percent-encoded attributes and thousands of them too', async () => {
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`ce-a${String(i)}`, '%41'.repeat(14)]));
    const answer = await fetch(`${app.url}/headers`, { headers: many });
    expect(await answer.json()).toEqual({ attributes: 3_000 });
  });

  it('answers headers over the limit with 431 as problem+json', async () => {
    const answer = await fetch(`${app.url}/headers`, { headers: { 'ce-a': 'a'.repeat(250_000) } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([431, 'application/problem+json']);
  });

  it('answers a body over the limit with 413 as problem+json', async () => {
    const answer = await post(Buffer.alloc(5000), 'text/plain');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([413, 'application/problem+json']);
  });

  it('tells an unknown path (404) from a method that is not offered (405, with Allow)', async () => {
    const unknown = await fetch(`${app.url}/nowhere`);
    const wrong = await fetch(`${app.url}/echo`, { method: 'PUT' });
    expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    expect([wrong.status, wrong.headers.get('allow'), wrong.headers.get('content-type')]).toEqual([
      405,
      'POST',
      'application/problem+json',
    ]);
  });

  it('answers a malformed path as problem+json', async () => {
    const answer = await fetch(`${app.url}/fail/%E0%A4%A`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
  });

  it('answers what is not HTTP at all as problem+json and hangs up', async () => {
    const socket = connect(app.port, '127.0.0.1').end('NOT HTTP\r\n\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"status":400/);
  });

  it('sets Retry-After in whole seconds, rounded up', async () => {
    const answer = await fetch(`${app.url}/fail/busy`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  });

  it('logs an unforeseen error by name and place but never its message, and puts the trace id into the answer', async () => {
    lines.length = 0;
    const answer = (await (await fetch(`${app.url}/fail/other`)).json()) as { traceid: string };
    const logged = lines.join('');
    expect(answer.traceid).toMatch(/^[0-9a-f]{32}$/);
    expect(logged).toContain(answer.traceid);
    expect(logged).toContain('SyntaxError');
    expect(logged).not.toContain('9990000018');
  });

  it('sends the safe headers with every answer', async () => {
    for (const path of ['/health/live', '/nowhere']) {
      const { headers } = await fetch(app.url + path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it('links its own trace to the sender and names the span by route, not by URL', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03';
    const answer = (await (
      await fetch(`${app.url}/echo?nhs=9990000018`, { method: 'POST', headers: { traceparent } })
    ).json()) as { traceid: string };
    await telemetry.flush();
    const span = spans.find((one) => one.spanContext().traceId === answer.traceid);
    expect(answer.traceid).not.toBe('0af7651916cd43dd8448eb211c80319c');
    expect(span?.name).toBe('POST /echo');
    expect(span?.links[0]?.context.spanId).toBe('b7ad6b7169203331');
    expect(JSON.stringify(span?.attributes)).not.toContain('9990000018');
  });

  it('survives a caller that leaves in the middle of its body, and records it as 499', async () => {
    const socket = connect(app.port, '127.0.0.1');
    socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nhalf');
    await once(socket, 'connect');
    await fetch(`${app.url}/health/live`);
    socket.destroy();
    const recorded = async (): Promise<boolean> =>
      /status="499"/.test(await (await fetch(`${app.url}/metrics`)).text());
    while (!(await recorded()));
    expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
  });

  it('says which setting moves the port when the port is taken', async () => {
    const again = startHttp({
      module: DeskModule,
      host: '127.0.0.1',
      port: app.port,
      portSetting: 'DESK_PORT',
      log: createLog('desk', 'silent'),
      health,
      metrics: new Metrics('desk'),
      refusalOf,
    });
    await expect(again).rejects.toThrow(
      new CannotListen(`port ${String(app.port)} on 127.0.0.1 is taken; free it or set DESK_PORT`),
    );
  });

  it('is ready while no part is down, and says which part is degraded or down', async () => {
    health.add('engine', () => ({ state: 'degraded', sentence: 'One of three servers is away.' }));
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(200);
    health.add('disk', () => Promise.reject(new Error('secret path')));
    const answer = await fetch(`${app.url}/health/ready`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      state: 'down',
      components: { disk: { state: 'down', sentence: 'The check failed.' } },
    });
  });
});
