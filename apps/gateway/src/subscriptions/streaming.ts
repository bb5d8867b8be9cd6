import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { OnModuleDestroy } from '@nestjs/common';
import { Refusal } from '@signalbox/contracts';
import type { Principal, Registry, Subscription } from '@signalbox/registry';
import type { CursorCodec, Positions } from './cursor.js';
import type { CursorStore } from './cursor-store.js';
import type { Gathering, Handed } from './gathering.js';
import { cursorOf, type Pulling } from './pulling.js';
import { HEARTBEAT, messageOf, opening, structuredForLines } from './sse.js';
import { startOf } from './switching.js';

/** Bounds of streams; every one is a setting. */
export interface StreamLimits {
  /** Milliseconds without an event after which a comment shows that the stream stands. */
  readonly heartbeatMs: number;
  /** Events of one stream that may be unacknowledged; then it ends, and its reader acknowledges by coming back. */
  readonly unacknowledged: number;
  /** Milliseconds that a reader is asked to wait before it comes back. */
  readonly retryMs: number;
  /** Streams at once of this gateway. */
  readonly streams: number;
}

export interface StreamingParts {
  readonly registry: Registry;
  readonly pulling: Pulling;
  readonly cursors: CursorStore;
  readonly codec: CursorCodec;
  readonly limits: StreamLimits;
}

/** Why a stream ended; its reader is told in a last message `end` and comes back, unless it stands otherwise there. */
export type StreamEnd =
  /** The gateway stops; another one, or this one a little later, goes on. */
  | 'gateway-stops'
  /** The access token is over, or its application was switched off. Come back with a new one. */
  | 'token-over'
  /** The subscription was changed, paused or ended. */
  | 'subscription-changed'
  /** A newer stream of the same subscription took over. */
  | 'taken-over'
  /** Too much is unacknowledged. Coming back with `Last-Event-ID` acknowledges it. */
  | 'acknowledge'
  /** The engine does not answer now. */
  | 'unavailable';

/** Events handed out together, and bytes of content after which no more are added: their steps share one write. */
const TOGETHER = 32;
const TOGETHER_BYTES = 524_288;
/** Bytes on their way to one reader; beyond, nothing is read for it. */
const AHEAD_BYTES = 65_536;
/** Fetches until a stream over what is not for its reader looks whether it should end. */
const MAX_FETCHES = 75;
/** Milliseconds for a reader that does not read to take the last message. */
const LAST_WORD_MS = 1_000;

/**
 * The events of fetched subscriptions as they come (Server-Sent Events), on the same cursor as pulling. Nothing is kept ahead
 * of a reader but a few events: a slow one is waited for. The newest stream of a subscription is the only one.
 */
export class Streaming implements OnModuleDestroy {
  readonly #running = new Map<string, EventStream>();
  #stopping = false;

  constructor(private readonly parts: StreamingParts) {}

  /**
   * Opens a stream, after taking note of what its reader has dealt with.
   * @param lastEventId the id of the last event that the reader has dealt with: all up to it are acknowledged
   * @param gone aborted when the reader's connection is closed
   * @throws {Refusal} SB-4220 for a foreign id, SB-4290 when there are too many streams, {EngineUnavailable}
   */
  async open(
    subscription: Subscription,
    principal: Principal,
    lastEventId: string | undefined,
    gone: AbortSignal,
  ): Promise<Readable> {
    const { pulling, limits } = this.parts;
    if (this.#running.size >= limits.streams) {
      throw new Refusal('SB-4290', 'This gateway has as many streams as it may', { retryAfter: 10 });
    }
    if (this.#stopping) throw new Refusal('SB-5030', 'The gateway stops', { retryAfter: 2 });
    if (lastEventId !== undefined) await pulling.acknowledge(subscription, lastEventId);
    const stream = new EventStream(this.parts, subscription, principal);
    this.#running.get(subscription.id)?.end('taken-over');
    this.#running.set(subscription.id, stream);
    return stream.open(gone, () => {
      if (this.#running.get(subscription.id) === stream) this.#running.delete(subscription.id);
    });
  }

  /** Ends every stream, each with a last word. Called by Nest before it closes the server. */
  onModuleDestroy(): void {
    this.#stopping = true;
    for (const stream of this.#running.values()) stream.end('gateway-stops');
  }
}

/** An event, and how far everything was handed out with it. */
interface Sent {
  readonly handed: Handed;
  readonly positions: Positions;
}

/** One stream to one reader. */
class EventStream {
  readonly #id = randomUUID();
  readonly #ending = new AbortController();
  #readable: Readable | undefined;
  /** Handed out and, as far as is known, not acknowledged. */
  #window: Handed[] = [];

  constructor(
    private readonly parts: StreamingParts,
    private readonly subscription: Subscription,
    private readonly principal: Principal,
  ) {}

  open(gone: AbortSignal, closed: () => void): Readable {
    const readable = Readable.from(this.#run(), { objectMode: false, highWaterMark: AHEAD_BYTES });
    this.#readable = readable;
    const expiry = setTimeout(() => this.end('token-over'), Math.min(this.principal.expires - Date.now(), 2 ** 31 - 1));
    const forget = this.parts.registry.onChange('subscription', (key) => {
      if (key === `subscriptions.${this.subscription.id}`) this.end('subscription-changed');
    });
    const over = (): void => {
      clearTimeout(expiry);
      forget();
      this.#ending.abort();
      closed();
    };
    readable.once('end', over);
    if (gone.aborted) over();
    else gone.addEventListener('abort', over, { once: true });
    return readable;
  }

  /** Ends in good order; a reader that takes nothing is cut off. */
  end(reason: StreamEnd): void {
    this.#ending.abort(reason);
    setTimeout(() => this.#readable?.destroy(), LAST_WORD_MS).unref();
  }

  async *#run(): AsyncGenerator<Buffer> {
    yield opening(this.parts.limits.retryMs);
    let reason: StreamEnd;
    try {
      reason = yield* this.#events();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      reason = 'unavailable';
    }
    yield messageOf({ event: 'end', data: Buffer.from(JSON.stringify({ reason })) });
  }

  async *#events(): AsyncGenerator<Buffer, StreamEnd> {
    const { cursors, pulling, limits } = this.parts;
    const { id } = this.subscription;
    await cursors.claimStream(id, this.#id);
    const from = startOf(this.subscription, await cursors.read(id));
    const gathering = await pulling.gather(this.subscription, from, TOGETHER);
    for (let [stood, spoke] = [from, Date.now()]; ;) {
      const reason = this.#reasonToEnd();
      if (reason !== undefined) return reason;
      const seen = pulling.seen();
      const batch = await this.#batch(gathering);
      if (batch.length > 0) {
        yield* this.#messages(batch);
        [stood, spoke] = [batch.at(-1)!.positions, Date.now()];
        await this.#forgetAcknowledged();
        if (this.#window.length > limits.unacknowledged - TOGETHER) return 'acknowledge';
        continue;
      }
      stood = await this.#passedOver(stood, gathering.positions);
      if (Date.now() - spoke >= limits.heartbeatMs) {
        yield HEARTBEAT;
        spoke = Date.now();
        await this.#lookAround(gathering);
      }
      const left = limits.heartbeatMs - (Date.now() - spoke);
      await pulling.somethingNew(this.subscription, seen, left, this.#ending.signal);
    }
  }

  #reasonToEnd(): StreamEnd | undefined {
    const { signal } = this.#ending;
    // Without a reason of ours the reader has gone.
    if (signal.aborted) return typeof signal.reason === 'string' ? (signal.reason as StreamEnd) : 'taken-over';
    return this.parts.registry.isActive(this.principal) ? undefined : 'token-over';
  }

  /** What is there now, with its steps on disk. */
  async #batch(gathering: Gathering): Promise<Sent[]> {
    const batch: Sent[] = [];
    const most = gathering.fetches + MAX_FETCHES;
    for (let bytes = 0; batch.length < TOGETHER && bytes < TOGETHER_BYTES;) {
      const handed = await gathering.next(most);
      if (handed === undefined) break;
      batch.push({ handed, positions: { ...gathering.positions } });
      const { data } = handed.stored.event;
      bytes += data.kind === 'absent' ? 0 : data.bytes.byteLength;
    }
    await gathering.recorded();
    await this.parts.pulling.record(
      'delivered',
      this.subscription,
      batch.map(({ handed }) => handed),
    );
    return batch;
  }

  *#messages(batch: readonly Sent[]): Generator<Buffer> {
    for (const { handed, positions } of batch) {
      this.#window.push(handed);
      yield messageOf({
        event: String(handed.stored.event.attributes['type']),
        id: this.parts.codec.encode(this.subscription.id, cursorOf(positions, this.#window)),
        fields: handed.marks,
        data: structuredForLines(handed.stored.event),
      });
    }
  }

  /** A reader may acknowledge while it reads; what it did need not stand in the ids of what follows. */
  async #forgetAcknowledged(): Promise<void> {
    if (this.#window.length < TOGETHER) return;
    const acknowledged = await this.parts.cursors.read(this.subscription.id);
    this.#window = this.#window.filter(
      ({ shelved, family, stored }) => shelved || stored.sequence > (acknowledged[family] ?? 0),
    );
  }

  /** Where nothing was handed out that is not acknowledged, the position moves on over what is not for the reader. */
  async #passedOver(stood: Positions, now: Positions): Promise<Positions> {
    const moved = Object.entries(now).some(([family, sequence]) => sequence > (stood[family] ?? 0));
    if (!moved || this.#window.length > 0) return stood;
    await this.parts.cursors.advance(this.subscription.id, now);
    return { ...now };
  }

  /** Now and then: was the stream taken over at another gateway, was something put on the shelf? */
  async #lookAround(gathering: Gathering): Promise<void> {
    const holder = await this.parts.cursors.streamOf(this.subscription.id);
    if (holder !== this.#id) return this.end('taken-over');
    await gathering.lookOnShelf(
      new Set(this.#window.filter(({ shelved }) => shelved).map(({ stored }) => placeOf(stored))),
    );
  }
}

const placeOf = ({ stream, sequence }: Handed['stored']): string => `${stream} ${String(sequence)}`;
