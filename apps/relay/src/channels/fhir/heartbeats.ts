import type { Registry, Subscription } from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';

import type { FhirChannel } from './fhir-channel.js';

export interface HeartbeatsParts {
  readonly registry: Pick<Registry, 'subscriptions'>;
  readonly channel: FhirChannel;
  /** Whether this relay drives a subscription: one of them sends its heartbeats. */
  readonly drives: (subscription: string) => boolean;
  readonly log: Log;
  /** Milliseconds between two looks at who is due. */
  readonly everyMs: number;
}

/** Shows the receivers of quiet FHIR subscriptions, where they asked for it, that the subscription still stands. */
export class Heartbeats {
  readonly #stopping = new AbortController();
  readonly #underWay = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: HeartbeatsParts) {}

  start(): void {
    this.#timer = setInterval(() => this.#look(Date.now()), this.parts.everyMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort(new Error('the relay stops'));
    await Promise.all(this.#underWay.values());
  }

  #look(now: number): void {
    for (const subscription of this.parts.registry.subscriptions({ protocol: 'FHIR', status: 'active' })) {
      const { id } = subscription;
      if (!isDue(subscription, this.parts.channel.lastNotified(id), now)) continue;
      if (this.#underWay.has(id) || !this.parts.drives(id)) continue;
      const sending = this.#send(subscription).finally(() => this.#underWay.delete(id));
      this.#underWay.set(id, sending);
    }
  }

  /** What becomes of it is only told: deliveries find out by themselves how their endpoint fares. */
  async #send({ id, sink = '', config, sinkheaders = [] }: Subscription): Promise<void> {
    const endpoint = { subscription: id, sink, config, headers: Object.fromEntries(sinkheaders) };
    try {
      const outcome = await this.parts.channel.signal('heartbeat', endpoint, this.#stopping.signal);
      if (outcome.kind !== 'delivered')
        this.parts.log.info({ subscription: id, state: outcome.kind }, 'a heartbeat was not taken');
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        this.parts.log.warn({ err: error, subscription: id }, 'a heartbeat was not sent');
    }
  }
}

/** Whether a subscription was quiet for as long as its receiver wants to hear of it. */
export function isDue({ config }: Pick<Subscription, 'config'>, lastNotified: number, now: number): boolean {
  const seconds = Number(config['heartbeatseconds'] ?? 0);
  return seconds > 0 && now - lastNotified >= seconds * 1000;
}
