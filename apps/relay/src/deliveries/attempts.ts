import { eventIdentity, journeyOf, WebhookFault } from '@signalbox/contracts';
import type { StoredEvent } from '@signalbox/messaging';
import { eligibility, type Registry, type Subscription } from '@signalbox/registry';
import { inSpan, parseTraceparent, type Span, type SpanContext, SpanKind, type Tracer } from '@signalbox/runtime';

import type { Channel, Marks, Outcome } from '../channels/channel.js';
import { sendOnce } from '../endpoints/sending.js';
import type { RelayMetrics } from '../relay-metrics.js';
import type { Gate } from './gate.js';
import type { RetryPolicy } from './retry-policy.js';
import { type Settlement, settleImpossible, settleOutcome, settleUnsent } from './settlement.js';

export interface AttemptParts {
  readonly registry: Pick<Registry, 'allows'>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly policy: RetryPolicy;
  /** `whsk_…`: this exchange's own key for the asymmetric signature, beside the subscriber's secrets. */
  readonly signingKey: string | undefined;
  /** Bounds the attempts of the whole relay. */
  readonly gate: Gate;
  readonly tracer: Tracer;
  readonly metrics: RelayMetrics;
}

/** One event that is due for one subscription. */
export interface Due {
  readonly stored: StoredEvent;
  readonly subscription: Subscription;
  readonly marks: Marks;
  readonly attempt: number;
  readonly ageMs: number;
  /** Aborted when the relay stops and its time for orderly work is over, or when another relay may drive it. */
  readonly signal: AbortSignal;
}

/** What an attempt came to, with the span that saw it. */
export interface Attempted {
  readonly settlement: Settlement;
  readonly trace: SpanContext;
  /** What the endpoint made of it; absent when nothing was sent. */
  readonly outcome?: Outcome;
}

const ANYTHING = { types: ['*'], filters: [] } as const;

/** Judges a due event and, if it is to be sent, sends it once through its channel, traced and signed. */
export class Attempts {
  constructor(private readonly parts: AttemptParts) {}

  /**
   * @throws the signal's reason when it was aborted under way: nothing is then known and nothing may be recorded
   */
  async try(due: Due): Promise<Attempted> {
    const { stored, subscription } = due;
    const shape = {
      kind: SpanKind.CONSUMER,
      parent: 'root' as const,
      links: [parseTraceparent(stored.traceparent)],
      attributes: spanAttributes(due),
    };
    return inSpan(this.parts.tracer, `process ${stored.stream}`, shape, async (span) => {
      const actor = { ods: subscription.ods, application: subscription.application };
      const granted = (type: string): boolean => this.parts.registry.allows(actor, 'subscribe', type) !== undefined;
      // A correction goes to whoever received what it corrects, whatever is asked for now; never without a grant.
      const wish = due.marks.corrects === undefined ? subscription : { ods: subscription.ods, ...ANYTHING };
      const { targetorg: _, ...open } = stored.event.attributes;
      const judged = due.marks.corrects === undefined ? stored.event : { ...stored.event, attributes: open };
      const verdict = eligibility(judged, wish, granted);
      const sent = verdict.kind === 'deliver' ? await this.#send(due) : { settlement: settleUnsent(verdict) };
      const { settlement } = sent;
      span.setAttribute('signalbox.settlement', settlement.steps.at(-1)?.state ?? settlement.kind);
      this.#count(settlement);
      return { ...sent, trace: span.spanContext() };
    });
  }

  async #send(due: Due): Promise<Omit<Attempted, 'trace'>> {
    const channel = this.parts.channels.get(due.subscription.protocol);
    if (channel === undefined || (due.subscription.sink === undefined && channel.sinkless !== true))
      return { settlement: settleImpossible('channel-unknown') };
    const leave = await this.parts.gate.enter();
    try {
      due.signal.throwIfAborted();
      const outcome = await inSpan(
        this.parts.tracer,
        channel.span,
        { kind: SpanKind.CLIENT, attributes: eventAttributes(due) },
        (span) => this.#deliver(channel, due, span),
      );
      this.#time(outcome, due);
      return { settlement: settleOutcome(outcome, due, this.parts.policy), outcome };
    } catch (error) {
      if (error instanceof WebhookFault) return { settlement: settleImpossible('not-signable') };
      throw error;
    } finally {
      leave();
    }
  }

  async #deliver(channel: Channel, { stored, subscription, marks, signal }: Due, span: Span): Promise<Outcome> {
    const { event, stream, sequence } = stored;
    const { signingKey } = this.parts;
    return sendOnce(channel, { event, subscription, marks, signingKey, place: { stream, sequence } }, span, signal);
  }

  #time(outcome: Outcome, { stored }: Due): void {
    const { attempt, lag } = this.parts.metrics;
    attempt.observe({ outcome: outcome.kind }, outcome.latencyMs / 1000);
    if (outcome.kind === 'delivered') {
      lag.observe({ family: familyOfStream(stored.stream) }, Math.max(0, Date.now() - stored.time.getTime()) / 1000);
    }
  }

  #count({ steps }: Settlement): void {
    const last = steps.at(-1);
    this.parts.metrics.deliveries.inc({ outcome: last?.state ?? 'unknown', reason: last?.reason ?? '' });
  }
}

function eventAttributes({ stored, subscription }: Due): Record<string, string> {
  return {
    'signalbox.journey': journeyOf(stored.event),
    'signalbox.event': String(stored.event.attributes['id']),
    'signalbox.subscription': subscription.id,
  };
}

/** Messaging conventions of OpenTelemetry 1.44 (in development); NATS has none of its own there. */
function spanAttributes(due: Due): Record<string, string | number> {
  const { stored, subscription, attempt } = due;
  return {
    ...eventAttributes(due),
    'signalbox.attempt': attempt,
    'messaging.system': 'nats',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': stored.stream,
    'messaging.destination.subscription.name': subscription.id,
    'messaging.message.id': eventIdentity(stored.event),
    'messaging.message.conversation_id': journeyOf(stored.event),
    'messaging.nats.sequence': stored.sequence,
    'cloudevents.event_source': String(stored.event.attributes['source']),
    'cloudevents.event_type': String(stored.event.attributes['type']),
  };
}

const familyOfStream = (stream: string): string => stream.replace(/^EVENTS_/, '').toLowerCase();
