import { decodeBatch, DEFAULT_LIMITS } from '@signalbox/contracts';
import type { Filter } from '@signalbox/contracts';

import type { ReceivedEvent } from './events.js';
import { isRecord, SignalboxError } from './problem.js';
import { receivedEvent } from './received.js';
import type { Request, Transport } from './transport.js';

/** What an organisation asks to receive, and how. */
export interface NewSubscription {
  /** Types: exact, or ending in `.*`. */
  readonly types: readonly string[];
  /** Filters of the CloudEvents Subscriptions API; all must hold. */
  readonly filters?: readonly Filter[];
  readonly source?: string;
  /** `PULL`: fetched by the receiver. `HTTP`: a signed webhook to `sink`. */
  readonly protocol: 'PULL' | 'HTTP';
  readonly sink?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Where to begin: `now` (default) or a time, RFC 3339. */
  readonly start?: string;
}

/** A subscription as the exchange answers it. */
export interface Subscription extends Omit<NewSubscription, 'start'> {
  readonly id: string;
  /** `pending`: a webhook whose endpoint has not consented yet. */
  readonly status: 'pending' | 'active' | 'paused' | 'disabled';
  readonly statusReason?: string;
  /** Secrets that sign the webhooks; told once, when they are made. */
  readonly sinksecrets?: readonly string[];
}

/** Events of one pull and the position behind them. */
export interface Pulled {
  readonly events: readonly ReceivedEvent[];
  /** What to acknowledge once every event of {@link Pulled.events} is dealt with; undefined where nothing came. */
  readonly cursor: string | undefined;
}

/** How much to pull at once, and how long to wait for the first event. */
export interface PullOptions {
  readonly limit?: number;
  readonly waitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Longest wait that this client asks for; the exchange may answer sooner. */
const DEFAULT_WAIT_MS = 20_000;
const DEFAULT_LIMIT = 100;

/** The calls on subscriptions. */
export class Subscriptions {
  constructor(private readonly transport: Transport) {}

  async create(subscription: NewSubscription): Promise<Subscription> {
    return asSubscription(
      await this.transport.sendForJson(json('POST', 'subscriptions', subscription, { idempotent: false })),
    );
  }

  async list(): Promise<Subscription[]> {
    const answer = await this.transport.sendForJson({ method: 'GET', path: 'subscriptions', idempotent: true });
    return itemsOf(answer).map(asSubscription);
  }

  async get(id: string): Promise<Subscription> {
    return asSubscription(await this.transport.sendForJson({ method: 'GET', path: pathOf(id), idempotent: true }));
  }

  async change(id: string, change: Readonly<Record<string, unknown>>): Promise<Subscription> {
    return asSubscription(await this.transport.sendForJson(json('PATCH', pathOf(id), change)));
  }

  async pause(id: string): Promise<Subscription> {
    return asSubscription(await this.transport.sendForJson(json('POST', `${pathOf(id)}/pause`, {})));
  }

  /** Goes on where it was left. */
  async resume(id: string): Promise<Subscription> {
    return asSubscription(await this.transport.sendForJson(json('POST', `${pathOf(id)}/resume`, {})));
  }

  async delete(id: string): Promise<void> {
    await this.transport.send({ method: 'DELETE', path: pathOf(id), idempotent: true });
  }

  /** Events after the acknowledged position; the same ones again until {@link Subscriptions.acknowledge}. */
  async pull(id: string, o: PullOptions = {}): Promise<Pulled> {
    const limit = o.limit ?? DEFAULT_LIMIT;
    const waitms = o.waitMs ?? DEFAULT_WAIT_MS;
    const request = json('POST', `${pathOf(id)}/pull`, { limit, waitms });
    const answer = await this.transport.send({ ...request, extraMs: waitms, signal: o.signal });
    if (answer.status === 204) return { events: [], cursor: undefined };
    const headers = Object.fromEntries(answer.headers);
    // Each event was within the limits when it was accepted; of a pull's answer, the number of events is what is bounded.
    const items = decodeBatch(headers, answer.body, { ...DEFAULT_LIMITS, maxBodyBytes: Infinity });
    return {
      cursor: answer.headers.get('signalbox-cursor') ?? undefined,
      events: items.map((item) => {
        if (item.event === undefined) throw notUnderstood('events');
        return receivedEvent(item.event);
      }),
    };
  }

  async acknowledge(id: string, cursor: string, signal?: AbortSignal): Promise<void> {
    await this.transport.send({ ...json('POST', `${pathOf(id)}/ack`, { cursor }), signal });
  }
}

function pathOf(id: string): string {
  return `subscriptions/${encodeURIComponent(id)}`;
}

/** A request with a JSON body. */
export function json(
  method: Request['method'],
  path: string,
  body: unknown,
  o: { readonly idempotent: boolean } = { idempotent: true },
): Request {
  return {
    method,
    path,
    contentType: 'application/json',
    body: new TextEncoder().encode(JSON.stringify(body)),
    idempotent: o.idempotent,
  };
}

/** The items of a list answer. */
export function itemsOf(answer: unknown): unknown[] {
  const items = isRecord(answer) ? answer['items'] : undefined;
  if (Array.isArray(items)) return items;
  throw notUnderstood('a list');
}

function asSubscription(answer: unknown): Subscription {
  if (isRecord(answer) && typeof answer['id'] === 'string') return answer as unknown as Subscription;
  throw notUnderstood('a subscription');
}

function notUnderstood(what: string): SignalboxError {
  return new SignalboxError({
    code: 'not-understood',
    title: 'The answer was not understood',
    detail: `The gateway answered something else than ${what}. Is the gateway address right?`,
    retryable: false,
  });
}
