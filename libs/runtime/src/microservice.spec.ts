import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { MessagePattern, Payload, Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { Health } from './health.js';
import { startHttp, type RunningApp } from './http.js';
import { createLog } from './log.js';
import { Metrics } from './metrics.js';

class Refused extends Error {
  readonly code = 'SB-2003';
}

let bootstraps = 0;

@Controller()
class Desk implements OnApplicationBootstrap {
  onApplicationBootstrap(): void {
    bootstraps++;
  }

  @MessagePattern('publish.>')
  take(@Payload() text: string): string {
    if (text === 'bad') throw new Refused('no');
    return `taken: ${text}`;
  }
}

@Module({ controllers: [Desk] })
class DeskModule {}

/** The smallest strategy there is: it is called instead of being sent to. */
class DirectStrategy extends Server implements CustomTransportStrategy {
  open = false;

  listen(callback: () => void): void {
    this.open = true;
    callback();
  }

  close(): void {
    this.open = false;
  }

  on(): void {
    throw new Error('this strategy has no events');
  }

  unwrap<T>(): T {
    throw new Error('this strategy has no inner server');
  }

  async call(text: string): Promise<unknown> {
    const handler = this.messageHandlers.get('publish.>');
    if (!handler) throw new Error('no handler is bound');
    return lastValueFrom(this.transformToObservable(await handler(text, {})));
  }
}

describe('a microservice beside HTTP', () => {
  const strategy = new DirectStrategy();
  let app: RunningApp;

  beforeAll(async () => {
    app = await startHttp({
      module: DeskModule,
      host: '127.0.0.1',
      port: 0,
      log: createLog('desk', 'silent'),
      health: new Health(),
      metrics: new Metrics('desk'),
      refusalOf: () => ({ status: 500, toProblem: () => ({}) }),
      microservice: strategy,
    });
  });

  afterAll(() => app.close());

  it('reaches the handlers of the module', async () => {
    expect(await strategy.call('one')).toBe('taken: one');
  });

  it('gives the strategy the error that the handler threw, not a replacement', async () => {
    await expect(strategy.call('bad')).rejects.toBeInstanceOf(Refused);
  });

  it('starts the module once and stops the strategy with the app', async () => {
    expect([bootstraps, strategy.open]).toEqual([1, true]);
    await app.close();
    expect(strategy.open).toBe(false);
  });
});
