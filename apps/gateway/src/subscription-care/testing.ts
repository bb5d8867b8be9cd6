import { type Catalogue, Refusal, type TestOutcome } from '@signalbox/contracts';
import { type Engine, EngineUnavailable } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';

import { wrong } from '../subscriptions/protocols.js';
import { exampleFor } from './example-event.js';

export interface TestingParts {
  readonly engine: Pick<Engine, 'ask'>;
  readonly catalogue: Catalogue;
  /** Milliseconds within which a relay must have answered; longer than it waits for an endpoint. */
  readonly timeoutMs: number;
  /** Milliseconds between two tests of one subscription. */
  readonly everyMs: number;
}

/** What a relay answers on `ask.relay.test`. */
type Told =
  | ({ readonly kind: 'sent' } & Pick<TestOutcome, 'outcome' | 'reason' | 'detail' | 'status' | 'latencyms' | 'answer'>)
  | { readonly kind: 'unsent'; readonly reason: string };

/** Subscriptions whose last test is remembered; the oldest is forgotten first. */
const REMEMBERED = 10_000;

/** Has a relay send an example to the endpoint of a subscription. Nothing of it is kept. */
export class Testing {
  readonly #last = new Map<string, number>();

  constructor(private readonly parts: TestingParts) {}

  /**
   * @param wanted - type of the example
   * @throws Refusal SB-4220 where nothing can be sent, SB-4290 too soon after the last one, SB-5034 when no relay answers
   */
  async test(subscription: Subscription, wanted: string | undefined, now = new Date()): Promise<TestOutcome> {
    const { protocol, status } = subscription;
    if (protocol === 'PULL')
      throw cannot(
        '/protocol',
        'a subscription that is sent to',
        'There is no endpoint to test: fetch with POST /subscriptions/{id}/pull.',
      );
    // Whoever is pending or was switched off has not consented, or not any more.
    if (status !== 'active' && status !== 'paused') {
      throw cannot(
        '/status',
        'active or paused',
        'Let its endpoint consent first: POST /subscriptions/{id}/resume asks it again.',
      );
    }
    const { text, ...sent } = exampleFor(this.parts.catalogue, subscription, wanted, now);
    this.#pace(subscription.id, now.getTime());
    const told = await this.#ask({ subscription: subscription.id, event: text });
    if (told.kind === 'sent') {
      const { kind: _kind, ...result } = told;
      return { ...result, ...sent };
    }
    if (told.reason === 'busy' || told.reason === 'relay-stops')
      throw new Refusal('SB-5034', undefined, { retryAfter: 5 });
    throw cannot(
      '/protocol',
      'a subscription that can be signed and sent to',
      'Rotate its secret, or change its protocol.',
    );
  }

  async #ask(question: object): Promise<Told> {
    try {
      return (await this.parts.engine.ask('ask.relay.test', question, this.parts.timeoutMs)) as Told;
    } catch (error) {
      if (error instanceof EngineUnavailable) throw new Refusal('SB-5034', undefined, { retryAfter: 5, cause: error });
      throw error;
    }
  }

  /** An endpoint is not to be flooded by its own receiver's loop. */
  #pace(subscription: string, now: number): void {
    const free = (this.#last.get(subscription) ?? 0) + this.parts.everyMs;
    if (now < free) throw new Refusal('SB-4290', undefined, { retryAfter: Math.ceil((free - now) / 1000) });
    this.#last.delete(subscription);
    this.#last.set(subscription, now);
    const [oldest] = this.#last.keys();
    if (this.#last.size > REMEMBERED && oldest !== undefined) this.#last.delete(oldest);
  }
}

function cannot(path: string, expected: string, fix: string): Refusal {
  return new Refusal('SB-4220', 'No test can be sent', { findings: [wrong(path, 'test', expected, fix)] });
}
