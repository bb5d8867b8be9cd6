import type { Engine } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import { Health, type HealthState } from '@signalbox/runtime';
import type { Memory } from './memory.js';

/** Ready means that events are taken: the engine must be there; without Redis it goes on, and says so. */
export function healthOf({ engine, registry, memory }: { engine: Engine; registry: Registry; memory: Memory }): Health {
  const health = new Health();
  health.add('engine', async (): Promise<HealthState> => {
    try {
      await engine.verify();
      return { state: 'up', sentence: `nats-server ${engine.status().version} has every stream.` };
    } catch (error) {
      return { state: 'down', sentence: error instanceof Error ? error.message : 'The engine does not answer.' };
    }
  });
  health.add('redis', () => redisState(memory));
  health.add('registry', () => registry.health());
  return health;
}

function redisState({ link, recovery }: Memory): HealthState {
  if (!link.up) {
    const sentence =
      'Redis is away: events are still accepted and repeats within ten minutes recognised; access tokens cannot be issued.';
    return { state: 'degraded', sentence };
  }
  return recovery.complete
    ? { state: 'up', sentence: 'Redis knows every accepted event.' }
    : { state: 'degraded', sentence: 'The digests of accepted events are being read again from the streams.' };
}
