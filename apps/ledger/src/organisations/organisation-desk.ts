import {
  type Catalogue,
  type EventType,
  isOperations,
  Refusal,
  type StageImpact,
  typeMatches,
} from '@signalbox/contracts';
import type { EndpointHealth, Engine } from '@signalbox/messaging';
import {
  type Grant,
  type Organisation,
  patternsOf,
  type Registry,
  type Stage,
  type Strictness,
} from '@signalbox/registry';
import type { Known } from '../console/viewers.js';
import type { Viewer } from '../journeys/sight.js';
import type { Database } from '../store/database.js';
import { impactOf } from './impact.js';
import { peopleOf, type PersonLine } from './people-list.js';
import { type StageChange, stageChanges } from './rights-history.js';
import {
  type Card,
  cardOf,
  cardsOf,
  failureRate,
  type Period,
  PERIODS,
  periodStart,
  type Subject,
} from './scorecard.js';
import { refuseUnknownNames } from './score-names.js';
import { type Narrowing, scoresOf, sumsOf } from './scorecards.js';

/** What {@link OrganisationDesk} is made of. */
export interface DeskParts {
  readonly database: Database;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly engine: Pick<Engine, 'kv' | 'retentions'>;
  readonly retention: () => Promise<Retention>;
  readonly minimum: number;
  readonly impactEvents: number;
  readonly warningDays: number;
}

/** How long what is kept. Days; absent where the engine does not tell, 0 = for good. */
export interface Retention {
  readonly streams: readonly { readonly family: string; readonly days?: number }[];
  readonly refused?: number;
}

/** A line of the list of organisations. */
export interface OrganisationLine {
  readonly ods: string;
  readonly name: string;
  readonly active: boolean;
  readonly card: Card;
  readonly subscriptions: number;
  readonly grants: number;
  readonly endingsoon: number;
}

/** A right with what is to be known of its end. */
export type GrantLine = Grant & { readonly state: 'holds' | 'ends soon' | 'ended' };

/** A subscription as its organisation is told, with how it fares. */
export interface SubscriptionLine {
  readonly id: string;
  readonly application: string;
  readonly types: readonly string[];
  readonly protocol: string;
  readonly status: string;
  readonly statusReason?: string;
  readonly created: string;
  readonly health?: Pick<
    EndpointHealth,
    'condition' | 'stage' | 'since' | 'sentence' | 'advice' | 'waiting' | 'oldest'
  >;
}

/** How strictly one type of a publisher is judged, with what that does or would do. */
export interface StageLine {
  readonly type: string;
  readonly title: string;
  readonly strictness: Strictness;
  /** The type or pattern whose record counts; absent where nothing was set. */
  readonly setby?: string;
  /** What begins later. */
  readonly next?: { readonly strictness: Strictness; readonly from: string; readonly by?: string };
  /** Over 30 days. */
  readonly failures: ReturnType<typeof failureRate>;
}

/** The page of one organisation. */
export interface OrganisationView {
  readonly organisation: { readonly ods: string; readonly name: string; readonly active: boolean };
  readonly period: { readonly id: Period; readonly words: string; readonly since: string };
  /** Events below which there is no share and no time. */
  readonly minimum: number;
  readonly total: Card;
  readonly cards: readonly (Subject & Card & { readonly title?: string })[];
  readonly stages: readonly StageLine[];
  readonly stagerecords: readonly Stage[];
  readonly stagechanges: readonly StageChange[];
  readonly subscriptions: readonly SubscriptionLine[];
  readonly grants: readonly GrantLine[];
  readonly retention: Retention;
}

const DAY_MS = 86_400_000;
const MOST_CHANGES = 20;

/** Tells how an organisation fares: what it sends, how strictly it is judged, what it receives, and what it may do. */
export class OrganisationDesk {
  constructor(private readonly parts: DeskParts) {}

  /** Organisations in the order of their codes. */
  async list(
    viewer: Viewer,
    { after, limit, period }: { readonly after?: string; readonly limit: number; readonly period: Period },
    now = new Date(),
  ): Promise<{ organisations: OrganisationLine[]; next?: string }> {
    const { registry, database, minimum } = this.parts;
    const all = registry
      .organisations()
      .filter(({ ods }) => (viewer.all || ods === viewer.ods) && (after === undefined || ods > after))
      .toSorted((a, b) => (a.ods < b.ods ? -1 : 1));
    const page = all.slice(0, limit);
    const codes = page.map(({ ods }) => ods);
    const sums = await sumsOf(database, codes, period, now);
    const organisations = page.map(({ ods, name, active }) => {
      const grants = this.#grants(ods, now);
      return {
        ods,
        name,
        active,
        card: cardOf(sums.get(ods) ?? [], minimum),
        subscriptions: registry.subscriptions({ ods }).length,
        grants: grants.filter(({ state }) => state !== 'ended').length,
        endingsoon: grants.filter(({ state }) => state === 'ends soon').length,
      };
    });
    const last = codes.at(-1);
    return { organisations, ...(all.length > limit && last !== undefined && { next: last }) };
  }

  /** @throws Refusal SB-4040 for what is not the viewer's own */
  async of(
    viewer: Viewer,
    ods: string,
    period: Period,
    narrowing: Narrowing,
    now = new Date(),
  ): Promise<OrganisationView> {
    const { name, active } = this.seen(viewer, ods);
    const { database, minimum, registry, catalogue } = this.parts;
    await refuseUnknownNames(database, ods, narrowing);
    const [scores, month, subscriptions, changes, retention] = await Promise.all([
      scoresOf(database, ods, period, now, narrowing),
      scoresOf(database, ods, '30d', now),
      this.#subscriptions(ods),
      stageChanges(database, ods, MOST_CHANGES),
      this.parts.retention(),
    ]);
    const byType = Map.groupBy(month, ({ type }) => type);
    return {
      organisation: { ods, name, active },
      period: { id: period, words: PERIODS[period].words, since: periodStart(period, now) },
      minimum,
      total: cardOf(scores, minimum),
      cards: cardsOf(scores, minimum).map((card) => ({ ...card, ...titled(catalogue.find(card.type)) })),
      stages: this.#published(ods, new Set(byType.keys())).map(({ type, title }) => ({
        type,
        title,
        ...this.stageOf(ods, type, now),
        failures: failureRate(cardOf(byType.get(type) ?? [], minimum), minimum),
      })),
      stagerecords: registry.stages(ods).toSorted((a, b) => (a.type < b.type ? -1 : 1)),
      stagechanges: changes,
      subscriptions,
      grants: this.#grants(ods, now),
      retention,
    };
  }

  /** What a stage would do, measured on what the organisation sent. @throws Refusal SB-4040, SB-4220 */
  async impact(viewer: Viewer, ods: string, type: string, strictness: Strictness): Promise<StageImpact> {
    this.seen(viewer, ods);
    const { database, catalogue, impactEvents } = this.parts;
    const meant = catalogue.types().flatMap((one) => (typeMatches(type, one.type) ? [one.type] : []));
    if (meant.length === 0) throw new Refusal('SB-4040', 'No type of the catalogue is meant by this');
    const types = meant.filter((one) => !this.#isJudgedByNarrower(ods, one, type, Date.now()));
    return impactOf(database, { organisation: ods, type, strictness }, types, impactEvents);
  }

  /** Whether a record that is narrower than a pattern decides about a type, so that the pattern's changes nothing for it. */
  #isJudgedByNarrower(ods: string, type: string, pattern: string, at: number): boolean {
    for (const one of patternsOf(type)) {
      if (one === pattern) return false;
      const record = this.parts.registry.stageOf(ods, one);
      // What an organisation has set for itself counts only where it is stricter than a wider one of the operator's.
      if (record === undefined || (record.own === true && record.floor === undefined)) continue;
      if (record.before !== undefined || record.from === undefined || Date.parse(record.from) <= at) return true;
    }
    return false;
  }

  /** How strictly a type is judged now, by which record, and what begins later. */
  stageOf(ods: string, type: string, now: Date): Pick<StageLine, 'strictness' | 'setby' | 'next'> {
    const { registry } = this.parts;
    const at = now.getTime();
    const records = registry.stages(ods).filter((stage) => typeMatches(stage.type, type));
    const narrowest = records.toSorted((a, b) => b.type.length - a.type.length)[0];
    const later = records
      .filter(({ from }) => from !== undefined && Date.parse(from) > at)
      .find(({ from }) => registry.stage(ods, type, Date.parse(from!)) !== registry.stage(ods, type, at));
    const strictness = registry.stage(ods, type, at);
    return {
      strictness,
      ...(narrowest !== undefined && { setby: narrowest.type }),
      ...(later?.from !== undefined && {
        next: { strictness: later.strictness, from: later.from, ...(later.by !== undefined && { by: later.by }) },
      }),
    };
  }

  /** Who signs in for it. @throws as {@link peopleOf} does */
  people(
    known: Known,
    ods: string,
    now = new Date(),
  ): Pick<OrganisationView, 'organisation'> & { people: PersonLine[] } {
    const people = peopleOf(known, ods, this.parts.registry, now);
    const { name, active } = this.seen(known.viewer, ods);
    return { organisation: { ods, name, active }, people };
  }

  /** @throws Refusal SB-4040 */
  seen(viewer: Viewer, ods: string): Organisation {
    const organisation = this.parts.registry.organisation(ods);
    if (organisation === undefined || (!viewer.all && viewer.ods !== ods)) throw new Refusal('SB-4040');
    return organisation;
  }

  /** The types that it may publish, and those that it did. */
  #published(ods: string, observed: ReadonlySet<string>): EventType[] {
    const patterns = this.parts.registry
      .grants(ods)
      .flatMap(({ action, types }) => (action === 'publish' ? [types] : []));
    return this.parts.catalogue
      .types()
      .filter(
        ({ type, status }) =>
          observed.has(type) ||
          (status !== 'retired' && !isOperations(type) && patterns.some((pattern) => typeMatches(pattern, type))),
      )
      .toSorted((a, b) => (a.type < b.type ? -1 : 1));
  }

  #grants(ods: string, now: Date): GrantLine[] {
    const soon = now.getTime() + this.parts.warningDays * DAY_MS;
    return this.parts.registry
      .grants(ods)
      .map((grant): GrantLine => {
        const ends = grant.expires === undefined ? Infinity : Date.parse(grant.expires);
        return { ...grant, state: ends <= now.getTime() ? 'ended' : ends <= soon ? 'ends soon' : 'holds' };
      })
      .toSorted((a, b) => (`${a.action} ${a.types}` < `${b.action} ${b.types}` ? -1 : 1));
  }

  async #subscriptions(ods: string): Promise<SubscriptionLine[]> {
    const own = this.parts.registry.subscriptions({ ods }).toSorted((a, b) => (a.created < b.created ? -1 : 1));
    const bucket = await this.parts.engine.kv('HEALTH').catch(() => undefined);
    return Promise.all(
      own.map(async ({ id, application, types, protocol, status, statusReason, created }) => {
        const told = await bucket?.get(id).catch(() => undefined);
        const health = told?.value && (JSON.parse(Buffer.from(told.value).toString('utf8')) as EndpointHealth);
        return {
          id,
          application,
          types,
          protocol,
          status,
          created,
          ...(statusReason !== undefined && { statusReason }),
          ...(health && { health: healthTold(health) }),
        };
      }),
    );
  }
}

function healthTold({ condition, stage, since, sentence, advice, waiting, oldest }: EndpointHealth) {
  return { condition, stage, since, sentence, advice, waiting, ...(oldest !== undefined && { oldest }) };
}

function titled(type: EventType | undefined): { title?: string } {
  return type === undefined ? {} : { title: type.title };
}
