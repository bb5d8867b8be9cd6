import { type ClockName, isOperations, Refusal, typeMatches } from '@signalbox/contracts';
import type { HealthState, Log } from '@signalbox/runtime';
import type {
  Action,
  Application,
  BulkAction,
  Deadline,
  Grant,
  Kind,
  Organisation,
  Outage,
  Person,
  Records,
  Replay,
  SigningKey,
  Stage,
  Strictness,
  Subscription,
} from './model.js';
import { deadlineKey } from './model.js';
import { grantOfOperations } from './operations.js';
import { agreesForAll, grantOfPerson, isPersonId, personIsActive } from './people.js';
import { strictnessAt } from './stages.js';
import { type ChangeListener, RecordStore, type RegistryEngine } from './record-store.js';

/** Who asks: an application of an organisation, or a person by the id of their record. */
export interface Actor {
  readonly ods: string;
  readonly application: string;
}

const MAX_REMEMBERED_DECISIONS = 20_000;
/** What a decision rests on. */
const DECIDES: ReadonlySet<Kind> = new Set(['organisation', 'application', 'grant', 'person']);

/**
 * Who may publish or receive what, how they prove it, and what they asked for. One bucket is authoritative; every process
 * watches it and holds it in memory, so that a decision costs no network. While the engine is away the last known state
 * serves on and health says degraded.
 */
export class Registry {
  readonly #grants = new Map<string, Map<string, Grant>>();
  readonly #decisions = new Map<string, Grant | null>();
  readonly #store: RecordStore;

  private constructor(store: RecordStore) {
    this.#store = store;
    store.onApplied((kind, key, value) => this.#index(kind, key, value));
  }

  /** Resolves when the whole present state is in memory. */
  static async open(engine: RegistryEngine, log: Log): Promise<Registry> {
    const store = new RecordStore(engine, await engine.kv('REGISTRY'), log);
    const registry = new Registry(store);
    await store.start();
    return registry;
  }

  close(): void {
    this.#store.close();
  }

  health(): HealthState {
    return this.#store.health();
  }

  organisation(ods: string): Organisation | undefined {
    return this.#store.get('organisation', `organisations.${ods}`);
  }

  organisations(): Organisation[] {
    return this.#store.all('organisation');
  }

  application(ods: string, id: string): Application | undefined {
    return this.#store.get('application', `applications.${ods}.${id}`);
  }

  /** @param ods of one organisation; without it, all. */
  applications(ods?: string): Application[] {
    return this.#store.all('application').filter((one) => ods === undefined || one.ods === ods);
  }

  grants(ods: string): Grant[] {
    return [...(this.#grants.get(ods)?.values() ?? [])];
  }

  subscription(id: string): Subscription | undefined {
    return this.#store.get('subscription', `subscriptions.${id}`);
  }

  subscriptions(
    filter: Partial<Pick<Subscription, 'ods' | 'application' | 'protocol' | 'status'>> = {},
  ): Subscription[] {
    const wanted = Object.entries(filter) as [keyof Subscription, unknown][];
    return this.#store
      .all('subscription')
      .filter((one) => wanted.every(([name, value]) => value === undefined || one[name] === value));
  }

  signingKey(kid: string): SigningKey | undefined {
    return this.#store.get('signing-key', `signing-keys.${kid}`);
  }

  signingKeys(): SigningKey[] {
    return this.#store.all('signing-key');
  }

  /**
   * How strictly events of this type from this publisher are judged: by the most specific stage that counts then, else
   * `enforce`. A stage with a start begins by itself.
   * @param at milliseconds since 1970
   */
  stage(ods: string, type: string, at = Date.now()): Strictness {
    return strictnessAt((pattern) => this.stageOf(ods, pattern), type, at);
  }

  /** The record of exactly this type or pattern. */
  stageOf(ods: string, type: string): Stage | undefined {
    return this.#store.get('stage', `stages.${ods}.${type.replace('*', '=')}`);
  }

  stages(ods: string): Stage[] {
    return this.#store.all('stage').filter((one) => one.ods === ods);
  }

  replay(subscription: string, id: string): Replay | undefined {
    return this.#store.get('replay', `replays.${subscription}.${id}`);
  }

  /** Of one subscription, oldest first. */
  replays(subscription: string): Replay[] {
    return this.#store
      .all('replay')
      .filter((one) => one.subscription === subscription)
      .sort((a, b) => (a.created < b.created ? -1 : 1));
  }

  action(ods: string, id: string): BulkAction | undefined {
    return this.#store.get('action', `actions.${ods}.${id}`);
  }

  /** @param ods of one organisation; without it, all. Oldest first. */
  actions(ods?: string): BulkAction[] {
    return this.#store
      .all('action')
      .filter((one) => ods === undefined || one.ods === ods)
      .sort((a, b) => (a.created < b.created ? -1 : 1));
  }

  /** What an organisation has instead of a type’s own times for a clock. */
  deadline(ods: string, type: string, clock: ClockName): Deadline | undefined {
    return this.#store.get('deadline', `deadlines.${ods}.${type}.${clock}`);
  }

  deadlines(ods: string): Deadline[] {
    return this.#store.all('deadline').filter((one) => one.ods === ods);
  }

  outage(ods: string, id: string): Outage | undefined {
    return this.#store.get('outage', `outages.${ods}.${id}`);
  }

  /** @param ods of one organisation; without it, all. The newest first. */
  outages(ods?: string): Outage[] {
    return this.#store
      .all('outage')
      .filter((one) => ods === undefined || one.ods === ods)
      .sort((a, b) => (a.began < b.began ? 1 : -1));
  }

  person(ods: string, id: string): Person | undefined {
    return this.#store.get('person', `people.${ods}.${id}`);
  }

  /** @param filter by organisation, or by id for every organisation that somebody belongs to; without it, all */
  people({ ods, id }: { readonly ods?: string; readonly id?: string } = {}): Person[] {
    return this.#store
      .all('person')
      .filter((one) => (ods === undefined || one.ods === ods) && (id === undefined || one.id === id));
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

  /** Whether somebody may begin what organisations do for themselves, for any of them: by the grant to administer everything. */
  actsForAll(actor: Actor): boolean {
    return this.allows(actor, 'administer', '*') !== undefined;
  }

  /** Whether somebody may agree, as the second one, to what was begun for any organisation, or stop it. */
  agreesForAll(actor: Actor): boolean {
    if (this.actsForAll(actor)) return true;
    const person = this.isActive(actor) ? this.person(actor.ods, actor.application) : undefined;
    return person !== undefined && agreesForAll(person);
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
    return this.#store.onChange(kind, listener);
  }

  putOrganisation(value: Organisation): Promise<Organisation> {
    return this.#store.change('organisation', value, () => value);
  }

  putApplication(value: Application): Promise<Application> {
    return this.#store.change('application', value, () => value);
  }

  putGrant(value: Grant): Promise<Grant> {
    return this.#store.change('grant', value, () => value);
  }

  putStage(value: Stage): Promise<Stage> {
    return this.#store.change('stage', value, () => value);
  }

  putDeadline(value: Deadline): Promise<Deadline> {
    return this.#store.change('deadline', value, () => value);
  }

  /**
   * Changes a stage from what it is now; `change` is called again when somebody else wrote in between.
   * @param change answers what it is to be; a stage is ended with {@link deleteStage}
   */
  changeStage(ods: string, type: string, change: (current: Stage | undefined) => Stage): Promise<Stage> {
    return this.#store.change('stage', { ods, type } as Stage, change);
  }

  putSigningKey(value: SigningKey): Promise<SigningKey> {
    return this.#store.change('signing-key', value, () => value);
  }

  /**
   * Writes a record that must not exist yet.
   * @throws Refusal SB-4091 when it does.
   */
  create<K extends Kind>(kind: K, value: Records[K]): Promise<Records[K]> {
    return this.#store.change(kind, value, (current) => {
      if (current !== undefined) throw new Refusal('SB-4091');
      return value;
    });
  }

  /**
   * Changes an organisation from what it is now; `change` is called again when somebody else wrote in between.
   * @throws Refusal SB-4040 when there is none.
   */
  changeOrganisation(ods: string, change: (current: Organisation) => Organisation): Promise<Organisation> {
    return this.#store.change('organisation', { ods } as Organisation, (current) => change(present(current)));
  }

  /** Like {@link changeOrganisation}. */
  changeApplication(ods: string, id: string, change: (current: Application) => Application): Promise<Application> {
    return this.#store.change('application', { ods, id } as Application, (current) => change(present(current)));
  }

  /** Like {@link changeOrganisation}. */
  changeSubscription(id: string, change: (current: Subscription) => Subscription): Promise<Subscription> {
    return this.#store.change('subscription', { id } as Subscription, (current) => change(present(current)));
  }

  /** Like {@link changeOrganisation}. */
  changeReplay(subscription: string, id: string, change: (current: Replay) => Replay): Promise<Replay> {
    return this.#store.change('replay', { subscription, id } as Replay, (current) => change(present(current)));
  }

  /** Like {@link changeOrganisation}. */
  changeAction(ods: string, id: string, change: (current: BulkAction) => BulkAction): Promise<BulkAction> {
    return this.#store.change('action', { ods, id } as BulkAction, (current) => change(present(current)));
  }

  /** Like {@link changeOrganisation}. */
  changeOutage(ods: string, id: string, change: (current: Outage) => Outage): Promise<Outage> {
    return this.#store.change('outage', { ods, id } as Outage, (current) => change(present(current)));
  }

  /** Like {@link changeOrganisation}. */
  changePerson(ods: string, id: string, change: (current: Person) => Person): Promise<Person> {
    return this.#store.change('person', { ods, id } as Person, (current) => change(present(current)));
  }

  deletePerson(ods: string, id: string): Promise<void> {
    return this.#store.delete(`people.${ods}.${id}`);
  }

  deleteOrganisation(ods: string): Promise<void> {
    return this.#store.delete(`organisations.${ods}`);
  }

  deleteApplication(ods: string, id: string): Promise<void> {
    return this.#store.delete(`applications.${ods}.${id}`);
  }

  deleteGrant(ods: string, id: string): Promise<void> {
    return this.#store.delete(`grants.${ods}.${id}`);
  }

  /**
   * Whether the store says that there was a subscription with this id and is none any more. One that is not known at all may
   * be one that this process has yet to hear of.
   */
  wasDeleted(id: string): boolean {
    return this.#store.wasDeleted(`subscriptions.${id}`);
  }

  /** With its replays, which come to nothing without it. */
  async deleteSubscription(id: string): Promise<void> {
    await this.#store.delete(`subscriptions.${id}`);
    for (const replay of this.replays(id)) await this.deleteReplay(id, replay.id);
  }

  deleteReplay(subscription: string, id: string): Promise<void> {
    return this.#store.delete(`replays.${subscription}.${id}`);
  }

  deleteAction(ods: string, id: string): Promise<void> {
    return this.#store.delete(`actions.${ods}.${id}`);
  }

  deleteStage(ods: string, type: string): Promise<void> {
    return this.#store.delete(`stages.${ods}.${type.replace('*', '=')}`);
  }

  deleteDeadline(ods: string, type: string, clock: string): Promise<void> {
    return this.#store.delete(deadlineKey(ods, type, clock));
  }

  /** Tokens signed with the key stop working at once. */
  deleteSigningKey(kid: string): Promise<void> {
    return this.#store.delete(`signing-keys.${kid}`);
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
}

function present<T>(record: T | undefined): T {
  if (record === undefined) throw new Refusal('SB-4040');
  return record;
}

const holdsAt = (grant: Grant, at: number): boolean => grant.expires === undefined || Date.parse(grant.expires) > at;
