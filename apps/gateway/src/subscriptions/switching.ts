import type { Engine } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import { furthest, type Positions } from './cursor.js';
import type { CursorStore } from './cursor-store.js';

/** How far the relay has settled the events of a subscription, and the forgetting of its places. */
export type Places = Pick<Engine, 'deliveryPosition' | 'removeDeliveries'>;

export interface SwitchingParts {
  readonly families: readonly string[];
  readonly places: Places;
  readonly cursors: CursorStore;
}

/**
 * Moves the position of a subscription between the two who serve it: the gateway (a cursor) and the relay (a place in the
 * engine). What is handed over is what was certainly dealt with, read before the switch: what the former way still brings
 * meanwhile may come again, and nothing is left out. Deliveries in the waiting room stay there; both serve them.
 */
export class Switching {
  constructor(private readonly parts: SwitchingParts) {}

  /**
   * Prepares a switch and answers the `start` that the subscription has after it. Nothing is changed for who serves it now.
   * @throws {EngineUnavailable}
   */
  async prepare(present: Subscription, to: Subscription['protocol']): Promise<Subscription['start']> {
    const fromGateway = present.protocol === 'PULL';
    if (fromGateway === (to === 'PULL')) return present.start;
    const { cursors, places } = this.parts;
    const done = fromGateway
      ? startOf(present, await cursors.read(present.id))
      : startOf(present, await this.#settled(present));
    if (to === 'PULL') await cursors.replace(present.id, done);
    // Places of an earlier time when the relay served it: nobody uses them while the gateway does.
    else await Promise.all(this.parts.families.map((family) => places.removeDeliveries(present.id, family)));
    return Object.fromEntries(Object.entries(done).map(([family, sequence]) => [family, sequence + 1]));
  }

  /** Afterwards: what the former way kept is of no use any more. */
  async finish(former: Subscription, now: Subscription): Promise<void> {
    if (former.protocol === 'PULL' && now.protocol !== 'PULL') await this.parts.cursors.forget(now.id);
  }

  async #settled({ id, start }: Subscription): Promise<Positions> {
    const found = Object.keys(start).map(async (family) => {
      const position = await this.parts.places.deliveryPosition(id, family);
      return position === undefined ? [] : [[family, position] as const];
    });
    return Object.fromEntries((await Promise.all(found)).flat());
  }
}

/** Where reading goes on: after what was dealt with, or before the first event that the subscription asked for. */
export function startOf(subscription: Subscription, dealtWith: Positions): Positions {
  const before = Object.entries(subscription.start).map(([family, first]) => [family, first - 1] as const);
  return furthest(Object.fromEntries(before), dealtWith);
}
