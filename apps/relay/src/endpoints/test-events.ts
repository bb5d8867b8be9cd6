import { decodeStructured, WebhookFault } from '@signalbox/contracts';
import type { Engine } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import { inSpan, type Log, SpanKind, type Tracer } from '@signalbox/runtime';

import type { Channel, Outcome } from '../channels/channel.js';
import { type ReasonCode, REASONS } from '../deliveries/reasons.js';
import { failureReason, sendOnce } from './sending.js';

export interface TestEventsParts {
  readonly engine: Pick<Engine, 'answer'>;
  readonly registry: Pick<Registry, 'subscription'>;
  readonly channels: ReadonlyMap<string, Channel>;
  /** `whsk_…`: this exchange's own key for the asymmetric signature. */
  readonly signingKey: string | undefined;
  readonly tracer: Tracer;
  readonly log: Log;
  /** Tests under way at once; they take no slot of a delivery. */
  readonly concurrency: number;
}

/** What the gateway asks on `ask.relay.test`. */
interface Question {
  /** Id of the subscription. */
  readonly subscription: string;
  /** The structured CloudEvent to send, as JSON text. */
  readonly event: string;
}

/** What it is answered: what the receiver said, or why it was not asked. */
type Answer =
  | {
      readonly kind: 'sent';
      readonly outcome: Outcome['kind'];
      readonly reason?: ReasonCode;
      readonly detail?: string;
      readonly status?: number;
      readonly latencyms: number;
      readonly answer?: string;
    }
  | { readonly kind: 'unsent'; readonly reason: 'busy' | 'channel-unknown' | 'not-signable' | 'relay-stops' };

/**
 * Sends an example to an endpoint because its receiver asked for a test: once, now, through the same channel, egress and
 * signature as a delivery, marked as a test. Nothing is recorded, and the government of the endpoint learns nothing of it.
 */
export class TestEvents {
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<Answer>>();

  constructor(private readonly parts: TestEventsParts) {}

  start(): void {
    this.parts.engine.answer('ask.relay.test', 'relay', async (question) => this.#take(question as Question));
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the relay stops'));
    await Promise.all(this.#underWay);
  }

  async #take(question: Question): Promise<Answer> {
    if (this.#stopping.signal.aborted) return { kind: 'unsent', reason: 'relay-stops' };
    if (this.#underWay.size >= this.parts.concurrency) return { kind: 'unsent', reason: 'busy' };
    const test = this.#test(question).finally(() => this.#underWay.delete(test));
    this.#underWay.add(test);
    return test;
  }

  async #test({ subscription: id, event }: Question): Promise<Answer> {
    const subscription = this.parts.registry.subscription(id);
    const channel = this.parts.channels.get(subscription?.protocol ?? '');
    if (subscription === undefined || channel === undefined) return { kind: 'unsent', reason: 'channel-unknown' };
    const shape = {
      kind: SpanKind.CLIENT,
      parent: 'root' as const,
      attributes: { 'signalbox.subscription': id, 'signalbox.test': true },
    };
    const { tracer, signingKey } = this.parts;
    try {
      const sending = {
        event: decodeStructured(Buffer.from(event)),
        subscription,
        marks: { test: 'true' as const },
        signingKey,
      };
      const { signal } = this.#stopping;
      return answerOf(await inSpan(tracer, channel.span, shape, (span) => sendOnce(channel, sending, span, signal)));
    } catch (error) {
      if (error instanceof WebhookFault) return { kind: 'unsent', reason: 'not-signable' };
      if (!this.#stopping.signal.aborted) this.parts.log.error({ err: error, subscription: id }, 'a test was not sent');
      return { kind: 'unsent', reason: 'relay-stops' };
    }
  }
}

function answerOf(outcome: Outcome): Answer {
  const { kind, status, latencyMs: latencyms, answer } = outcome;
  const reason = failureReason(outcome);
  return {
    kind: 'sent',
    outcome: kind,
    latencyms,
    ...(reason !== undefined && { reason, detail: `${REASONS[reason].sentence} ${REASONS[reason].advice}` }),
    ...(status !== undefined && { status }),
    ...(answer !== undefined && { answer }),
  };
}
