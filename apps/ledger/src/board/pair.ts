import { defined } from '../journeys/delivery.js';
import { counted, duration } from '../journeys/words.js';
import { added, CLASS_COLUMNS, percentile } from './delays.js';
import type { Flow, HourlyFlow, Standing, StandingName } from './flows.js';

/** How a pair of organisations fares, from the worst to the best. */
export const PAIR_STATUS = {
  outage: { word: 'Outage declared', tone: 'purple' },
  'stuck-person': { word: 'Stuck: waits for a person', tone: 'red' },
  'stuck-off': { word: 'Stuck: receiver switched off', tone: 'red' },
  'stuck-down': { word: 'Stuck: receiver down', tone: 'red' },
  silent: { word: 'Silent', tone: 'orange' },
  retrying: { word: 'Retrying', tone: 'yellow' },
  paused: { word: 'Paused by the receiver', tone: 'yellow' },
  waiting: { word: 'Waiting', tone: 'yellow' },
  unacknowledged: { word: 'Not acknowledged', tone: 'yellow' },
  flowing: { word: 'Flowing', tone: 'green' },
  quiet: { word: 'Quiet', tone: 'grey' },
} as const;

/** Name of a status, as it stands in addresses. */
export type PairStatus = keyof typeof PAIR_STATUS;

/** Statuses in the order in which pairs are listed. */
export const STATUSES = Object.keys(PAIR_STATUS) as readonly PairStatus[];

/** What decides how a pair fares. */
export interface PairFacts {
  /** Events of the last hours that were to be delivered. */
  readonly events: number;
  /** Deliveries that are not at their end, under the subscriptions as they are now. */
  readonly standing: Readonly<Partial<Record<StandingName | 'switched-off', number>>>;
  /** When the oldest event that has not arrived was accepted, in milliseconds before now. */
  readonly waitedMs?: number | undefined;
  readonly outage: boolean;
  readonly silent: boolean;
  /** Milliseconds of failed attempts after which a receiver counts as down. */
  readonly downMs: number;
  /** Milliseconds that something may wait before it is worth a word. */
  readonly patienceMs: number;
}

/** How a pair fares, and one sentence that says why. */
export function statusOf(facts: PairFacts): { readonly status: PairStatus; readonly sentence: string } {
  const { standing, waitedMs = 0, events } = facts;
  const count = (name: StandingName | 'switched-off') => standing[name] ?? 0;
  const waits = (many: number) => `${counted(many, 'event')} ${many === 1 ? 'waits' : 'wait'}`;
  const since = waitedMs > 0 ? `, the oldest for ${duration(waitedMs)}` : '';
  const stopped = count('parked') + count('expired');
  if (facts.outage) return told('outage', `An outage is declared${standsStill(standing)}.`);
  if (stopped > 0) return told('stuck-person', `${waits(stopped)} for a person${since}.`);
  if (count('switched-off') > 0)
    return told('stuck-off', `${waits(count('switched-off'))} and the subscription is switched off${since}.`);
  if (count('retrying') > 0) {
    const down = waitedMs > facts.downMs;
    return told(down ? 'stuck-down' : 'retrying', `${waits(count('retrying'))} after failed attempts${since}.`);
  }
  if (facts.silent) return told('silent', 'The publisher has sent nothing for longer than it usually does.');
  if (count('paused') > 0) return told('paused', `${waits(count('paused'))} until the receiver goes on${since}.`);
  if (count('waiting') > 0 && waitedMs > facts.patienceMs)
    return told('waiting', `${waits(count('waiting'))} to be sent or fetched${since}.`);
  if (count('unacknowledged') > 0)
    return told('unacknowledged', `${counted(count('unacknowledged'), 'event')} fetched and not acknowledged.`);
  if (events > 0 || count('waiting') > 0) return told('flowing', 'What is sent arrives.');
  return told('quiet', 'Nothing was sent in these hours, and nothing waits.');
}

function told(status: PairStatus, sentence: string) {
  return { status, sentence };
}

function standsStill(standing: PairFacts['standing']): string {
  const many = Object.values(standing).reduce((sum, count) => sum + count, 0);
  return many === 0 ? '' : `; ${counted(many, 'event')} ${many === 1 ? 'has' : 'have'} not come to an end`;
}

/** The standings of one pair by name; what waits under a subscription that takes nothing now is told apart. */
export function standingCounts(
  standings: readonly Standing[],
  statusOfSubscription: (id: string) => string | undefined,
): PairFacts['standing'] {
  const counts: Partial<Record<StandingName | 'switched-off', number>> = {};
  for (const { standing, subscription, count } of standings) {
    const name = underStatus(standing, statusOfSubscription(subscription));
    counts[name] = (counts[name] ?? 0) + count;
  }
  return counts;
}

const OPEN: ReadonlySet<StandingName> = new Set(['waiting', 'retrying', 'paused']);

/** As `underSubscription` decides it of one delivery. */
function underStatus(standing: StandingName, status: string | undefined): StandingName | 'switched-off' {
  if (!OPEN.has(standing)) return standing;
  if (status === 'paused') return 'paused';
  if (status !== 'active') return 'switched-off';
  return standing === 'paused' ? 'waiting' : standing;
}

/** Hour by hour, how much and how slow; hours without anything are 0, their delay is not known. */
export interface Course {
  /** RFC 3339: when the first hour began. */
  readonly from: string;
  readonly events: readonly number[];
  /** Median delay in milliseconds. */
  readonly delayms: readonly (number | null)[];
}

const HOUR = 3_600_000;

/** The course of so many hours, from the flows of one pair. */
export function courseOf(flows: readonly HourlyFlow[], from: Date, hours: number): Course {
  const byHour = new Map(flows.map((flow) => [Date.parse(flow.hour), flow]));
  const starts = Array.from({ length: hours }, (_zero, index) => from.getTime() + index * HOUR);
  return {
    from: from.toISOString(),
    events: starts.map((start) => byHour.get(start)?.events ?? 0),
    delayms: starts.map((start) => percentile(byHour.get(start)?.classes ?? [], 0.5) ?? null),
  };
}

/** Median and 90th percentile of the delay, in milliseconds, as far as anything was delivered. */
export function delaysOf(flows: readonly Pick<Flow, 'classes'>[]): { readonly p50?: number; readonly p90?: number } {
  const classes = flows.reduce<readonly number[]>(
    (sum, flow) => added(sum, flow.classes),
    CLASS_COLUMNS.map(() => 0),
  );
  return defined({ p50: percentile(classes, 0.5), p90: percentile(classes, 0.9) });
}
