import type { Catalogue } from '@signalbox/contracts';
import type { Engine } from '@signalbox/messaging';
import { isOperationsOnly, OPERATOR, type Registry } from '@signalbox/registry';
import type { EngineWatch } from '../../board/engine-watch.js';
import type { Ingest } from '../../journeys/ingest.js';
import { behind } from '../../observed.js';
import { type Database, plain, type Row } from '../../store/database.js';
import type { Outages } from '../outages/outages.js';
import type { Silences } from '../rhythm/silences.js';
import type { Noticed } from './decision.js';
import type { Endpoints } from './endpoints.js';
import type { AlertKind } from './kinds.js';
import type { OverdueGroup, OverdueGroups } from './overdue-groups.js';

/** What looking stands on. */
export interface SourceParts {
  readonly database: Database;
  readonly engine: Pick<Engine, 'newestKept'>;
  readonly engineWatch: Pick<EngineWatch, 'report'>;
  readonly registry: Pick<Registry, 'subscription'>;
  readonly catalogue: Pick<Catalogue, 'types'>;
  readonly ingest: Pick<Ingest, 'failing'>;
  readonly endpoints: Pick<Endpoints, 'told'>;
  readonly overdue: Pick<OverdueGroups, 'of'>;
  readonly silences: Pick<Silences, 'silent' | 'judged'>;
  readonly outages: Pick<Outages, 'open'>;
  /** How many stand still for no known reason. */
  readonly unknown: () => Promise<number>;
  readonly limits: {
    readonly lag: number;
    readonly refusals: number;
    readonly refusedShare: number;
    readonly gapMs: number;
    readonly downMs: number;
    /** Most conditions of one kind; of a kind with so many, those that are not among them are not over. */
    readonly most: number;
  };
}

/** How one kind of condition is noticed. */
export interface Source {
  readonly kind: AlertKind;
  /** It reads what the ledger has read, so it says nothing while the ledger is far behind. */
  readonly ofTheLedger: boolean;
  /** `undefined` = it cannot be judged now. */
  readonly look: (parts: SourceParts, now: Date) => Promise<Noticed[] | undefined>;
}

const EXPIRED = `
  select toorg as org, type, sum(count)::int as count from standings
  where standing = 'expired' and count > 0 and type not like 'org.signalbox.operations.%'
  group by toorg, type order by toorg, type`;

const PARKED = `
  select toorg as org, subscription, sum(count)::int as count from standings
  where standing = 'parked' and count > 0 and type not like 'org.signalbox.operations.%'
  group by toorg, subscription order by toorg, subscription limit $1`;

const REFUSED = `
  select fromorg as org, sum(refused)::int as refused, sum(events)::int as events from flows
  where toorg = '' and hour >= date_trunc('hour', $1::timestamptz - interval '1 hour', 'UTC')
    and type not like 'org.signalbox.operations.%'
  group by fromorg having sum(refused) >= $2 order by fromorg limit $3`;

const GAPS = `
  select kind, count(*)::int as count, min(opened) as since from gaps
  where closed is null and opened < $1 group by kind order by kind`;

const SHOWN = `
  select publisher as org, count(*)::int as count from disclosures
  where kind = 'opened' and until > $1 and publisher is not null group by publisher order by publisher limit $2`;

/** As the contract of the event has it. */
const LONGEST_DETAIL = 1_000;

/** Types whose events replace another one: an acknowledgement of those is of more weight. */
function corrections(catalogue: Pick<Catalogue, 'types'>): Set<string> {
  const replacing = catalogue.types().filter(({ requires }) => requires.includes('supersedes'));
  return new Set(replacing.map(({ type }) => type));
}

async function missed(parts: SourceParts, now: Date): Promise<Noticed[]> {
  const replacing = corrections(parts.catalogue);
  const all = await parts.overdue.of(now);
  const clocks = all.filter(({ clock, type }) => clock !== 'acknowledgement' || !replacing.has(type));
  const expired = await parts.database.query<Pick<OverdueGroup, 'org' | 'type' | 'count'>>(EXPIRED);
  const of = (org: string, clock: string, type: string, count: number, first: string): Noticed => ({
    kind: 'deadline-missed',
    key: `${org} ${clock} ${type}`,
    org,
    about: { clock, count, ...(type !== '' && { type }) },
    detail: `${counted(count, 'event', 'has', 'have')} missed the deadline "${clock}"${first}.`,
  });
  return [
    ...clocks.map(({ org, clock, type, count, since }) =>
      of(org, clock, type, count, `; the first was due at ${since}`),
    ),
    ...expired.map(({ org, type, count }) => of(org, 'delivery', type, count, '')),
  ];
}

async function unacknowledged(parts: SourceParts, now: Date): Promise<Noticed[]> {
  const replacing = corrections(parts.catalogue);
  const all = await parts.overdue.of(now);
  const found = all.filter(({ clock, type }) => clock === 'acknowledgement' && replacing.has(type));
  return found.map(({ org, type, count, since }) => ({
    kind: 'correction-unacknowledged',
    key: `${org} ${type}`,
    org,
    about: { type, count, clock: 'acknowledgement' },
    detail: `${counted(count, 'correction or withdrawal', 'is', 'are', 'corrections or withdrawals')} not acknowledged; the first was due at ${since}.`,
  }));
}

/** An endpoint that answers, however slowly; what it refuses is parked, and told by an alert of its own. */
const NOT_DOWN: ReadonlySet<string> = new Set(['healthy', 'lagging', 'refusing', 'receiving-malformed']);

/** Never about a subscription to nothing but what the exchange tells of itself: an alert must not raise the next one. */
function down({ endpoints, registry, limits }: SourceParts, now: Date): Noticed[] | undefined {
  const told = endpoints.told();
  if (told === undefined) return undefined;
  return [...told].flatMap(([id, { since, sentence, advice, condition }]): Noticed[] => {
    const subscription = registry.subscription(id);
    if (subscription?.status !== 'active' || isOperationsOnly(subscription.types)) return [];
    const lasts = now.getTime() - Date.parse(since);
    if (NOT_DOWN.has(condition) || lasts < limits.downMs) return [];
    return [
      {
        kind: 'subscriber-down',
        key: id,
        org: subscription.ods,
        about: { subscription: id, application: subscription.application },
        detail: `${sentence} ${advice}`,
      },
    ];
  });
}

async function refusing({ database, limits }: SourceParts): Promise<Noticed[]> {
  const rows = await database.query<{ org: string; subscription: string; count: number }>(PARKED, [limits.most]);
  return rows.map(({ org, subscription, count }) => ({
    kind: 'subscriber-refusing',
    key: subscription,
    org,
    about: { subscription, count },
    detail: `${counted(count, 'delivery', 'is', 'are', 'deliveries')} parked until a person decides.`,
  }));
}

async function refusals({ database, limits }: SourceParts, now: Date): Promise<Noticed[]> {
  const rows = await database.query<{ org: string; refused: number; events: number }>(REFUSED, [
    now.toISOString(),
    limits.refusals,
    limits.most,
  ]);
  return rows
    .filter(({ refused, events }) => refused >= limits.refusedShare * (refused + events))
    .map(({ org, refused, events }) => ({
      kind: 'refusals-rising',
      key: org,
      org,
      about: { count: refused },
      detail: `${String(refused)} of ${String(refused + events)} events were refused in this hour and the one before.`,
    }));
}

async function gaps({ database, limits }: SourceParts, now: Date): Promise<Noticed[]> {
  const before = new Date(now.getTime() - limits.gapMs).toISOString();
  const rows = await database.query<Row>(GAPS, [before]);
  return rows.map((row) => {
    const { kind, count, since } = plain<{ kind: string; count: number; since: string }>(row);
    return {
      kind: 'reconciliation-gap',
      key: kind,
      org: OPERATOR.ods,
      about: { count },
      detail: `${counted(count, 'gap', 'is', 'are')} open of the kind ${kind}; the first since ${since}.`,
    };
  });
}

async function unknown({ unknown: count }: SourceParts): Promise<Noticed[]> {
  const found = await count();
  if (found === 0) return [];
  const detail = `${counted(found, 'thing stands', '', '', 'things stand')} still for a reason that is not in the list.`;
  return [{ kind: 'unknown-stuck', key: 'all', org: OPERATOR.ods, about: { count: found }, detail }];
}

async function engine({ engineWatch }: SourceParts): Promise<Noticed[]> {
  const { well, troubles } = await engineWatch.report();
  if (well) return [];
  const detail = troubles
    .map(({ what }) => what)
    .join(' ')
    .slice(0, LONGEST_DETAIL);
  return [{ kind: 'engine-unwell', key: 'engine', org: OPERATOR.ods, about: {}, detail }];
}

async function lag({ engine: one, database, ingest, limits }: SourceParts): Promise<Noticed[] | undefined> {
  const counts = await behind(one, database).catch(() => undefined);
  if (counts === undefined) return undefined;
  const late = [...counts].filter(([stream, count]) => count > limits.lag || ingest.failing.has(stream));
  return late.map(([stream, count]) => ({
    kind: 'ledger-behind',
    key: stream,
    org: OPERATOR.ods,
    about: {},
    detail: `${stream} has more messages that were not read than is usual${count > limits.lag ? '' : '; what was read cannot be written'}.`,
  }));
}

async function shown({ database, limits }: SourceParts, now: Date): Promise<Noticed[]> {
  const rows = await database.query<{ org: string; count: number }>(SHOWN, [now.toISOString(), limits.most]);
  return rows.map(({ org, count }) => ({
    kind: 'break-glass-used',
    key: org,
    org,
    about: { count },
    detail: `The values of ${counted(count, 'event', 'is', 'are')} open to a person for a stated reason.`,
  }));
}

/** Every source, one for each kind. */
export const SOURCES: readonly Source[] = [
  { kind: 'deadline-missed', ofTheLedger: true, look: missed },
  { kind: 'publisher-silent', ofTheLedger: false, look: ({ silences }) => silences.judged() },
  { kind: 'outage-declared', ofTheLedger: false, look: ({ outages }) => Promise.resolve(outages.open()) },
  { kind: 'subscriber-down', ofTheLedger: false, look: (parts, now) => Promise.resolve(down(parts, now)) },
  { kind: 'subscriber-refusing', ofTheLedger: true, look: refusing },
  { kind: 'correction-unacknowledged', ofTheLedger: true, look: unacknowledged },
  { kind: 'refusals-rising', ofTheLedger: true, look: refusals },
  { kind: 'reconciliation-gap', ofTheLedger: true, look: gaps },
  { kind: 'unknown-stuck', ofTheLedger: true, look: unknown },
  { kind: 'engine-unwell', ofTheLedger: false, look: engine },
  { kind: 'ledger-behind', ofTheLedger: false, look: lag },
  { kind: 'break-glass-used', ofTheLedger: true, look: shown },
];

function counted(count: number, one: string, is: string, are: string, many = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many} ${count === 1 ? is : are}`.trimEnd();
}
