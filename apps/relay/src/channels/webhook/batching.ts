import type { CloudEvent } from '@signalbox/contracts';

import type { Channel, Outcome, Target } from '../channel.js';
import type { Delivery } from './webhook-channel.js';

/** A channel that can also send several events in one request. */
export interface JoiningChannel extends Channel {
  deliverTogether(deliveries: readonly Delivery[], signal: AbortSignal): Promise<Outcome>;
}

/** Bounds of batches; every one is a setting. */
export interface BatchLimits {
  /** Milliseconds that an event waits for company where its receiver did not say. */
  readonly waitMs: number;
  /** Bytes of content after which a batch takes no more. */
  readonly bytes: number;
}

interface Member extends Delivery {
  readonly signal: AbortSignal;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

interface Gathering {
  readonly members: Set<Member>;
  readonly timer: NodeJS.Timeout;
  bytes: number;
}

/** Failures that one event of a batch can have caused for all of them. */
const CONTAGIOUS: ReadonlySet<string> = new Set(['endpoint-error', 'endpoint-timeout', 'endpoint-disconnected']);
/** How many of those are remembered, so that their next attempt is made alone. */
const REMEMBERED = 10_000;

/**
 * Joins what is due at the same time for one endpoint into one request, where its receiver set `batch` (most events) and
 * `batchwaitms` (how long the first one waits for company). Each delivery gets the outcome of the whole, with two
 * exceptions, so that one bad event does not hold up its neighbours: a batch that is refused is sent again event by event
 * at once, and after a failure that one of them may have caused, the next attempt of each is made alone.
 *
 * Order is kept, since of events with the same key one is in flight at a time. What has different marks is not joined.
 */
export class Batching implements Channel {
  readonly scheme: string;
  readonly span: string;
  readonly #gatherings = new Map<string, Gathering>();
  readonly #alone = new Set<string>();

  constructor(
    private readonly inner: JoiningChannel,
    private readonly limits: BatchLimits,
  ) {
    this.scheme = inner.scheme;
    this.span = inner.span;
  }

  async deliver(event: CloudEvent, target: Target, signal: AbortSignal): Promise<Outcome> {
    signal.throwIfAborted();
    const most = Number(target.config['batch'] ?? 1);
    const isAlone = this.#alone.delete(nameOf(target));
    if (most < 2 || isAlone || target.marks.test !== undefined) return this.inner.deliver(event, target, signal);
    return new Promise((resolve, reject) => this.#join({ event, target, signal, resolve, reject }, most));
  }

  #join(member: Member, most: number): void {
    const { subscription, sink, marks, config } = member.target;
    const key = JSON.stringify([subscription, sink, marks]);
    const bytes = member.event.data.kind === 'absent' ? 0 : member.event.data.bytes.byteLength;
    const present = this.#gatherings.get(key);
    if (present !== undefined && present.bytes + bytes > this.limits.bytes) this.#send(key);
    const gathering =
      this.#gatherings.get(key) ?? this.#begin(key, Number(config['batchwaitms'] ?? this.limits.waitMs));
    gathering.members.add(member);
    gathering.bytes += bytes;
    const left = (): void => {
      gathering.members.delete(member);
      member.reject(member.signal.reason);
    };
    member.signal.addEventListener('abort', left, { once: true });
    if (gathering.members.size >= most) this.#send(key);
  }

  #begin(key: string, waitMs: number): Gathering {
    const gathering = { members: new Set<Member>(), timer: setTimeout(() => this.#send(key), waitMs), bytes: 0 };
    this.#gatherings.set(key, gathering);
    return gathering;
  }

  #send(key: string): void {
    const gathering = this.#gatherings.get(key);
    if (gathering === undefined) return;
    this.#gatherings.delete(key);
    clearTimeout(gathering.timer);
    const { members } = gathering;
    if (members.size === 0) return;
    const sending = members.size === 1 ? this.#each(members) : this.#together(members);
    sending.catch((error: unknown) => {
      for (const { reject } of members) reject(error);
    });
  }

  async #together(members: ReadonlySet<Member>): Promise<void> {
    const sent = [...members];
    const over = new AbortController();
    const leaving = (): void => {
      if (members.size === 0) over.abort(new Error('nobody waits for this batch any more'));
    };
    for (const { signal } of sent) signal.addEventListener('abort', leaving, { once: true });
    const outcome = await this.inner.deliverTogether(sent, over.signal);
    if (outcome.kind === 'refused' && outcome.disable !== true && outcome.code !== 'egress-refused') {
      return this.#each(members);
    }
    if (outcome.kind === 'retry' && CONTAGIOUS.has(outcome.reason)) this.#sendAloneNext(sent);
    for (const { resolve } of members) resolve(outcome);
  }

  async #each(members: ReadonlySet<Member>): Promise<void> {
    const one = async ({ event, target, signal, resolve, reject }: Member): Promise<void> =>
      this.inner.deliver(event, target, signal).then(resolve, reject);
    await Promise.all([...members].map(one));
  }

  #sendAloneNext(sent: readonly Member[]): void {
    for (const { target } of sent) this.#alone.add(nameOf(target));
    for (const oldest of this.#alone) {
      if (this.#alone.size <= REMEMBERED) break;
      this.#alone.delete(oldest);
    }
  }
}

const nameOf = ({ subscription, identity }: Target): string => `${subscription} ${identity}`;
