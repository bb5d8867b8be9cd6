import { isOperations, Refusal, typeMatches } from '@signalbox/contracts';
import { RevisionConflict, type KeyValue, type KeyValueEntry, type KeyValueWatch } from '@signalbox/messaging';
import type { HealthState, Log } from '@signalbox/runtime';
import {
  keyOf,
  kindOfKey,
  type Action,
  type Application,
  type BulkAction,
  type Grant,
  type Kind,
  type Organisation,
  type Person,
  type Records,
  type Replay,
  type SigningKey,
  type Stage,
  type Strictness,
  type Subscription,
} from './model.js';
import { grantOfOperations } from './operations.js';
import { grantOfPerson, isPersonId, personIsActive } from './people.js';

/** The part of the engine that the registry lives in. */
export interface RegistryEngine {
  kv(bucket: 'REGISTRY'): Promise<KeyValue>;
  status(): { readonly connected: boolean };
}

/** Who asks: an application of an organisation, or a person by the id of their record. */
export interface Actor {
  readonly ods: string;
  readonly application: string;
}

/** Told after a record changed; `value` is undefined when it was deleted. */
export type ChangeListener<K extends Kind> = (key: string, value: Records[K] | undefined) => void;

interface Held {
  readonly kind: Kind;
  readonly value: unknown;
}

const MAX_REMEMBERED_DECISIONS = 20_000;
const MAX_ATTEMPTS = 8;
/** What a decision rests on. */
const DECIDES: ReadonlySet<Kind> = new Set(['organisation', 'application', 'grant', 'person']);
/** Milliseconds between attempts to watch again after the watch ended. */
const REWATCH_MS = 500;

/**
 * Who may publish or receive what, how they prove it, and what they asked for. One bucket is authoritative; every process
 * watches it and holds it in memory, so that a decision costs no network. While the engine is away the last known state
 * serves on and health says degraded.
 */
export class Registry {
  readonly #held = new Map<string, Held>();
  /** Also of deleted keys: a late watch entry must not undo what is newer. */
  readonly #revisions = new Map<string, number>();
  readonly #grants = new Map<string, Map<string, Grant>>();
  readonly #decisions = new Map<string, Grant | null>();
  readonly #listeners = new Map<Kind, Set<ChangeListener<Kind>>>();
  #watch: KeyValueWatch | undefined;
  #watching = false;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;

  private constructor(
    private readonly engine: RegistryEngine,
    private readonly kv: KeyValue,
    private readonly log: Log,
  ) {}

  /** Resolves when the whole present state is in memory. */
  static async open(engine: RegistryEngine, log: Log): Promise<Registry> {
    const registry = new Registry(engine, await engine.kv('REGISTRY'), log);
    await registry.#startWatch();
    return registry;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#watch?.stop();
  }

  health(): HealthState {
    if (this.#watching && this.engine.status().connected)
      return { state: 'up', sentence: `${String(this.#held.size)} records in memory.` };
    return {
      state: 'degraded',
      sentence: 'Serving the last known registry: changes are not seen until the engine is back.',
    };
  }

  organisation(ods: string): Organisation | undefined {
    return this.#get('organisation', `organisations.${ods}`);
  }

  organisations(): Organisation[] {
    return this.#all('organisation');
  }

  application(ods: string, id: string): Application | undefined {
    return this.#get('application', `applications.${ods}.${id}`);
  }

  /** @param ods of one organisation; without it, all. */
  applications(ods?: string): Application[] {
    return this.#all('application').filter((one) => ods === undefined || one.ods === ods);
  }

  grants(ods: string): Grant[] {
    return [...(this.#grants.get(ods)?.values() ?? [])];
  }

  subscription(id: string): Subscription | undefined {
    return this.#get('subscription', `subscriptions.${id}`);
  }

  subscriptions(
    filter: Partial<Pick<Subscription, 'ods' | 'application' | 'protocol' | 'status'>> = {},
  ): Subscription[] {
    const wanted = Object.entries(filter) as [keyof Subscription, unknown][];
    return this.#all('subscription').filter((one) =>
      wanted.every(([name, value]) => value === undefined || one[name] === value),
    );
  }

  signingKey(kid: string): SigningKey | undefined {
    return this.#get('signing-key', `signing-keys.${kid}`);
  }

  signingKeys(): SigningKey[] {
    return this.#all('signing-key');
  }

  /** How strictly events of this type from this publisher are judged: the most specific stage, else `enforce`. */
  stage(ods: string, type: string): Strictness {
    for (let pattern = type; ;) {
      const stage = this.#get('stage', `stages.${ods}.${pattern.replace('*', '=')}`);
      if (stage) return stage.strictness;
      if (pattern === '*') return 'enforce';
      const dot = pattern.replace(/\.\*$/, '').lastIndexOf('.');
      pattern = dot < 0 ? '*' : `${pattern.slice(0, dot)}.*`;
    }
  }

  stages(ods: string): Stage[] {
    return this.#all('stage').filter((one) => one.ods === ods);
  }

  replay(subscription: string, id: string): Replay | undefined {
    return this.#get('replay', `replays.${subscription}.${id}`);
  }

  /** Of one subscription, oldest first. */
  replays(subscription: string): Replay[] {
    return this.#all('replay')
      .filter((one) => one.subscription === subscription)
      .sort((a, b) => (a.created < b.created ? -1 : 1));
  }

  action(ods: string, id: string): BulkAction | undefined {
    return this.#get('action', `actions.${ods}.${id}`);
  }

  /** @param ods of one organisation; without it, all. Oldest first. */
  actions(ods?: string): BulkAction[] {
    return this.#all('action')
      .filter((one) => ods === undefined || one.ods === ods)
      .sort((a, b) => (a.created < b.created ? -1 : 1));
  }

  person(ods: string, id: string): Person | undefined {
    return this.#get('person', `people.${ods}.${id}`);
  }

  /** @param filter by organisation, or by id for every organisation that somebody belongs to; without it, all */
  people({ ods, id }: { readonly ods?: string; readonly id?: string } = {}): Person[] {
    return this.#all('person').filter(
      (one) => (ods === undefined || one.ods === ods) && (id === undefined || one.id === id),
    );
  }

  /** Whether an application or person is known and switched on, and the organisation too; for a person also: not over. */
  isActive({ ods, application }: Actor): boolean {
    if (this.organisation(ods)?.active !== true) return false;
    if (!isPersonId(application)) return this.application(ods, application)?.active === true;
    const person = this.person(ods, application);
    return person !== undefined && personIsActive(person, Date.now());
  }

  /**
   * The grant that lets the actor do this, or undefined: deny by default. `type` may itself be a pattern (a subscription
   * asks for one): then a grant must cover all of it. Remembered until anything that bears on it changes.
   * @param at milliseconds since 1970; without it, now.
   */
  allows(actor: Actor, action: Action, type: string, at?: number): Grant | undefined {
    if (at !== undefined) return this.#findGrant(actor, action, type, at);
    const question = `${actor.ods} ${actor.application} ${action} ${type}`;
    const known = this.#decisions.get(question);
    if (known === null) return undefined;
    if (known && holdsAt(known, Date.now())) return known;
    const found = this.#findGrant(actor, action, type, Date.now());
    if (this.#decisions.size >= MAX_REMEMBERED_DECISIONS) this.#decisions.clear();
    this.#decisions.set(question, found ?? null);
    return found;
  }

  #findGrant(actor: Actor, action: Action, type: string, at: number): Grant | undefined {
    if (!this.isActive(actor)) return undefined;
    if (isOperations(type)) return grantOfOperations(actor.ods, action);
    if (isPersonId(actor.application)) return this.#grantOfPerson(actor, action, type, at);
    for (const grant of this.#grants.get(actor.ods)?.values() ?? []) {
      const forActor = grant.application === '*' || grant.application === actor.application;
      if (forActor && grant.action === action && typeMatches(grant.types, type) && holdsAt(grant, at)) return grant;
    }
    return undefined;
  }

  #grantOfPerson({ ods, application }: Actor, action: Action, type: string, at: number): Grant | undefined {
    const person = this.person(ods, application);
    if (person === undefined) return undefined;
    const held = this.grants(ods).filter((grant) => holdsAt(grant, at));
    return grantOfPerson(person, held, action, type);
  }

  onChange<K extends Kind>(kind: K, listener: ChangeListener<K>): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    listeners.add(listener as ChangeListener<Kind>);
    this.#listeners.set(kind, listeners);
    return () => void listeners.delete(listener as ChangeListener<Kind>);
  }

  putOrganisation(value: Organisation): Promise<Organisation> {
    return this.#change('organisation', value, () => value);
  }

  putApplication(value: Application): Promise<Application> {
    return this.#change('application', value, () => value);
  }

  putGrant(value: Grant): Promise<Grant> {
    return this.#change('grant', value, () => value);
  }

  putStage(value: Stage): Promise<Stage> {
    return this.#change('stage', value, () => value);
  }

  putSigningKey(value: SigningKey): Promise<SigningKey> {
    return this.#change('signing-key', value, () => value);
  }

  /**
   * Writes a record that must not exist yet.
   * @throws Refusal SB-4091 when it does.
   */
  create<K extends Kind>(kind: K, value: Records[K]): Promise<Records[K]> {
    return this.#change(kind, value, (current) => {
      if (current !== undefined) throw new Refusal('SB-4091');
      return value;
    });
  }

  /**
   * Changes an organisation from what it is now; `change` is called again when somebody else wrote in between.
   * @throws Refusal SB-4040 when there is none.
   */
  changeOrganisation(ods: string, change: (current: Organisation) => Organisation): Promise<Organisation> {
    return this.#change('organisation', { ods } as Organisation, (current) => change(present(current)));
  }

  /** Like {@link changeOrganisation}. */
  changeApplication(ods: string, id: string, change: (current: Application) => Application): Promise<Application> {
    return this.#change('application', { ods, id } as Application, (current) => change(present(current)));
  }

  /** Like {@link changeOrganisation}. */
  changeSubscription(id: string, change: (current: Subscription) => Subscription): Promise<Subscription> {
    return this.#change('subscription', { id } as Subscription, (current) => change(present(current)));
  }

  /** Like {@link changeOrganisation}. */
  changeReplay(subscription: string, id: string, change: (current: Replay) => Replay): Promise<Replay> {
    return this.#change('replay', { subscription, id } as Replay, (current) => change(present(current)));
  }

  /** Like {@link changeOrganisation}. */
  changeAction(ods: string, id: string, change: (current: BulkAction) => BulkAction): Promise<BulkAction> {
    return this.#change('action', { ods, id } as BulkAction, (current) => change(present(current)));
  }

  /** Like {@link changeOrganisation}. */
  changePerson(ods: string, id: string, change: (current: Person) => Person): Promise<Person> {
    return this.#change('person', { ods, id } as Person, (current) => change(present(current)));
  }

  deletePerson(ods: string, id: string): Promise<void> {
    return this.#delete(`people.${ods}.${id}`);
  }

  deleteOrganisation(ods: string): Promise<void> {
    return this.#delete(`organisations.${ods}`);
  }

  deleteApplication(ods: string, id: string): Promise<void> {
    return this.#delete(`applications.${ods}.${id}`);
  }

  deleteGrant(ods: string, id: string): Promise<void> {
    return this.#delete(`grants.${ods}.${id}`);
  }

  /**
   * Whether the store says that there was a subscription with this id and is none any more. One that is not known at all may
   * be one that this process has yet to hear of.
   */
  wasDeleted(id: string): boolean {
    const key = `subscriptions.${id}`;
    return this.#revisions.has(key) && !this.#held.has(key);
  }

  /** With its replays, which come to nothing without it. */
  async deleteSubscription(id: string): Promise<void> {
    await this.#delete(`subscriptions.${id}`);
    for (const replay of this.replays(id)) await this.deleteReplay(id, replay.id);
  }

  deleteReplay(subscription: string, id: string): Promise<void> {
    return this.#delete(`replays.${subscription}.${id}`);
  }

  deleteAction(ods: string, id: string): Promise<void> {
    return this.#delete(`actions.${ods}.${id}`);
  }

  deleteStage(ods: string, type: string): Promise<void> {
    return this.#delete(`stages.${ods}.${type.replace('*', '=')}`);
  }

  /** Tokens signed with the key stop working at once. */
  deleteSigningKey(kid: string): Promise<void> {
    return this.#delete(`signing-keys.${kid}`);
  }

  /** Compare and set: the change is made over the revision it was made from, or made again. */
  async #change<K extends Kind>(
    kind: K,
    named: Records[K],
    change: (current: Records[K] | undefined) => Records[K],
  ): Promise<Records[K]> {
    const key = keyOf(kind, named);
    for (let attempt = 1; ; attempt++) {
      const entry = await reached(this.kv.get(key));
      const current = entry?.value && withRevision(kind, parsed<Records[K]>(entry.value), entry.revision);
      const next = change(current || undefined);
      if (keyOf(kind, next) !== key) throw new TypeError('a change may not move a record to another key');
      try {
        const bytes = JSON.stringify(next);
        const revision = await reached(
          entry?.value ? this.kv.update(key, bytes, entry.revision) : this.kv.create(key, bytes),
        );
        return this.#apply(kind, key, next, revision) as Records[K];
      } catch (error) {
        if (!(error instanceof RevisionConflict)) throw error;
        if (attempt >= MAX_ATTEMPTS)
          throw new Refusal('SB-5030', 'The record is being changed by others', { retryAfter: 1, cause: error });
      }
    }
  }

  async #delete(key: string): Promise<void> {
    await reached(this.kv.delete(key));
    const kind = kindOfKey(key);
    // The watch will tell it again under its own, higher revision.
    if (kind) this.#apply(kind, key, undefined, this.#revisions.get(key) ?? 0, true);
  }

  async #startWatch(): Promise<void> {
    let seen: Set<string> | undefined = new Set();
    let newest = 0;
    const watch = await this.kv.watch((entry) => {
      seen?.add(entry.key);
      newest = entry.revision;
      this.#take(entry);
    });
    this.#watch = watch;
    await watch.ready;
    this.#forgetVanished(seen, newest);
    seen = undefined;
    this.#watching = true;
    void watch.ended.then(() => {
      this.#watching = false;
      this.#watchAgain();
    });
  }

  /** What was deleted without a trace while nobody watched; what this process wrote since is newer than the watch and stays. */
  #forgetVanished(seen: ReadonlySet<string>, newest: number): void {
    for (const [key, { kind }] of this.#held) {
      const revision = this.#revisions.get(key) ?? 0;
      if (!seen.has(key) && revision <= newest) this.#apply(kind, key, undefined, revision, true);
    }
  }

  #watchAgain(): void {
    if (this.#closed) return;
    this.log.warn({}, 'the watch of the registry ended; watching again');
    this.#retry = setTimeout(() => {
      this.#startWatch().catch((error: unknown) => {
        this.log.warn({ err: error }, 'the registry cannot be watched yet');
        this.#watchAgain();
      });
    }, REWATCH_MS);
    this.#retry.unref();
  }

  #take(entry: KeyValueEntry): void {
    const kind = kindOfKey(entry.key);
    if (!kind) return;
    try {
      this.#apply(kind, entry.key, entry.value && parsed(entry.value), entry.revision);
    } catch (error) {
      this.log.error(
        { kind, sequence: entry.revision, err: error },
        'a record of the registry cannot be read; the last good one stays',
      );
    }
  }

  #apply(kind: Kind, key: string, value: unknown, revision: number, forced = false): unknown {
    if (!forced && revision <= (this.#revisions.get(key) ?? 0)) return this.#held.get(key)?.value ?? value;
    this.#revisions.set(key, revision);
    const before = this.#held.get(key)?.value;
    if (value === undefined && before === undefined) return undefined;
    const next = value === undefined ? undefined : Object.freeze(withRevision(kind, value as Records[Kind], revision));
    if (next === undefined) this.#held.delete(key);
    else this.#held.set(key, { kind, value: next });
    this.#index(kind, key, next);
    for (const listener of this.#listeners.get(kind) ?? []) this.#tell(listener, key, next);
    return next;
  }

  #index(kind: Kind, key: string, value: unknown): void {
    if (DECIDES.has(kind)) this.#decisions.clear();
    if (kind !== 'grant') return;
    const ods = key.split('.')[1] ?? '';
    const ofOrganisation = this.#grants.get(ods) ?? new Map<string, Grant>();
    if (value === undefined) ofOrganisation.delete(key);
    else ofOrganisation.set(key, value as Grant);
    this.#grants.set(ods, ofOrganisation);
  }

  #tell(listener: ChangeListener<Kind>, key: string, value: unknown): void {
    try {
      listener(key, value as Records[Kind] | undefined);
    } catch (error) {
      this.log.error({ err: error }, 'a listener of the registry failed');
    }
  }

  #get<K extends Kind>(_kind: K, key: string): Records[K] | undefined {
    return this.#held.get(key)?.value as Records[K] | undefined;
  }

  #all<K extends Kind>(kind: K): Records[K][] {
    const found: Records[K][] = [];
    for (const held of this.#held.values()) if (held.kind === kind) found.push(held.value as Records[K]);
    return found;
  }
}

/** A store that does not answer is a refusal to try again later; a lost race is the caller's to handle. */
async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RevisionConflict) throw error;
    throw new Refusal('SB-5030', 'The registry cannot be reached now', { retryAfter: 1, cause: error });
  }
}

function present<T>(record: T | undefined): T {
  if (record === undefined) throw new Refusal('SB-4040');
  return record;
}

const holdsAt = (grant: Grant, at: number): boolean => grant.expires === undefined || Date.parse(grant.expires) > at;

const parsed = <T>(bytes: Uint8Array): T => JSON.parse(Buffer.from(bytes).toString('utf8')) as T;

const withRevision = <K extends Kind>(kind: K, value: Records[K], revision: number): Records[K] =>
  kind === 'subscription' ? { ...value, revision } : value;
