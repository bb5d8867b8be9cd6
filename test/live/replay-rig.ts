import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import type { Step } from '@signalbox/messaging';
import { Registry } from '@signalbox/registry';
import { createLog, readSettings } from '@signalbox/runtime';
import { type RunningLedger, startLedger } from '../../apps/ledger/src/ledger.js';
import { LedgerSettings } from '../../apps/ledger/src/settings.js';
import type { RunningRelay } from '../../apps/relay/src/relay.js';
import { freePort, layEmptyDatabase, temporaryFolder, waitFor } from '../support/index.js';
import { type Actor, type Answer, anEvent, GatewayHouse, HOSPITAL, PRACTICE } from './fixtures/gateway-house.js';
import { type Received, Receiver, relayOver } from './relay-rig.js';

/** A second system of the practice, whose people may agree to what the first asks for. */
export const COLLEAGUE: Actor = { ods: PRACTICE.ods, application: 'front-desk' };

/** What the ledger tells of a delivery; what tests look at. */
interface Told {
  readonly id: string;
  readonly state: string;
  readonly reason?: string;
  /** Where its event lies; absent while only its steps were read. */
  readonly stream?: string;
}

/** Gateway, relay and ledger on one engine, with a receiver that a test can make do anything. */
export class ReplayExchange {
  readonly #folder = temporaryFolder('replay');
  readonly #steps: Step[] = [];
  #ledger: RunningLedger | undefined;
  #relay: RunningRelay | undefined;

  private constructor(
    readonly house: GatewayHouse,
    readonly receiver: Receiver,
    /** As the gateway sees it: what is written here is known here at once. */
    readonly registry: Registry,
    private readonly ledgerPort: number,
    /** Private key by which the console acts for whoever is signed in. */
    private readonly consoleKey: string,
  ) {}

  static async open(env: Record<string, string> = {}): Promise<ReplayExchange> {
    const ledgerPort = await freePort();
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const consoleKeys = temporaryFolder('console');
    const consoleKeyFile = join(consoleKeys.path, 'console.json');
    writeFileSync(
      consoleKeyFile,
      JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: 'console', alg: 'EdDSA' }),
    );
    const house = await GatewayHouse.open({
      env: {
        SIGNALBOX_LEDGER_URL: `http://127.0.0.1:${String(ledgerPort)}`,
        SIGNALBOX_CONSOLE_KEY_FILE: consoleKeyFile,
        ...env,
      },
    }).finally(() => consoleKeys.remove());
    await house.enrol(COLLEAGUE);
    const consoleKey = JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: 'console' });
    const registry = await Registry.open(house.engine, createLog('test', 'silent'));
    const exchange = new ReplayExchange(house, await Receiver.start(), registry, ledgerPort, consoleKey);
    await Promise.all([exchange.startLedger(), exchange.startRelay()]).catch(async (error: unknown) => {
      // Nobody else can: the caller has no exchange, and its servers would outlive the run.
      await exchange.stop();
      throw error;
    });
    void exchange.#follow();
    return exchange;
  }

  /** Address of the ledger's console, whether it runs or not. */
  get console(): string {
    return `http://127.0.0.1:${String(this.ledgerPort)}`;
  }

  /** Environment of the ledger. */
  environment(): Record<string, string> {
    const { nats, env, url } = this.house;
    return {
      SIGNALBOX_LEDGER_PORT: String(this.ledgerPort),
      SIGNALBOX_LOG_LEVEL: 'silent',
      SIGNALBOX_NATS_URL: nats.url,
      SIGNALBOX_NATS_PASSWORD: nats.users.ledger.password,
      SIGNALBOX_DATA_FOLDER: this.#folder.path,
      SIGNALBOX_SCHEMAS_FOLDER: env['SIGNALBOX_SCHEMAS_FOLDER'] ?? '',
      SIGNALBOX_PSEUDONYM_KEY: env['SIGNALBOX_PSEUDONYM_KEY'] ?? '',
      SIGNALBOX_LEDGER_RETRY_MS: '50',
      SIGNALBOX_GATEWAY_URL: url,
      SIGNALBOX_CONSOLE_SIGNING_KEY: this.consoleKey,
      SIGNALBOX_STUCK_KEEP_MS: '0',
    };
  }

  async startLedger(): Promise<void> {
    await layEmptyDatabase(join(this.#folder.path, 'ledger'));
    this.#ledger = await startLedger(readSettings(LedgerSettings, this.environment()), () => undefined);
  }

  async stopLedger(): Promise<void> {
    await this.#ledger?.close();
    this.#ledger = undefined;
  }

  async startRelay(): Promise<void> {
    this.#relay = await relayOver(this.house.nats, {
      SIGNALBOX_RETRY_DELAYS_MS: '30',
      SIGNALBOX_RETRY_MAX_ATTEMPTS: '2',
      SIGNALBOX_DELIVERY_REDO_MS: '50',
      SIGNALBOX_DELIVERY_GRACE_MS: '200',
      SIGNALBOX_REPLAY_CHECKPOINT_MS: '50',
      SIGNALBOX_REPLAY_PAGE: '4',
    });
  }

  async stopRelay(): Promise<void> {
    await this.#relay?.close();
    this.#relay = undefined;
  }

  async stop(): Promise<void> {
    await this.stopRelay();
    await this.stopLedger();
    this.receiver.stop();
    this.registry.close();
    await this.house.close();
    this.#folder.remove();
  }

  /** A webhook subscription of the practice to results, active. */
  async subscribe(more: object = {}): Promise<string> {
    const wish = { types: ['org.signalbox.result.*'], protocol: 'HTTP', sink: this.receiver.sink, ...more };
    const made = await this.house.json('POST', '/subscriptions', PRACTICE, wish);
    if (made.status !== 201) throw new Error(`no subscription: ${made.text}`);
    const { id } = made.json as { id: string };
    await waitFor('the subscription to be active', async () => {
      const { json } = await this.house.json('GET', `/subscriptions/${id}`, PRACTICE);
      return json.status === 'active';
    });
    return id;
  }

  /** Ends every subscription that a test made, so that nothing is sent to them any more. */
  async endSubscriptions(): Promise<void> {
    const { json } = await this.ask('GET', '/subscriptions');
    for (const { id } of json.items as { id: string }[]) {
      await this.ask('DELETE', `/subscriptions/${id}`);
      await this.#letGo(id);
    }
    this.receiver.answer = (_request, answer) => void answer.writeHead(204).end();
  }

  /** Waits until a replay of what was published since a time would send so many events: all of them are settled. */
  async untilSettled(subscription: string, from: object, events: number): Promise<void> {
    await waitFor(`${String(events)} events to be settled`, async () => {
      const { json } = await this.ask('POST', `/subscriptions/${subscription}/replay`, { from });
      return json.events === events;
    });
  }

  /** Publishes an event whose ordering key is its journey. */
  async publish(journey: string = randomUUID(), more: object = {}): Promise<string> {
    const event = anEvent({ correlationid: journey, data: { resourceType: 'Patient', gender: 'unknown' }, ...more });
    const answer = await this.house.publish(event, HOSPITAL);
    if (answer.status !== 202) throw new Error(`not accepted: ${answer.text}`);
    return String(event['id']);
  }

  /** Pauses a subscription and waits until no relay has it: what is published from then on stays where it is. */
  async pause(id: string): Promise<void> {
    await this.ask('POST', `/subscriptions/${id}/pause`);
    await this.#letGo(id);
  }

  async #letGo(id: string): Promise<void> {
    const relays = await this.house.engine.kv('RELAYS');
    await waitFor('the relay to let go', async () => (await relays.get(`claims.${id}`))?.value === undefined);
  }

  /** Leaves replayed events without an answer from the so-manieth on, until what it returns is called. */
  holdReplays(from: number): () => void {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let replayed = 0;
    this.receiver.answer = (_request, answer) => {
      if (this.receiver.received.at(-1)?.headers['signalbox-replay'] !== undefined) replayed += 1;
      void (replayed < from ? Promise.resolve() : released).then(() => answer.writeHead(204).end());
    };
    return release;
  }

  /** Several events of one journey, in order. */
  async publishAll(count: number, journey?: string): Promise<string[]> {
    const ids: string[] = [];
    for (let at = 0; at < count; at++) ids.push(await this.publish(journey));
    return ids;
  }

  /** What came to the receiver for a replay, in order. */
  replayed(replay: string): Received[] {
    return this.receiver.received.filter(({ headers }) => headers['signalbox-replay'] === replay);
  }

  ask(method: string, path: string, body?: object, as: Actor = PRACTICE): Promise<Answer> {
    return this.house.json(method, path, as, body);
  }

  /** Starts a replay and answers its id. */
  async replay(subscription: string, wish: object): Promise<string> {
    const started = await this.ask('POST', `/subscriptions/${subscription}/replay`, { ...wish, dryrun: false });
    if (started.status !== 202) throw new Error(`no replay: ${started.text}`);
    return started.json.id as string;
  }

  /** Waits until a replay stands as expected. */
  async untilReplay(subscription: string, replay: string, status: string): Promise<Answer['json']> {
    return waitFor(`the replay to be ${status}`, async () => {
      const { json } = await this.ask('GET', `/subscriptions/${subscription}/replays/${replay}`);
      return json.status === status ? json : undefined;
    });
  }

  /** Waits until the ledger knows an event, and its delivery in a state: it reads the two from different streams. */
  async untilState(subscription: string, id: string, state: string): Promise<Told> {
    return waitFor(`the delivery to be ${state}`, async () => {
      const path = `/subscriptions/${subscription}/deliveries/attempts?id=${id}&source=urn:ods:X9H2T:tie`;
      const { status, json } = await this.ask('GET', path);
      const found = status === 200 ? (json.delivery as Told) : undefined;
      return found?.state === state && found.stream !== undefined ? found : undefined;
    });
  }

  /** Every step about one event for one subscription, in order. */
  async stepsOf(subscription: string, id: string, enough: (steps: Step[]) => boolean): Promise<Step[]> {
    return waitFor('the steps to be recorded', () => {
      const about = this.#steps.filter((step) => step.subscription === subscription && step.eventid === id);
      // Each once, however often it was read.
      const found = [...new Map(about.map((step) => [step.id, step])).values()];
      return enough(found) ? found : undefined;
    });
  }

  /** Lets the events that lie in the result stream now leave it, as age does. */
  async letLeave(): Promise<void> {
    const { nats } = this.house;
    const connection = await connect({
      servers: nats.url,
      ...authentication(nats.users.gateway),
      inboxPrefix: '_INBOX_gateway',
    });
    const call = async (name: string, body: object = {}) =>
      (await connection.request(`$JS.API.STREAM.${name}.EVENTS_RESULT`, JSON.stringify(body))).json<{
        config: object;
        state: { messages: number };
      }>();
    try {
      const { config } = await call('INFO');
      await call('UPDATE', { ...config, max_age: 100_000_000, duplicate_window: 100_000_000 });
      await waitFor('the events to leave their stream', async () => (await call('INFO')).state.messages === 0);
      await call('UPDATE', config);
    } finally {
      await connection.close();
    }
  }

  async #follow(): Promise<void> {
    const journal = await this.house.engine.journal('STEPS', { durable: `test-${randomUUID()}` });
    try {
      for await (const batch of journal.batches()) {
        for (const { body } of batch.items) this.#steps.push(JSON.parse(Buffer.from(body).toString()) as Step);
        await batch.ack();
      }
    } catch {
      // The engine is closed at the end of the test.
    }
  }
}

const authentication = ({ user, password }: { user: string; password: string }) => ({ user, pass: password });

export { HOSPITAL, PRACTICE };
