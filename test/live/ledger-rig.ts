import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Catalogue, type CloudEvent, decodeStructured, defaultSchemasFolder } from '@signalbox/contracts';
import { Engine, newRecordId, type Rejection, type Step } from '@signalbox/messaging';
import { ASSERTION_TYPE, clientId, Registry, type Subscription, TokenAuthority } from '@signalbox/registry';
import { createLog, readSettings } from '@signalbox/runtime';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { type RunningLedger, startLedger } from '../../apps/ledger/src/ledger.js';
import { LedgerSettings } from '../../apps/ledger/src/settings.js';
import { layEmptyDatabase, signIn, startNats, temporaryFolder, type TestNats, waitFor } from '../support/index.js';

export const PRACTICE = 'X9G1P';
export const HOSPITAL = 'X9H2T';
export const LABORATORY = 'X9L3B';
export const OPERATOR_ORG = 'X9S0B';
export const REQUESTED = 'org.signalbox.referral.requested.v1';
export const RESPONDED = 'org.signalbox.referral.responded.v1';

const AUDIENCE = 'http://gateway.example/oauth2/token';
const APPLICATION = 'system';
const silent = createLog('test', 'silent');

/** What a test changes in an example of the catalogue. */
export interface EventChange {
  readonly type?: string;
  /** Name of the example; the first one if not told. */
  readonly example?: string;
  readonly sourceorg?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** Applied to the content as text. */
  readonly content?: (json: string) => string;
}

/** A real engine with registry and tokens, and everything that gateway and relay would do around a ledger. */
export class LedgerExchange {
  readonly folder = temporaryFolder('ledger');
  readonly #keys = new Map<string, CryptoKey>();
  ledger: RunningLedger | undefined;
  /** How often the ledger asked to be started again. */
  restartsAsked = 0;

  private constructor(
    readonly nats: TestNats,
    readonly engine: Engine,
    readonly registry: Registry,
    readonly catalogue: Catalogue,
    private readonly authority: TokenAuthority,
  ) {}

  static async start(): Promise<LedgerExchange> {
    const nats = await startNats();
    // Whoever gets no exchange cannot stop its server, which would outlive the run.
    return LedgerExchange.#over(nats).catch(async (error: unknown) => {
      await nats.stop();
      throw error;
    });
  }

  static async #over(nats: TestNats): Promise<LedgerExchange> {
    const { url: servers, monitorUrl } = nats;
    const engine = await Engine.connect({ servers, monitorUrl, ...nats.users.gateway, name: 'test', log: silent });
    await engine.ensureTopology();
    const registry = await Registry.open(engine, silent);
    const jwk = await exportJWK((await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })).privateKey);
    const authority = await TokenAuthority.open(registry, {
      jwk,
      issuer: 'http://gateway.example',
      audience: AUDIENCE,
    });
    const catalogue = await Catalogue.load(defaultSchemasFolder());
    const exchange = new LedgerExchange(nats, engine, registry, catalogue, authority);
    for (const ods of [PRACTICE, HOSPITAL, LABORATORY, OPERATOR_ORG]) await exchange.#enrol(ods);
    await registry.putGrant({
      id: 'op',
      ods: OPERATOR_ORG,
      application: '*',
      action: 'administer',
      types: '*',
      purpose: 'test',
    });
    return exchange;
  }

  async #enrol(ods: string): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    const { x } = await exportJWK(publicKey);
    const key = { kid: `${ods}-1`, alg: 'EdDSA', kty: 'OKP', crv: 'Ed25519', x: x ?? '' } as const;
    await this.registry.putOrganisation({ ods, name: `Organisation ${ods}`, active: true });
    await this.registry.putApplication({ ods, id: APPLICATION, name: 'System', active: true, keys: [key] });
    this.#keys.set(ods, privateKey);
  }

  /** Environment of a ledger; the database is embedded in this exchange's folder unless told otherwise. */
  environment(more: Record<string, string> = {}): Record<string, string> {
    return {
      SIGNALBOX_LEDGER_PORT: '0',
      SIGNALBOX_LOG_LEVEL: 'silent',
      SIGNALBOX_NATS_URL: this.nats.url,
      SIGNALBOX_NATS_MONITOR_URL: this.nats.monitorUrl,
      SIGNALBOX_NATS_PASSWORD: this.nats.users.ledger.password,
      SIGNALBOX_DATA_FOLDER: this.folder.path,
      SIGNALBOX_PSEUDONYM_KEY: 'a key for tests that is long enough to be one',
      SIGNALBOX_LEDGER_RETRY_MS: '50',
      ...more,
    };
  }

  async open(more: Record<string, string> = {}): Promise<RunningLedger> {
    const settings = readSettings(LedgerSettings, this.environment(more));
    if (settings.databaseUrl === undefined) await layEmptyDatabase(join(this.folder.path, 'ledger'));
    this.ledger = await startLedger(settings, () => {
      this.restartsAsked += 1;
    });
    return this.ledger;
  }

  /** Address of the ledger that runs. */
  get console(): string {
    return this.ledger!.url;
  }

  async close(): Promise<void> {
    await this.ledger?.close();
    this.ledger = undefined;
  }

  async stop(): Promise<void> {
    await this.close();
    this.registry.close();
    await this.engine.drain();
    await this.nats.stop();
    this.folder.remove();
  }

  async token(ods: string): Promise<string> {
    const id = clientId({ ods, id: APPLICATION });
    const assertion = await new SignJWT({})
      .setProtectedHeader({ alg: 'EdDSA', kid: `${ods}-1` })
      .setIssuer(id)
      .setSubject(id)
      .setAudience(AUDIENCE)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime('2m')
      .sign(this.#keys.get(ods)!);
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion,
    });
    const answer = await this.authority.exchange(form, { jtiStore: { claim: () => Promise.resolve(true) } });
    return answer.access_token;
  }

  /** An example of the catalogue, changed, as its publisher would send it. */
  event({
    type = REQUESTED,
    example: wanted,
    attributes = {},
    content = (json) => json,
  }: EventChange = {}): CloudEvent {
    const { accepts } = this.catalogue.find(type)!.examples;
    const { data, ...example } = accepts.find(({ name }) => wanted === undefined || name === wanted)!.event;
    const { targetorg: _targetorg, ...rest } = example;
    const sent = { ...rest, id: randomUUID(), ...attributes };
    const text = `${JSON.stringify(sent).slice(0, -1)},"data":${content(JSON.stringify(data))}}`;
    return decodeStructured(Buffer.from(text));
  }

  /** Accepts an event as the gateway would, now or at the `recordedtime` that is given. */
  async accept(change: EventChange = {}): Promise<CloudEvent> {
    const sourceorg = change.sourceorg ?? PRACTICE;
    const sent = this.event(change);
    const event = { ...sent, attributes: { recordedtime: new Date().toISOString(), ...sent.attributes, sourceorg } };
    await this.engine.events.append(event, { sourceorg });
    return event;
  }

  /** Records a refusal as the gateway would, of a referral by the practice unless told otherwise. */
  async refuse(more: Partial<Rejection> = {}): Promise<void> {
    await this.engine.rejected.publish({
      id: randomUUID(),
      time: new Date().toISOString(),
      org: PRACTICE,
      application: APPLICATION,
      code: 'SB-2003',
      findings: [],
      type: REQUESTED,
      ...more,
    });
  }

  /** Records a step of a delivery as gateway and relay would. */
  async step(event: CloudEvent, kind: Step['kind'], more: Partial<Step> = {}): Promise<void> {
    const { id, source, type, correlationid, sourceorg } = event.attributes;
    await this.engine.steps.publish({
      id: newRecordId(),
      kind,
      time: new Date().toISOString(),
      source: String(source),
      eventid: String(id),
      type: String(type),
      journey: String(correlationid),
      sourceorg: String(sourceorg),
      ...more,
    });
  }

  async subscribe(id: string, ods: string, more: Partial<Subscription> = {}): Promise<Subscription> {
    await this.registry.putGrant({
      id: `${id}-grant`,
      ods,
      application: '*',
      action: 'subscribe',
      types: '*',
      purpose: 'test',
    });
    const now = new Date().toISOString();
    const made = await this.registry.create('subscription', {
      id,
      ods,
      application: APPLICATION,
      types: ['org.signalbox.*'],
      filters: [],
      protocol: 'HTTP',
      sink: 'https://receiver.example/hook',
      sinksecrets: [],
      config: {},
      status: 'active',
      start: { referral: 1, booking: 1, result: 1 },
      created: now,
      updated: now,
      revision: 0,
      ...more,
    });
    await this.registryKnown();
    return made;
  }

  /**
   * Resolves when the ledger, if it runs, has heard of everything that was written to the registry up to now: it hears of
   * it in order, but by another way than of events.
   */
  async registryKnown(): Promise<void> {
    if (this.ledger !== undefined) await signIn(this, OPERATOR_ORG, 'viewer', { name: randomUUID() });
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.ledger!.url}${path}`, { headers, redirect: 'manual' });
  }

  /** The JSON answer for one organisation, whatever its status. */
  async json<T = Record<string, unknown>>(ods: string, path: string): Promise<{ status: number; body: T }> {
    const answer = await this.get(path, {
      authorization: `Bearer ${await this.token(ods)}`,
      accept: 'application/json',
    });
    return { status: answer.status, body: (await answer.json()) as T };
  }

  /** Waits until the ledger answers an organisation as expected. */
  async until<T>(ods: string, path: string, expected: (body: T) => boolean): Promise<T> {
    return waitFor(`${ods} to see ${path} as expected`, async () => {
      const { status, body } = await this.json<T>(ods, path);
      return status === 200 && expected(body) ? body : undefined;
    });
  }

  async untilAnswered(path: string, headers: Record<string, string>, status: number): Promise<void> {
    await waitFor(`${path} to answer ${String(status)}`, async () => (await this.get(path, headers)).status === status);
  }
}
