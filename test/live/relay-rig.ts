import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';

import { type CloudEvent, decodeStructured, newSecret } from '@signalbox/contracts';
import { Engine, type Step, type ParkedDelivery } from '@signalbox/messaging';
import { Registry, type Subscription } from '@signalbox/registry';
import { createLog, readSettings } from '@signalbox/runtime';
import { Webhook } from 'standardwebhooks';

import { type RunningRelay, startRelay } from '../../apps/relay/src/relay.js';
import { RelaySettings } from '../../apps/relay/src/settings.js';
import { startNats, type TestNats, waitFor } from '../support/index.js';

export const REPORTED = 'org.signalbox.result.reported.v1';
export const BOOKED = 'org.signalbox.booking.booked.v1';
const SURGERY = 'X9G1P';
const LABORATORY = 'X9L3B';

/** Synthetic; must be found in nothing but payloads. */
export const CANARY = '9990000018';
/** Bytes that any parse-and-write would change. */
export const DATA = `{ "nhs": "${CANARY}",\t"value": 5.10, "big":12345678901234567890, "text":"ö\\u00e9\\/" }`;

const silent = createLog('test', 'silent');

/** How a receiver answers one request. */
export type Answer = (
  request: {
    readonly method: string;
    /** `webhook-id` */
    readonly id: string;
    /** Id of the event. */
    readonly event: string;
    readonly path: string;
  },
  answer: ServerResponse,
) => void;

export interface Received {
  readonly id: string;
  readonly event: CloudEvent;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly verified: boolean;
  /** As it came, for another verification. */
  readonly body: string;
}

/** A real webhook endpoint that consents to the handshake and verifies every signature with the public library. */
export class Receiver {
  readonly received: Received[] = [];
  readonly handshakes: IncomingMessage['headers'][] = [];
  readonly secret = newSecret();
  /** What OPTIONS is answered with; none withholds consent. */
  allowed: string | undefined = '*';
  answer: Answer = (_request, answer) => void answer.writeHead(204).end();
  sink = '';
  /** It closes no idle connection: one that is just used again would break off. */
  readonly #server = createServer({ keepAliveTimeout: 0 }, (request, answer) => void this.#serve(request, answer));

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.on('connection', (socket) => socket.on('error', () => undefined));
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    receiver.sink = `http://127.0.0.1:${(receiver.#server.address() as AddressInfo).port}/hook`;
    return receiver;
  }

  /** Ids of the events, in the order in which they came. */
  get ids(): string[] {
    return this.received.map(({ event }) => String(event.attributes['id']));
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #serve(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const id = String(request.headers['webhook-id'] ?? '');
    if (request.method === 'OPTIONS') {
      this.handshakes.push(request.headers);
      answer.writeHead(200, this.allowed === undefined ? {} : { 'webhook-allowed-origin': this.allowed }).end();
      return;
    }
    const body = Buffer.concat(chunks);
    const event = decodeStructured(body);
    const path = request.url ?? '';
    this.received.push({
      id,
      event,
      path,
      headers: request.headers,
      verified: this.#verify(request, body),
      body: body.toString(),
    });
    this.answer({ method: request.method ?? '', id, event: String(event.attributes['id']), path }, answer);
  }

  #verify(request: IncomingMessage, body: Buffer): boolean {
    try {
      new Webhook(this.secret).verify(body.toString(), request.headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  }
}

interface ConsumerDetail {
  readonly name: string;
  readonly num_pending: number;
  readonly num_ack_pending: number;
}

/** A span as OTLP/JSON has it. */
export interface ExportedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

function spansOf(bytes: Uint8Array): ExportedSpan[] {
  const request = JSON.parse(Buffer.from(bytes).toString()) as {
    resourceSpans: { scopeSpans: { spans: ExportedSpan[] }[] }[];
  };
  return request.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

/** Environment of a relay over an engine, which may deliver to this machine. */
function relayEnvironment(nats: TestNats, settings: Record<string, string>): Record<string, string> {
  return {
    SIGNALBOX_RELAY_PORT: '0',
    SIGNALBOX_LOG_LEVEL: 'silent',
    SIGNALBOX_NATS_URL: nats.url,
    SIGNALBOX_NATS_MONITOR_URL: nats.monitorUrl,
    SIGNALBOX_NATS_PASSWORD: nats.users.relay.password,
    SIGNALBOX_EGRESS_ALLOW: '127.0.0.1/32',
    ...settings,
  };
}

/** Starts a relay in this process, as it is set by default but for `settings`; its caller closes it. */
export function relayOver(nats: TestNats, settings: Record<string, string> = {}): Promise<RunningRelay> {
  return startRelay(readSettings(RelaySettings, relayEnvironment(nats, settings)));
}

/** A real engine with topology, registry and everything that the gateway would do around a relay. */
export class Exchange {
  readonly steps: Step[] = [];
  readonly parked: ParkedDelivery[] = [];
  readonly spans: ExportedSpan[] = [];
  readonly #relays: RunningRelay[] = [];

  private constructor(
    readonly nats: TestNats,
    readonly engine: Engine,
    readonly registry: Registry,
    private readonly ledger: Engine,
  ) {}

  static async start(): Promise<Exchange> {
    const nats = await startNats();
    // Whoever gets no exchange cannot stop its server, which would outlive the run.
    return Exchange.#over(nats).catch(async (error: unknown) => {
      await nats.stop();
      throw error;
    });
  }

  static async #over(nats: TestNats): Promise<Exchange> {
    const connect = async (user: 'gateway' | 'ledger') =>
      Engine.connect({ servers: nats.url, ...nats.users[user], name: user, log: silent, monitorUrl: nats.monitorUrl });
    const engine = await connect('gateway');
    await engine.ensureTopology();
    const registry = await Registry.open(engine, silent);
    for (const ods of [SURGERY, LABORATORY]) {
      await registry.putOrganisation({ ods, name: ods, active: true });
      await registry.putApplication({ ods, id: 'system', name: 'system', active: true, keys: [] });
    }
    const exchange = new Exchange(nats, engine, registry, await connect('ledger'));
    await exchange.grant('*');
    await exchange.#follow('STEPS', exchange.steps);
    await exchange.#follow('PARKED', exchange.parked);
    exchange.ledger.spans.subscribe((bytes) => exchange.spans.push(...spansOf(bytes)));
    return exchange;
  }

  /** Environment of a relay, in-process or spawned. */
  environment(settings: Record<string, string> = {}): Record<string, string> {
    return relayEnvironment(this.nats, {
      SIGNALBOX_WEBHOOK_ORIGIN: 'exchange.example',
      SIGNALBOX_RETRY_DELAYS_MS: '30,60',
      SIGNALBOX_RETRY_MAX_ATTEMPTS: '4',
      SIGNALBOX_DELIVERY_REDO_MS: '100',
      SIGNALBOX_WEBHOOK_HANDSHAKE_DELAYS_MS: '30,30',
      ...settings,
    });
  }

  async relay(settings: Record<string, string> = {}): Promise<RunningRelay> {
    const relay = await startRelay(readSettings(RelaySettings, this.environment(settings)));
    this.#relays.push(relay);
    return relay;
  }

  async grant(types: string): Promise<void> {
    await this.registry.putGrant({
      id: 'g1',
      ods: SURGERY,
      application: '*',
      action: 'subscribe',
      types,
      purpose: 'direct care',
    });
  }

  async subscribe(receiver: Receiver, wish: Partial<Subscription> = {}): Promise<Subscription> {
    const now = new Date().toISOString();
    const start = Object.fromEntries(
      await Promise.all(
        this.engine.families.map(
          async (family) => [family, (await this.engine.events.lastSequence(family)) + 1] as const,
        ),
      ),
    );
    return this.registry.create('subscription', {
      id: randomUUID(),
      ods: SURGERY,
      application: 'system',
      types: [REPORTED],
      filters: [],
      protocol: 'HTTP',
      sink: receiver.sink,
      sinksecrets: [receiver.secret],
      config: {},
      status: 'pending',
      start,
      created: now,
      updated: now,
      revision: 0,
      ...wish,
    });
  }

  /** A subscription whose endpoint has consented; a relay has to run that asks it. */
  async active(receiver: Receiver, wish: Partial<Subscription> = {}): Promise<Subscription> {
    const { id } = await this.subscribe(receiver, wish);
    return this.inState(id, 'active');
  }

  /** Waits until the registry has a subscription in a state. */
  async inState(id: string, status: Subscription['status']): Promise<Subscription> {
    return waitFor(`the subscription to be ${status}`, () => {
      const subscription = this.registry.subscription(id);
      return subscription?.status === status && subscription;
    });
  }

  /** Waits until the relay knows all that the registry was told so far, for it is told in that order. */
  async heard(receiver: Receiver): Promise<void> {
    await this.active(receiver, { filters: [{ exact: { urgency: 'unheard-of' } }] });
  }

  /** Which relay has each subscription that one has, by their ids. */
  async claims(): Promise<Map<string, string>> {
    const bucket = await this.engine.kv('RELAYS');
    const found = new Map<string, string>();
    for (const key of await bucket.keys('claims.*')) {
      const claim = (await bucket.get(key))?.value;
      if (claim !== undefined)
        found.set(key.slice('claims.'.length), (JSON.parse(Buffer.from(claim).toString()) as { relay: string }).relay);
    }
    return found;
  }

  /** Waits until no relay has a subscription any more: what was in hand of it is settled or handed back. */
  async letGo({ id }: Subscription): Promise<void> {
    await waitFor('the relays to let go', async () => !(await this.claims()).has(id));
  }

  /** Stores an event as the gateway would after accepting it. */
  async publish(
    attributes: Record<string, string> = {},
    traceparent?: string,
    staleness: { readonly late?: string; readonly held?: boolean } = {},
  ): Promise<string> {
    const id = attributes['id'] ?? randomUUID();
    const event: CloudEvent = {
      attributes: {
        specversion: '1.0',
        id,
        source: 'urn:ods:X9L3B:lims',
        type: REPORTED,
        time: '2026-11-21T12:00:00Z',
        datacontenttype: 'application/fhir+json',
        sourceorg: LABORATORY,
        ...attributes,
      },
      data: { kind: 'json', bytes: Buffer.from(DATA) },
    };
    await this.engine.events.append(event, {
      sourceorg: LABORATORY,
      ...(traceparent !== undefined && { traceparent }),
      ...staleness,
    });
    return id;
  }

  /** Steps about one event for one subscription, oldest first; each once, however often it was read. Not how its endpoint fares. */
  stepsOf(subscription: string, eventid: string): Step[] {
    const found = this.steps.filter(
      (step) => step.subscription === subscription && step.eventid === eventid && step.kind !== 'warned',
    );
    return [...new Map(found.map((step) => [step.id, step])).values()];
  }

  /** Waits for a delivery to reach a state and answers its steps. */
  async untilState(subscription: string, eventid: string, state: Step['state']): Promise<Step[]> {
    return waitFor(`the delivery to be ${state ?? 'known'}`, () => {
      const steps = this.stepsOf(subscription, eventid);
      return steps.at(-1)?.state === state && steps;
    });
  }

  /** Events of a subscription that the engine holds, as the server itself says: not handed out, and handed out but not settled. */
  async backlog(subscription: Subscription): Promise<{ waiting: number; unsettled: number }> {
    const answer = await fetch(`${this.nats.monitorUrl}/jsz?accounts=true&streams=true&consumers=true`);
    const { account_details: accounts } = (await answer.json()) as {
      account_details: { stream_detail: { consumer_detail?: ConsumerDetail[] }[] }[];
    };
    const consumers = accounts.flatMap((account) =>
      account.stream_detail.flatMap((stream) => stream.consumer_detail ?? []),
    );
    const own = consumers.filter(({ name }) => name === `delivery_${subscription.id}`);
    return {
      waiting: own.reduce((sum, one) => sum + one.num_pending, 0),
      unsettled: own.reduce((sum, one) => sum + one.num_ack_pending, 0),
    };
  }

  /** Keys of what waits for a subscription outside its queues. */
  async waiting({ id }: Subscription): Promise<string[]> {
    return (await this.engine.kv('WAITING')).keys(`${id}.>`);
  }

  /** As it was at the start: no relay, no subscription, a grant for everything. */
  async clear(): Promise<void> {
    await this.stopRelays();
    await this.grant('*');
    for (const { id } of this.registry.subscriptions()) await this.registry.deleteSubscription(id);
  }

  async stopRelays(): Promise<void> {
    await Promise.all(this.#relays.splice(0).map(async (relay) => relay.close()));
  }

  async stop(): Promise<void> {
    await this.stopRelays();
    this.registry.close();
    await Promise.all([this.engine.drain(), this.ledger.drain()]);
    await this.nats.stop();
  }

  async #follow(stream: string, into: unknown[]): Promise<void> {
    const journal = await this.ledger.journal(stream, { durable: `test_${stream}` });
    void (async () => {
      for await (const batch of journal.batches()) {
        for (const item of batch.items) into.push(JSON.parse(Buffer.from(item.body).toString()));
        await batch.ack();
      }
    })().catch(() => undefined);
  }
}
