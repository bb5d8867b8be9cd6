import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Health } from './health.js';
import { startHttp, type HttpOptions, type RunningApp } from './http.js';
import { traceIdOf } from './http-observed.js';
import { createLog } from './log.js';
import { Metrics } from './metrics.js';
import { startTelemetry } from './telemetry.js';

let entered: () => void = () => undefined;
let release: () => void = () => undefined;

@Controller()
class Desk {
  @Get('slow')
  async slow(@Req() request: FastifyRequest): Promise<object> {
    entered();
    await new Promise<void>((resolve) => (release = resolve));
    return { traceid: traceIdOf(request) };
  }
}

@Module({ controllers: [Desk] })
class DeskModule {}

const start = (more: Partial<HttpOptions> = {}): Promise<RunningApp> =>
  startHttp({
    module: DeskModule,
    host: '127.0.0.1',
    port: 0,
    log: createLog('desk', 'silent'),
    health: new Health(),
    metrics: new Metrics('desk'),
    refusalOf: () => ({ status: 500, toProblem: () => ({}) }),
    ...more,
  });

/** A request that its handler has begun and not ended. */
async function begun(app: RunningApp, headers: Record<string, string> = {}): Promise<{ answer: Promise<Response> }> {
  const inside = new Promise<void>((resolve) => (entered = resolve));
  const answer = fetch(`${app.url}/slow`, { headers });
  answer.catch(() => undefined);
  await inside;
  return { answer };
}

describe('closing an app', () => {
  it('takes no new request but answers those that it has begun', async () => {
    const app = await start();
    const { answer } = await begun(app);
    const closed = app.close();
    await expect(fetch(`${app.url}/health/live`)).rejects.toThrow();
    release();
    expect((await answer).status).toBe(200);
    await closed;
  });

  it('cuts what has not ended within its bound', async () => {
    const app = await start({ closeTimeoutMs: 50 });
    const { answer } = await begun(app);
    await app.close();
    await expect(answer).rejects.toThrow();
    release();
  });
});

describe('a process that only processes of ours call', () => {
  it('goes on with their trace, when told to', async () => {
    const telemetry = startTelemetry({ service: 'desk', version: '1', sampleRatio: 1, exporters: [], env: {} });
    const app = await start({ telemetry, traceparent: 'parent' });
    const { answer } = await begun(app, { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
    release();
    expect(await (await answer).json()).toEqual({ traceid: '0af7651916cd43dd8448eb211c80319c' });
    await app.close();
    await telemetry.shutdown();
  });
});
