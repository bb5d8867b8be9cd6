import type { EventHeading, EventLog } from '@signalbox/messaging';
import { eligibility, type Registry, type Stretch, type Subscription } from '@signalbox/registry';

/** Reads which events a subscription would be given now, without their content. */
export class OwnEvents {
  constructor(
    private readonly events: Pick<EventLog, 'headings'>,
    private readonly registry: Pick<Registry, 'allows'>,
  ) {}

  /** In order. What is no longer kept is left out. @throws {EngineUnavailable} */
  async *of(subscription: Subscription, family: string, ranges: readonly Stretch[]): AsyncGenerator<EventHeading> {
    const granted = (type: string): boolean => this.registry.allows(subscription, 'subscribe', type) !== undefined;
    for await (const heading of this.events.headings({ family, types: subscription.types, ranges })) {
      if (eligibility(heading.event, subscription, granted).kind === 'deliver') yield heading;
    }
  }
}
