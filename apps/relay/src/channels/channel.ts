import type { CloudEvent } from '@signalbox/contracts';

import type { ReasonCode } from '../deliveries/reasons.js';

/** Where one delivery goes. Signing and tracing are done by deliveries; a channel only puts the headers where its protocol has them. */
export interface Target {
  /** Address in the channel's own form, as the subscriber gave it. Never logged: it may carry a capability. */
  readonly sink: string;
  /** The same for every attempt of this event, so that the receiver can recognise a repetition. */
  readonly identity: string;
  /** Of the subscription: a batching channel joins what goes to the same one. */
  readonly subscription: string;
  /** What its receiver set for the channel. */
  readonly config: Readonly<Record<string, string | number | boolean>>;
  /** Headers that its receiver wants on every request. They may hold credentials: never logged. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly marks: Marks;
  /** Where the event lies; absent for a test, which lies nowhere. */
  readonly place?: { readonly stream: string; readonly sequence: number };
  /** Trace headers of this attempt: a fresh `traceparent`, never `tracestate` or baggage of others. */
  readonly trace: Readonly<Record<string, string>>;
  /** Signature headers over exactly the bytes that are sent. @param identity of what is sent, where it is more than this event */
  readonly sign: (body: Uint8Array, identity?: string) => Readonly<Record<string, string>>;
}

/**
 * What the receiver is told about this delivery beside the event, never inside it: as headers `signalbox-<name>`, or where
 * the channel's protocol has its place for such things.
 */
export interface Marks {
  /** Id of the replay that it belongs to. */
  readonly replay?: string;
  /** Id of a newer version that was known when it was sent. */
  readonly late?: string;
  /** Id of the event that it corrects or withdraws, when it is delivered for that reason alone. */
  readonly corrects?: string;
  /** Not a real event: the receiver asked for a test. */
  readonly test?: 'true';
}

interface Told {
  /** Milliseconds from the call to the answer. */
  readonly latencyMs: number;
  /** Status in the channel's own numbering (for HTTP, the HTTP status); absent when no answer came. */
  readonly status?: number;
  /** What the receiver said, as far as words of a fixed vocabulary tell it; for people who mend the receiver. */
  readonly answer?: string;
}

/**
 * What became of one attempt, in words that every channel shares:
 * - `delivered`: the receiver confirmed that it has the event;
 * - `retry`: it does not have it, and a later attempt may succeed;
 * - `refused`: it will not take it, however often it is sent; `disable` when it wants nothing more of this subscription.
 */
export type Outcome =
  | (Told & { readonly kind: 'delivered' })
  | (Told & {
      readonly kind: 'retry';
      readonly reason: ReasonCode;
      /** Milliseconds that the receiver asked to wait. */
      readonly afterMs?: number;
    })
  | (Told & { readonly kind: 'refused'; readonly code: ReasonCode; readonly disable?: boolean });

/**
 * One way to hand an event to a receiver. A new channel is a folder here, a line in `index.ts`, and must pass
 * `channel-conformance`. Retry, order, signing, tracing and parking are not its business.
 */
export interface Channel {
  /** Value of a subscription's `protocol` that this channel serves. */
  readonly scheme: string;
  /** Attempts at once for one subscription, when the protocol itself needs fewer than the setting: 1 where it numbers events. */
  readonly concurrency?: number;
  /** Its subscriptions have no address: the receiver comes for its events. */
  readonly sinkless?: true;
  /** Name of the client span around an attempt, of low cardinality. */
  readonly span: string;
  /**
   * Tries once, within its own time limit. Carries `data` byte for byte.
   * @throws the signal's reason when it was aborted: nothing is then known, and it does not count as an answer.
   * Every other ending is an outcome, never an exception.
   */
  deliver(event: CloudEvent, target: Target, signal: AbortSignal): Promise<Outcome>;
}
