import type { Accepted, Verdict } from '@signalbox/contracts';
import { Administration } from './administration.js';
import type { BatchItem, Publishable } from './events.js';
import { exchange, withSlash } from './exchange.js';
import { errorOfAnswer, errorOfTransport, parsed } from './problem.js';
import type { SignalboxError } from './problem.js';
import type { FollowedEvent, FollowedJourney } from './following.js';
import { DEFAULT_BATCH_LIMITS, Publisher } from './publish.js';
import type { BatchCallOptions, BatchLimits, CallOptions } from './publish.js';
import { Deadlines } from './deadlines.js';
import { Outages } from './outages.js';
import { Proof } from './proof.js';
import { Stuck } from './stuck.js';
import { Actions } from './parked.js';
import { subscribe } from './subscribe.js';
import type { EventHandler, SubscribeOptions } from './subscribe.js';
import { Stages } from './stages.js';
import { Subscriptions } from './subscriptions.js';
import { tokenSource } from './token.js';
import type { Credentials } from './token.js';
import { DEFAULT_PATIENCE, Transport } from './transport.js';
import type { Patience } from './transport.js';

/** How a client reaches the exchange, as whom, and how patient it is. */
export interface ClientOptions extends Partial<Patience>, Partial<BatchLimits> {
  /** Address of the gateway, such as `http://127.0.0.1:8080`. */
  readonly gateway: string;
  /** The gateway's own public address, if it is reached under another: tokens are asked for that audience. */
  readonly audience?: string;
  readonly credentials: Credentials;
  /** Told before a request is sent again, with what stood in its way and the pause in milliseconds. */
  readonly onRetry?: (error: SignalboxError, pauseMs: number) => void;
}

/** A client of one application of one organisation. */
export interface Client {
  readonly gateway: string;
  /** Resolves once the event is on disk; sends the same bytes again while that can help. */
  publish(event: Publishable, o?: CallOptions): Promise<Accepted>;
  publishBatch(events: readonly Publishable[], o?: BatchCallOptions): Promise<BatchItem[]>;
  /** The judgement that {@link Client.publish} would meet; nothing is stored. */
  validate(event: Publishable, o?: CallOptions): Promise<Verdict>;
  subscribe(handler: EventHandler, o: SubscribeOptions): Promise<void>;
  readonly subscriptions: Subscriptions;
  journey(id: string): Promise<FollowedJourney>;
  /** `source` is needed only where several publishers use the same id. */
  event(id: string, source?: string): Promise<FollowedEvent>;
  /** Who received what, and what is open. */
  readonly proof: Proof;
  readonly stuck: Stuck;
  /** Bulk acts that wait for a second person. */
  readonly actions: Actions;
  /** By when what is an organisation's move has to be done. */
  readonly deadlines: Deadlines;
  /** That an organisation's events stay away. */
  readonly outages: Outages;
  readonly administration: Administration;
  /** How strictly publishers are judged. */
  readonly stages: Stages;
  /** A bearer token for use elsewhere, such as `curl`. */
  token(): Promise<string>;
}

/** A client; nothing is sent before its first call. */
export function createClient(options: ClientOptions): Client {
  const patience: Patience = {
    retryForMs: options.retryForMs ?? DEFAULT_PATIENCE.retryForMs,
    timeoutMs: options.timeoutMs ?? DEFAULT_PATIENCE.timeoutMs,
    firstPauseMs: options.firstPauseMs ?? DEFAULT_PATIENCE.firstPauseMs,
    longestPauseMs: options.longestPauseMs ?? DEFAULT_PATIENCE.longestPauseMs,
  };
  const { gateway, audience } = options;
  const tokens = tokenSource(options.credentials, { gateway, audience, timeoutMs: patience.timeoutMs });
  const transport = new Transport(gateway, tokens, patience, options.onRetry);
  const subscriptions = new Subscriptions(transport);
  const publisher = new Publisher(transport, patience, {
    maxBatchEvents: options.maxBatchEvents ?? DEFAULT_BATCH_LIMITS.maxBatchEvents,
    maxBatchBytes: options.maxBatchBytes ?? DEFAULT_BATCH_LIMITS.maxBatchBytes,
  });
  const read = async <T>(path: string): Promise<T> =>
    (await transport.sendForJson({ method: 'GET', path, idempotent: true })) as T;
  return {
    gateway,
    publish: (event, o) => publisher.publish(event, o),
    publishBatch: (events, o) => publisher.publishBatch(events, o),
    validate: (event, o) => publisher.validate(event, o),
    subscribe: (handler, o) => subscribe(subscriptions, handler, o),
    subscriptions,
    journey: (id) => read(`journeys/${encodeURIComponent(id)}`),
    event: (id, source) => {
      const query = source === undefined ? '' : `?source=${encodeURIComponent(source)}`;
      return read(`events/${encodeURIComponent(id)}${query}`);
    },
    proof: new Proof(transport),
    stuck: new Stuck(transport),
    actions: new Actions(transport),
    deadlines: new Deadlines(transport),
    outages: new Outages(transport),
    administration: new Administration(transport),
    stages: new Stages(transport),
    token: () => tokens.token(),
  };
}

/** What needs no token: the catalogue, schemas, health. */
export async function readPublic(
  base: string,
  path: string,
  o: { readonly timeoutMs?: number } = {},
): Promise<unknown> {
  const answer = await exchange(new URL(path, withSlash(base)), {
    method: 'GET',
    headers: { accept: 'application/json' },
    timeoutMs: o.timeoutMs ?? DEFAULT_PATIENCE.timeoutMs,
  }).catch((error: unknown) => {
    throw errorOfTransport(error, 'The server');
  });
  if (answer.status >= 300) throw errorOfAnswer(answer.status, answer.headers, answer.body);
  return parsed(answer.body);
}
