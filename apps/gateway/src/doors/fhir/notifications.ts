import {
  notificationBundle,
  topicOfTypes,
  type CloudEvent,
  type NotificationContent,
  type NotificationType,
  type NotifiedEvent,
  type StatusFacts,
} from '@signalbox/contracts';
import type { EndpointHealth, EventLog, KeyValue, NumberedEvent, NumberLog } from '@signalbox/messaging';
import type { Registry, Subscription } from '@signalbox/registry';
import { fhirStatusOf } from './subscription-resource.js';

export interface NotificationsParts {
  readonly registry: Pick<Registry, 'allows'>;
  readonly numbers: Pick<NumberLog, 'last' | 'read'>;
  readonly events: Pick<EventLog, 'get'>;
  /** How endpoints fare, as the relay writes it. */
  readonly health: Pick<KeyValue, 'get'>;
  /** FHIR base of this exchange, without a slash at its end. */
  readonly base: string;
  /** Most events in one answer of `$events`. */
  readonly most: number;
}

/** What was, or could have been, notified to a FHIR subscription, for receivers that ask. */
export class FhirNotifications {
  constructor(private readonly parts: NotificationsParts) {}

  /** @throws {EngineUnavailable} */
  async statusOf(subscription: Subscription, type: NotificationType): Promise<StatusFacts> {
    const { base, numbers } = this.parts;
    const [newest, trouble] = await Promise.all([numbers.last(subscription.id), this.#troubleOf(subscription)]);
    return {
      base,
      subscription: subscription.id,
      topic: topicOfTypes(base, subscription.types) ?? '',
      status: trouble === undefined ? fhirStatusOf(subscription) : 'error',
      type,
      eventsSinceStart: newest?.number ?? 0,
      ...(trouble !== undefined && { error: trouble }),
    };
  }

  /**
   * The events with numbers from `since` to `until` as a notification of type query-event; the first ones if there are more
   * than one answer holds. @throws {EngineUnavailable}
   */
  async eventsOf(
    subscription: Subscription,
    since: number,
    until: number,
    content: NotificationContent,
  ): Promise<Buffer> {
    const status = await this.statusOf(subscription, 'query-event');
    const last = Math.min(until, since + this.parts.most - 1);
    const numbered = await this.parts.numbers.read(subscription.id, since, last);
    const told = await Promise.all(numbered.map((one) => this.#told(subscription, one)));
    return notificationBundle(status, told, content, new Date().toISOString());
  }

  /** The event with a number, if it is still kept and its receiver may see it now. @throws {EngineUnavailable} */
  async eventOf(subscription: Subscription, number: number): Promise<CloudEvent | undefined> {
    const [numbered] = await this.parts.numbers.read(subscription.id, number, number);
    return numbered && (await this.#told(subscription, numbered)).event;
  }

  async #told(subscription: Subscription, { number, stream, sequence, time }: NumberedEvent): Promise<NotifiedEvent> {
    const event = (await this.parts.events.get(stream, sequence))?.event;
    const granted = event && this.parts.registry.allows(subscription, 'subscribe', String(event.attributes['type']));
    return { number, time, ...(granted && { event }) };
  }

  /** Why notifications do not reach the receiver now. */
  async #troubleOf({ id, status, statusReason }: Subscription): Promise<string | undefined> {
    if (status === 'disabled') return statusReason ?? 'The subscription was switched off.';
    const value = status === 'active' ? (await this.parts.health.get(id))?.value : undefined;
    if (value === undefined) return undefined;
    const health = JSON.parse(Buffer.from(value).toString('utf8')) as EndpointHealth;
    return health.circuit === 'closed' ? undefined : health.sentence;
  }
}
