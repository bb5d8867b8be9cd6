import { Kept } from '@signalbox/runtime';
import type { Catalogue, StuckGroup, StuckReason } from '@signalbox/contracts';
import type { Registry } from '@signalbox/registry';
import { defined } from '../journeys/delivery.js';
import { sightingKey, type Viewer } from '../journeys/sight.js';
import type { Queries } from '../store/database.js';
import {
  doorSince,
  type Flow,
  flowsSince,
  hourlyFlows,
  oldestOf,
  type Route,
  routeKey,
  type Standing,
  standingsOf,
  usualRoutes,
} from './flows.js';
import { oldestUnacknowledged, type OutstandingDelivery } from './outstanding.js';
import {
  type Course,
  courseOf,
  delaysOf,
  type PairFacts,
  type PairStatus,
  standingCounts,
  STATUSES,
  statusOf,
} from './pair.js';

/** One organisation as it is named on pages. */
export interface Named {
  readonly ods: string;
  readonly name?: string;
}

/** How one pair of organisations fares. */
export interface Pair {
  readonly from: Named;
  readonly to: Named;
  readonly status: PairStatus;
  readonly sentence: string;
  readonly events24h: number;
  readonly delivered24h: number;
  /** Whether its publisher is silent, whatever else is to be said of it. */
  readonly silent: boolean;
  /** Deliveries that are not at their end. */
  readonly open: number;
  /** Of these, how many wait for a person. */
  readonly stuck: number;
  /** Milliseconds from acceptance to delivery, of the events of these hours. */
  readonly delayms: { readonly p50?: number; readonly p90?: number };
}

/** A pair with its course over the hours. */
export type PairWithCourse = Pair & { readonly course: Course };

/** What has to happen by a certain time, the soonest first. */
export interface DueLine {
  readonly clock: string;
  /** What the clock runs between, in words. */
  readonly title: string;
  readonly type: string;
  /** Whose move it is. */
  readonly org: string;
  readonly due: string;
  readonly event: string;
  readonly source: string;
  readonly journey: string;
}

/** An alert as the board names it. */
export interface AlertLine {
  readonly kind: string;
  readonly title: string;
  readonly severity: string;
  /** Whose move it is. */
  readonly org: string;
  /** What that organisation is called, where it is known. */
  readonly name?: string;
  readonly since: string;
  /** Path of the page that it leads to. */
  readonly link: string;
}

/** The figures on top. */
export interface BoardNumbers {
  /** Deliveries that have not arrived and are on their way. */
  readonly inflight: number;
  readonly oldest?: OutstandingDelivery & { readonly title: string };
  readonly refused24h: number;
  readonly accepted24h: number;
  /** Publishers. */
  readonly silent: number;
  /** Stuck, and nobody can say why. */
  readonly unknown: number;
}

/** Everything that the board shows, but for the pairs, of which it shows a page. */
export interface BoardFigures {
  /** RFC 3339: from when on events count as those of the last 24 hours; the beginning of an hour. */
  readonly since: string;
  readonly numbers: BoardNumbers;
  readonly duenext: readonly (DueLine & { readonly what: string; readonly name?: string })[];
  readonly alerts: readonly AlertLine[];
  /** What does not move on by itself, the oldest first, in the words of the one table. */
  readonly stuck: readonly StuckGroup[];
  readonly pairs: readonly Pair[];
}

/** What other rooms know and the board shows. */
export interface BoardSources {
  readonly dueNext: (viewer: Viewer, limit: number) => Promise<readonly DueLine[]>;
  readonly alerts: (viewer: Viewer) => Promise<readonly AlertLine[]>;
  /** ODS codes of publishers that are silent. */
  readonly silent: (viewer: Viewer) => Promise<ReadonlySet<string>>;
  /** Whether an organisation has declared an outage. */
  readonly outage: (ods: string) => boolean;
  /** The oldest groups of what stands still, and how much of it there is, by reason. */
  readonly stuck: (viewer: Viewer) => Promise<{
    readonly groups: readonly StuckGroup[];
    readonly totals: ReadonlyMap<StuckReason, number>;
  }>;
}

/** What {@link Board} is made of. */
export interface BoardParts {
  readonly database: Queries;
  readonly registry: Pick<Registry, 'organisation' | 'subscription'>;
  readonly catalogue: Pick<Catalogue, 'find'>;
  readonly sources: BoardSources;
  readonly limits: { readonly keepMs: number; readonly downMs: number; readonly patienceMs: number };
  readonly now?: () => Date;
}

const HOUR = 3_600_000;
/** The hours that figures are about: the one that runs and those before it. */
export const HOURS = 24;
const DUE_LINES = 5;

/** Sums up what flows between whom, what stands still, and what needs somebody, to whoever's side it is. */
export class Board {
  readonly #kept: Kept<BoardFigures>;

  constructor(private readonly parts: BoardParts) {
    this.#kept = new Kept(parts.limits.keepMs);
  }

  /** The figures of the viewer's own side; a little while old at most. */
  figures(viewer: Viewer): Promise<BoardFigures> {
    return this.#kept.of(sightingKey(viewer), () => this.#look(viewer));
  }

  /** Pairs of {@link figures} with their course over the hours. */
  async withCourse(pairs: readonly Pair[], since: string): Promise<PairWithCourse[]> {
    const from = new Date(since);
    const flows = Map.groupBy(await hourlyFlows(this.parts.database, pairs.map(routeOf), from), routeKey);
    return pairs.map((pair) => ({ ...pair, course: courseOf(flows.get(routeKey(routeOf(pair))) ?? [], from, HOURS) }));
  }

  async #look(viewer: Viewer): Promise<BoardFigures> {
    const { database, sources } = this.parts;
    const now = this.#now();
    const since = new Date(Math.floor(now.getTime() / HOUR) * HOUR - (HOURS - 1) * HOUR);
    const [flows, standings, door, oldest, due, alerts, silent, stuck] = await Promise.all([
      flowsSince(database, viewer, since),
      standingsOf(database, viewer),
      doorSince(database, viewer, since),
      oldestUnacknowledged(database, viewer),
      sources.dueNext(viewer, DUE_LINES),
      sources.alerts(viewer),
      sources.silent(viewer),
      sources.stuck(viewer),
    ]);
    const quiet = silent.size === 0 ? [] : await usualRoutes(database, viewer, [...silent], since);
    const pairs = await this.#pairs({ flows, standings, quiet, silent, now });
    const inflight = standings
      .filter(({ standing }) => IN_FLIGHT.has(standing))
      .reduce((sum, one) => sum + one.count, 0);
    return {
      since: since.toISOString(),
      numbers: {
        inflight,
        refused24h: door.refused,
        accepted24h: door.accepted,
        silent: silent.size,
        unknown: stuck.totals.get('unknown') ?? 0,
        ...(oldest && { oldest: { ...oldest, title: this.#title(oldest.type) } }),
      },
      duenext: due.map((line) => ({ ...line, ...this.#nameOf(line.org), what: this.#title(line.type) })),
      alerts: alerts.map((line) => ({ ...line, ...this.#nameOf(line.org) })),
      stuck: stuck.groups,
      pairs,
    };
  }

  async #pairs({ flows, standings, quiet, silent, now }: PairRows): Promise<Pair[]> {
    const byRoute = new Map(flows.map((flow) => [routeKey(flow), flow]));
    const standing = Map.groupBy(standings, routeKey);
    const waiting = [...standing.values()].filter((own) => own.some(({ standing: name }) => NOT_YET.has(name)));
    const oldest = await oldestOf(
      this.parts.database,
      waiting.map(([one]) => ({ from: one!.from, to: one!.to })),
    );
    const routes = new Map<string, Route>([...quiet, ...flows, ...standings].map((one) => [routeKey(one), one]));
    const pairs = [...routes].map(([key, route]) =>
      this.#pair(route, byRoute.get(key), standing.get(key) ?? [], {
        silent: silent.has(route.from),
        oldest: oldest.get(key),
        now,
      }),
    );
    return pairs.toSorted(worstFirst);
  }

  #pair(
    { from, to }: Route,
    flow: Flow | undefined,
    standings: readonly Standing[],
    known: { readonly silent: boolean; readonly oldest: string | undefined; readonly now: Date },
  ): Pair {
    const { registry, sources, limits } = this.parts;
    const standing = standingCounts(standings, (id) => registry.subscription(id)?.status);
    const { status, sentence } = statusOf({
      events: flow?.events ?? 0,
      standing,
      waitedMs: known.oldest === undefined ? undefined : known.now.getTime() - Date.parse(known.oldest),
      outage: sources.outage(from) || sources.outage(to),
      silent: known.silent,
      ...limits,
    });
    return {
      from: this.#named(from),
      to: this.#named(to),
      status,
      sentence,
      events24h: flow?.events ?? 0,
      delivered24h: flow?.delivered ?? 0,
      silent: known.silent,
      open: sumOf(standing, ['waiting', 'retrying', 'paused', 'switched-off', 'parked', 'expired']),
      stuck: sumOf(standing, ['parked', 'expired']),
      delayms: flow === undefined ? {} : delaysOf([flow]),
    };
  }

  #named(ods: string): Named {
    return { ods, ...this.#nameOf(ods) };
  }

  #nameOf(ods: string): Pick<Named, 'name'> {
    return defined({ name: this.parts.registry.organisation(ods)?.name });
  }

  #title(type: string): string {
    return this.parts.catalogue.find(type)?.title ?? type;
  }

  #now(): Date {
    return this.parts.now?.() ?? new Date();
  }
}

/** What the pairs are made of. */
interface PairRows {
  readonly flows: readonly Flow[];
  readonly standings: readonly Standing[];
  /** Where silent publishers usually send. */
  readonly quiet: readonly Route[];
  readonly silent: ReadonlySet<string>;
  readonly now: Date;
}

const IN_FLIGHT: ReadonlySet<string> = new Set(['waiting', 'retrying', 'paused']);
const NOT_YET: ReadonlySet<string> = new Set(['waiting', 'retrying', 'paused', 'parked', 'expired']);

function sumOf(standing: PairFacts['standing'], names: readonly (keyof PairFacts['standing'])[]): number {
  return names.reduce((sum, name) => sum + (standing[name] ?? 0), 0);
}

function routeOf({ from, to }: Pair): Route {
  return { from: from.ods, to: to.ods };
}

function worstFirst(one: Pair, other: Pair): number {
  return (
    STATUSES.indexOf(one.status) - STATUSES.indexOf(other.status) ||
    other.events24h - one.events24h ||
    (routeKey(routeOf(one)) < routeKey(routeOf(other)) ? -1 : 1)
  );
}
