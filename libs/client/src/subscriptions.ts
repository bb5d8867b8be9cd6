import type { Filter, FilterTestResult, TestOutcome } from '@signalbox/contracts';

import type {
  DeliveryHistory,
  DeliveryPage,
  DeliveryQuery,
  FilterTest,
  Health,
  Positions,
  Rotated,
  SeekResult,
} from './deliveries.js';
import { Parked } from './parked.js';
import { isRecord } from './problem.js';
import { readPulled } from './pulled.js';
import type { Pulled } from './pulled.js';
import { Replays } from './replays.js';
import { itemsOf, json, notUnderstood, objectOf, pathOf, queryOf } from './requests.js';
import { streamEvents } from './streaming.js';
import type { Streamed, StreamOptions } from './streaming.js';
import type { Transport } from './transport.js';

/**
 * How events come: `PULL`, fetched or streamed by the receiver; `HTTP`, a signed webhook to `sink`; `FHIR`, a topic-based
 * Subscription of FHIR R4 to `sink`; `NATS`, from a consumer in the organisation's own account.
 */
export type Protocol = 'PULL' | 'HTTP' | 'FHIR' | 'NATS';

/** Another channel for a subscription; its position is kept. */
export interface ChannelSwitch {
  readonly protocol: Protocol;
  readonly sink?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** What an organisation asks to receive, and how. */
export interface NewSubscription {
  /** Types: exact, or ending in `.*`. */
  readonly types: readonly string[];
  /** Filters of the CloudEvents Subscriptions API; all must hold. */
  readonly filters?: readonly Filter[];
  readonly source?: string;
  readonly protocol: Protocol;
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
  /** When it is read, while its endpoint fares badly. */
  readonly warning?: Pick<Health, 'condition' | 'stage' | 'sentence' | 'advice'>;
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
/** Milliseconds more for a test: the receiver itself may take its time. */
const TEST_MS = 30_000;

/** The calls on subscriptions. */
export class Subscriptions {
  readonly replays: Replays;
  readonly parked: Parked;

  constructor(private readonly transport: Transport) {
    this.replays = new Replays(transport);
    this.parked = new Parked(transport);
  }

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
    const answer = await this.transport.send({
      ...request,
      accept: 'application/json',
      extraMs: waitms,
      signal: o.signal,
    });
    return readPulled(answer.body);
  }

  /**
   * Events as they come, over any number of connections, each acknowledged when the loop asks for the next one: leave the
   * loop body only when the event is dealt with. An event in hand when the loop is left comes again.
   */
  stream(id: string, o: StreamOptions = {}): AsyncGenerator<Streamed, void, undefined> {
    const acknowledge = (cursor: string): Promise<void> => this.acknowledge(id, cursor);
    return streamEvents({ transport: this.transport, path: `${pathOf(id)}/stream`, acknowledge }, o);
  }

  async acknowledge(id: string, cursor: string, signal?: AbortSignal): Promise<void> {
    await this.transport.send({ ...json('POST', `${pathOf(id)}/ack`, { cursor }), signal });
  }

  /** Says that the receiving system has dealt with an event that was sent to it, such as by a webhook. */
  async acknowledgeEvent(id: string, event: { readonly source: string; readonly id: string }): Promise<void> {
    await this.transport.send(json('POST', `${pathOf(id)}/ack`, { source: event.source, id: event.id }));
  }

  /** Delivers in another way from now on. Nothing is left out; what was on its way may come twice. */
  async switchChannel(id: string, to: ChannelSwitch): Promise<Subscription> {
    return this.change(id, { ...to });
  }

  /** How well its deliveries go, in words. */
  async health(id: string): Promise<Health> {
    return this.read<Health>(`${pathOf(id)}/health`, 'the health of a subscription');
  }

  /** Sends an example, marked as a test, and tells what the receiver answered. */
  async test(id: string, o: { readonly type?: string } = {}): Promise<TestOutcome> {
    const request = json('POST', `${pathOf(id)}/test`, o, { idempotent: false });
    return objectOf<TestOutcome>(await this.transport.sendForJson({ ...request, extraMs: TEST_MS }), 'a test');
  }

  /**
   * A new signing secret, told once. The former one signs too for `overlapMs` (default: a time that the exchange sets), so
   * that the receiver can change over; 0 ends it at once.
   */
  async rotateSecret(id: string, o: { readonly overlapMs?: number } = {}): Promise<Rotated> {
    const body = o.overlapMs === undefined ? {} : { overlapms: o.overlapMs };
    const request = json('POST', `${pathOf(id)}/rotate-secret`, body, { idempotent: false });
    return objectOf<Rotated>(await this.transport.sendForJson(request), 'new secrets');
  }

  /** Goes on from another place. `dryrun` says what would be passed over or come again; nothing is changed. */
  async seek(
    id: string,
    to: 'now' | { readonly time: string } | { readonly positions: Positions },
    o: { readonly dryrun: boolean },
  ): Promise<SeekResult> {
    const request = json('POST', `${pathOf(id)}/seek`, { to, dryrun: o.dryrun });
    return objectOf<SeekResult>(await this.transport.sendForJson(request), 'a seek');
  }

  /** What became of everything that was meant for it, newest first. */
  async deliveries(id: string, query: DeliveryQuery = {}): Promise<DeliveryPage> {
    const { state, reason, since, after, limit, order } = query;
    const path = `${pathOf(id)}/deliveries${queryOf({ state, reason, since, after, limit, order })}`;
    return this.read<DeliveryPage>(path, 'deliveries');
  }

  /** One delivery, attempt by attempt. `source` is needed only where several publishers use the same id. */
  async attempts(id: string, event: { readonly id: string; readonly source?: string }): Promise<DeliveryHistory> {
    const path = `${pathOf(id)}/deliveries/attempts${queryOf({ id: event.id, source: event.source })}`;
    return this.read<DeliveryHistory>(path, 'attempts');
  }

  /** Which of the last events the filters would let through; what is in them is not shown. */
  async testFilter(test: FilterTest): Promise<FilterTestResult> {
    return objectOf<FilterTestResult>(
      await this.transport.sendForJson(json('POST', 'subscriptions/test-filter', test)),
      'a filter test',
    );
  }

  private async read<T extends object>(path: string, what: string): Promise<T> {
    return objectOf<T>(await this.transport.sendForJson({ method: 'GET', path, idempotent: true }), what);
  }
}

function asSubscription(answer: unknown): Subscription {
  if (isRecord(answer) && typeof answer['id'] === 'string') return answer as unknown as Subscription;
  throw notUnderstood('a subscription');
}
