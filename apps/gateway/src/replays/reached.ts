import type { Engine } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';

/**
 * Up to where a subscription that is delivered to has come by itself in a family: what lies beyond is delivered in the
 * normal course. Before it has a place in the engine that is where it was to start; in a family that it never had a start
 * in, nothing comes by itself.
 */
export function reachedBy(
  engine: Pick<Engine, 'takenUpTo' | 'events'>,
): (subscription: Subscription, family: string) => Promise<number> {
  return async ({ id, start, sought }, family) => {
    const first = start[family];
    const begins = first === undefined ? undefined : { startSequence: first - 1, sought };
    const taken = await engine.takenUpTo(id, family, begins);
    return taken ?? (first === undefined ? engine.events.lastSequence(family) : first - 1);
  };
}
