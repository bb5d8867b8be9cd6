import type { KeyObject } from 'node:crypto';
import {
  type Accepted,
  type Catalogue,
  type CloudEvent,
  eventDigest,
  eventIdentity,
  familyOf,
  type Finding,
  journeyOf,
  judge,
  type Judgement,
  PROBLEMS,
  Refusal,
  type Verdict,
} from '@signalbox/contracts';
import {
  newRecordId,
  type EventLog,
  type Position,
  type RecordLog,
  type Step,
  type StepKind,
} from '@signalbox/messaging';
import type { Actor, Registry } from '@signalbox/registry';
import {
  failSpan,
  formatTraceparent,
  RedisAway,
  SpanKind,
  startSpan,
  type Span,
  type LogFields,
  type SpanContext,
  type Tracer,
} from '@signalbox/runtime';
import { sameDigest, type DigestStore } from '../idempotency/digest-store.js';
import { type Version, versionOf, type VersionStore } from '../idempotency/version-store.js';
import type { RateLimit } from '../idempotency/rate-limit.js';
import { problemOf } from '../problems.js';
import { decide, refusalOfSender } from './decision.js';
import type { EventMetrics } from './event-metrics.js';
import { IdentityQueue } from './identity-queue.js';
import type { RefusalRecord } from './refusal-record.js';
import { stamp, withoutIdentifier } from './stamp.js';

/** One event at a door, and who brought it. */
export interface Offer {
  readonly principal: Actor;
  readonly event: CloudEvent;
  /** The bytes as they were sent; asked for only when the event is refused. */
  readonly payload: () => Uint8Array;
  /** Contexts of the sender: linked, never continued. */
  readonly links: readonly (SpanContext | undefined)[];
  /** One of many in a request: it gets a trace of its own. */
  readonly batched?: boolean;
}

/** What accepting stands on. */
export interface AcceptanceParts {
  readonly catalogue: Catalogue;
  readonly registry: Registry;
  readonly events: EventLog;
  readonly steps: RecordLog<Step>;
  readonly refusals: RefusalRecord;
  readonly digests: DigestStore;
  readonly versions: VersionStore;
  /** Called when it is not known whether Redis has the digest of a recorded event. */
  readonly doubt: () => void;
  readonly rate: RateLimit;
  readonly pseudonymKey: KeyObject;
  readonly tracer: Tracer;
  readonly metrics: EventMetrics;
  readonly onStepLost: (error: unknown) => void;
  /** Told of findings that a policy let pass. */
  readonly onLeniency: (fields: LogFields) => void;
}

/** An offer on its way, with what was worked out about it once. */
interface Taking extends Offer {
  readonly type: string;
  readonly identity: string;
  readonly journey: string;
  readonly span: Span;
}

const DESTINATION = {
  'messaging.system': 'nats',
  'messaging.destination.template': 'events.{family}.{event}.{version}.{organisation}',
};

const CREATING = { ...DESTINATION, ...operation('create') };

/**
 * Takes an event or refuses it with a reason. The order is fixed: who is it, may they, was it accepted before, is it
 * right, is it on disk. An event that was accepted before is answered as it was then, even if today's rules would
 * refuse it. Redis being away never stands in the way; the engine being away always does.
 */
export class Acceptance {
  readonly #queue = new IdentityQueue();

  constructor(private readonly parts: AcceptanceParts) {}

  /** @throws {Refusal} which has been recorded, once. */
  async take(offer: Offer): Promise<Accepted> {
    const { tracer, metrics } = this.parts;
    const span = startSpan(tracer, 'create events', {
      kind: SpanKind.PRODUCER,
      ...(offer.batched && { parent: 'root' }),
      links: offer.links,
      attributes: CREATING,
    });
    const began = performance.now();
    try {
      const accepted = await this.#admitted(offer, span);
      metrics.seconds.observe((performance.now() - began) / 1000);
      return accepted;
    } catch (error) {
      failSpan(span, error);
      throw await this.refuse(offer, problemOf(error), span.spanContext().traceId);
    } finally {
      span.end();
    }
  }

  /** Records a refusal, unless it is the engine's (which may repeat). @returns what to answer. */
  async refuse(
    offer: { readonly principal: Actor; readonly event?: CloudEvent; readonly payload: () => Uint8Array },
    refusal: Refusal,
    traceid?: string,
  ): Promise<Refusal> {
    this.parts.metrics.refused.inc({ code: refusal.code });
    if (PROBLEMS[refusal.code].retryable) return refusal;
    const { ods, application } = offer.principal;
    try {
      await this.parts.refusals.keep({
        ods,
        application,
        refusal,
        event: offer.event,
        payload: offer.payload(),
        traceid,
      });
      return refusal;
    } catch (error) {
      return problemOf(error);
    }
  }

  /** The same judgement as {@link Acceptance.take}, without storing or asking for a grant. */
  validate(event: CloudEvent): Verdict {
    const { code, type, findings } = judge(event, this.parts.catalogue);
    return { valid: code === undefined, ...(type && { type: type.type }), ...(code && { code }), findings };
  }

  #admitted(offer: Offer, span: Span): Promise<Accepted> {
    const { principal, event } = offer;
    const type = String(event.attributes['type']);
    const wait = this.parts.rate.take(principal.ods, 1);
    if (wait !== undefined) throw new Refusal('SB-4290', undefined, { retryAfter: wait });
    const granted = this.parts.registry.allows(principal, 'publish', type) !== undefined;
    const refusal = refusalOfSender(event, { ods: principal.ods, granted });
    if (refusal) throw refusal;
    const taking = { ...offer, type, span, identity: eventIdentity(event), journey: journeyOf(event) };
    return this.#queue.run(taking.identity, () => this.#once(taking));
  }

  async #once(taking: Taking): Promise<Accepted> {
    const { principal, event, identity, type } = taking;
    const { catalogue, registry, metrics } = this.parts;
    const asked = this.#known(identity);
    const judgement = judge(event, catalogue);
    const version = versionOf(event, judgement, principal.ods, this.parts.pseudonymKey);
    const older = this.#newer(version);
    const digest = eventDigest(event);
    const known = await asked;
    if (known && sameDigest(known, digest)) return this.#repeated(taking);
    const strictness = registry.stage(principal.ods, type);
    const decision = decide(event, judgement, strictness);
    if (decision.kind === 'refuse') throw decision.refusal;
    if (known) throw this.#conflict(taking);
    const late = await older;
    const position = await this.#append(taking, judgement, late);
    const outcome = position.duplicate ? await this.#compared(taking, position, digest) : 'new';
    if (outcome === 'conflict') throw this.#conflict(taking);
    await Promise.all([this.#remember(identity, digest), this.#noteVersion(version, late)]);
    if (outcome === 'repeat') return this.#repeated(taking);
    metrics.accepted.inc({ type });
    this.#noteFindings(taking, decision.findings);
    return answer(taking, false, strictness === 'warn' ? decision.findings : []);
  }

  async #append(
    { event, principal, span, type, identity, journey }: Taking,
    judgement: Judgement,
    late: string | undefined,
  ): Promise<Position> {
    const { pseudonymKey, events, tracer, doubt } = this.parts;
    const sourceorg = principal.ods;
    const recorded = stamp(event, { sourceorg, patient: judgement.patient, pseudonymKey, journey, at: new Date() });
    const attributes = {
      'signalbox.journey': journey,
      'signalbox.event': identity,
      'signalbox.type': type,
      'messaging.destination.name': `events.${familyOf(type) ?? 'none'}`,
    };
    span.setAttributes(attributes);
    const sending = startSpan(tracer, 'send events', {
      kind: SpanKind.CLIENT,
      parent: span.spanContext(),
      attributes: span.isRecording() ? { ...DESTINATION, ...operation('send'), ...attributes } : {},
    });
    try {
      const traceparent = formatTraceparent(span.spanContext());
      const staleness = late !== undefined && { late, held: judgement.type?.stale === 'hold' };
      const position = await events.append(recorded, { sourceorg, traceparent, ...staleness });
      sending.setAttributes({ 'messaging.nats.stream': position.stream, 'messaging.nats.sequence': position.sequence });
      return position;
    } catch (error) {
      doubt();
      failSpan(sending, error);
      throw error;
    } finally {
      sending.end();
    }
  }

  async #known(identity: string): Promise<Uint8Array | undefined> {
    try {
      return await this.parts.digests.find(identity);
    } catch (error) {
      if (error instanceof RedisAway) return undefined; // the engine's own window still catches a retry
      throw error;
    }
  }

  /** Best effort: an event is not refused, nor kept waiting, because it cannot be told whether it comes late. */
  async #newer(version: Version): Promise<string | undefined> {
    return this.parts.versions.newer(version).catch(() => undefined);
  }

  async #noteVersion(version: Version, late: string | undefined): Promise<void> {
    await this.parts.versions.remember(version, late).catch(() => undefined);
  }

  async #remember(identity: string, digest: Uint8Array): Promise<void> {
    try {
      await this.parts.digests.remember({ identity, digest, acceptedAt: new Date() });
    } catch {
      this.parts.doubt();
    }
  }

  /**
   * What lies at the position that the engine calls a duplicate: the same event, another one, or this very attempt,
   * whose confirmation was lost with a connection and which was repeated. One that has gone meanwhile counts as the same.
   */
  async #compared({ span }: Taking, position: Position, digest: Uint8Array): Promise<'new' | 'repeat' | 'conflict'> {
    const stored = await this.parts.events.get(position.stream, position.sequence);
    if (stored === undefined) return 'repeat';
    if (!sameDigest(eventDigest(stored.event), digest)) return 'conflict';
    return stored.traceparent === formatTraceparent(span.spanContext()) ? 'new' : 'repeat';
  }

  #repeated(taking: Taking): Accepted {
    this.parts.metrics.duplicates.inc({ type: taking.type });
    this.#step('duplicate', taking, 'The same event was offered again; it is recorded once.');
    return answer(taking, true, []);
  }

  #conflict(taking: Taking): Refusal {
    this.#step('conflict', taking, 'Another content was offered under the same source and id; the first one stays.');
    return new Refusal('SB-4090');
  }

  #step(kind: StepKind, { event, principal, type, journey }: Taking, detail: string): void {
    const { source, id } = event.attributes;
    const step: Step = {
      id: newRecordId(),
      kind,
      time: new Date().toISOString(),
      source: withoutIdentifier(source) ?? '',
      eventid: withoutIdentifier(id) ?? '',
      type: withoutIdentifier(type) ?? '',
      journey: withoutIdentifier(journey) ?? '',
      sourceorg: principal.ods,
      detail,
    };
    this.parts.steps.record(step, this.parts.onStepLost);
  }

  /** What a lenient policy let pass is not lost: it is counted by rule and told in the log. */
  #noteFindings({ principal, type }: Taking, findings: readonly Finding[]): void {
    if (findings.length === 0) return;
    const rules = [...new Set(findings.map(({ rule }) => rule))];
    for (const { rule } of findings) this.parts.metrics.findings.inc({ rule });
    this.parts.onLeniency({ org: principal.ods, type, findings: findings.length, rule: rules.join(' ') });
  }
}

function operation(name: 'create' | 'send'): Record<string, string> {
  return { 'messaging.operation.name': name, 'messaging.operation.type': name };
}

function answer({ event, journey }: Taking, duplicate: boolean, findings: readonly Finding[]): Accepted {
  const { id, source } = event.attributes;
  return {
    id: String(id),
    source: String(source),
    journey,
    state: 'accepted',
    duplicate,
    ...(findings.length > 0 && { findings }),
  };
}
