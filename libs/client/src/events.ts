import { randomUUID } from 'node:crypto';

import type { Accepted, AttributeValue, Finding, ProblemCode, Urgency } from '@signalbox/contracts';

import type { Marks } from './marks.js';
import { errorOfProblem } from './problem.js';
import type { SignalboxError } from './problem.js';
import type { EventTypeName, EventTypes } from './types.generated.js';

/** The attributes that events of every type have. */
export interface EventAttributes<T extends EventTypeName> {
  readonly specversion: '1.0';
  /** With `source` the identity: the same event sent twice is recorded once. */
  readonly id: string;
  /** `urn:ods:<ODS>:<application>` or an absolute URI. */
  readonly source: string;
  readonly type: T;
  /** When it happened, RFC 3339 with a zone. */
  readonly time: string;
  readonly datacontenttype?: string;
  /** Journey: one case over all its events. The gateway gives one where the publisher does not. */
  readonly correlationid?: string;
  /** Id of the event that this one answers. */
  readonly causationid?: string;
  /** Id of the event that this one replaces. */
  readonly supersedes?: string;
  /** ODS code of the intended receiver; absent means every holder of a grant. */
  readonly targetorg?: string;
  readonly urgency?: Urgency;
  /** The sender's own status, word for word. */
  readonly sourcestatus?: string;
  /** Where the content can be fetched, when `data` is left out. */
  readonly dataref?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly data?: EventTypes[T]['data'];
}

/**
 * An event of a known type in the JSON form of CloudEvents 1.0.2, ready to be published. What its type asks for beyond
 * the base (`supersedes` of a correction, …) must be there.
 */
export type TypedEvent<T extends EventTypeName = EventTypeName> = {
  [K in T]: EventAttributes<K> & Readonly<Record<EventTypes[K]['requires'], string>>;
}[T];

/** A typed event before it has an id and a time. */
export type EventDraft<T extends EventTypeName> = Omit<EventAttributes<T>, 'specversion' | 'id' | 'time'> &
  Readonly<Record<EventTypes[T]['requires'], string>> & { readonly id?: string; readonly time?: string };

/** Any CloudEvent in JSON form; what is wrong with it, the exchange says. */
export interface AnyEvent {
  readonly [attribute: string]: unknown;
}

/**
 * What may be published: a typed event, any CloudEvent in JSON form, or the bytes of one as they stand in a file.
 * Bytes are sent as they are; an object is written once, before the first attempt.
 */
export type Publishable = TypedEvent | AnyEvent | Uint8Array;

/** An event with what every publisher would otherwise write by hand: specversion, a new id, the time, the content type. */
export function newEvent<T extends EventTypeName>(draft: EventDraft<T>): TypedEvent<T> {
  const event: EventAttributes<T> = {
    ...draft,
    specversion: '1.0',
    id: draft.id ?? randomUUID(),
    time: draft.time ?? new Date().toISOString(),
    datacontenttype: draft.datacontenttype ?? 'application/fhir+json',
  };
  return event as TypedEvent<T>;
}

/** One item of a batch, in the order sent: accepted, or a problem of its own. */
export type BatchItem =
  | (Accepted & { readonly status: number })
  | {
      readonly status: number;
      readonly code: ProblemCode;
      readonly title?: string;
      readonly detail: string;
      readonly findings?: readonly Finding[];
      readonly id?: string;
      readonly source?: string;
    };

/** Whether an item of a batch was accepted. */
export function wasAccepted(item: BatchItem): item is Accepted & { readonly status: number } {
  return item.status >= 200 && item.status < 300;
}

/** The error that a refused item of a batch stands for. */
export function errorOfItem(item: BatchItem): SignalboxError {
  return errorOfProblem(item.status, item);
}

/** An event as it was received: the bytes of its content are those that the publisher sent. */
export interface ReceivedEvent<T extends string = string> {
  readonly id: string;
  readonly source: string;
  readonly type: T;
  readonly time: string | undefined;
  /** The journey (`correlationid`). */
  readonly journey: string | undefined;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** What the exchange says about this delivery beside the event: whether it is a replay, late, a correction, a test. */
  readonly marks: Marks;
  /** The content, byte for byte; empty where the event has none. Check signatures and digests over these. */
  readonly raw: Uint8Array;
  /** The content parsed as JSON on first use; undefined where there is none or it is not JSON. */
  readonly data: T extends EventTypeName ? EventTypes[T]['data'] : unknown;
  /** The whole event as `application/cloudevents+json`, the content's bytes unchanged: to hand it on. */
  structured(): Uint8Array;
}

/** Narrows a received event to a type of the catalogue, so that its `data` is typed. */
export function isType<T extends EventTypeName>(event: ReceivedEvent, type: T): event is ReceivedEvent<T> {
  return event.type === type;
}
