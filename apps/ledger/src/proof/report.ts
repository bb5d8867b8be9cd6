import {
  DELIVERY_STATES,
  type Gap,
  type PublisherSum,
  type Reconciliation,
  type StreamSum,
  type SubscriptionSum,
  type ToldGap,
} from '@signalbox/contracts';
import type { DeliveryState } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import { counted, listed } from '../journeys/words.js';
import type { Queries } from '../store/database.js';
import { gapCounts, GAPS, gapsClosed, gapsOpen } from './gaps.js';
import type { Reconciler } from './reconciler.js';
import { shownState } from './statement.js';
import { publishersOf, type Tally } from './tally.js';

const MOST_GAPS = 200;
const MOST_CLOSED = 50;

/** Puts the last passes and the gaps together. */
export async function reconciliationOf(
  reconciler: Pick<Reconciler, 'rounds' | 'last' | 'passes'>,
  queries: Queries,
  registry: Pick<Registry, 'subscription'>,
  streams: readonly string[],
): Promise<Reconciliation> {
  const [gaps, closed, counts] = await Promise.all([
    gapsOpen(queries, MOST_GAPS),
    gapsClosed(queries, MOST_CLOSED),
    gapCounts(queries),
  ]);
  const { rounds, last, passes } = reconciler;
  const complete = streams.every((stream) => passes.some((pass) => pass.stream === stream));
  const sums = {
    streams: passes.map(streamSum),
    publishers: publisherSums(passes),
    subscriptions: subscriptionSums(passes, registry),
  };
  const open = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return {
    asof: new Date().toISOString(),
    rounds,
    ...(last && { last: { at: last.at.toISOString(), ms: last.ms } }),
    complete,
    whole: complete && open === 0,
    sentences: sentencesOf(sums, counts, gaps, complete),
    ...sums,
    gaps: gaps.map(toldGap),
    gapcounts: Object.fromEntries(counts),
    closed: closed.map(toldGap),
  };
}

const toldGap = (gap: Gap): ToldGap => ({ ...gap, ...GAPS[gap.kind] });

function streamSum({ stream, counts, recorded, repeated, began, ended }: Tally): StreamSum {
  return {
    stream,
    first: counts.first,
    last: counts.last,
    messages: counts.messages,
    recorded,
    repeated,
    agrees: counts.messages === recorded + repeated,
    began: began.toISOString(),
    ended: ended!.toISOString(),
  };
}

function publisherSums(passes: readonly Tally[]): PublisherSum[] {
  const sums = new Map<string, { accepted: number; read: number }>();
  const add = (org: string, what: 'accepted' | 'read', count: number) => {
    const sum = sums.get(org) ?? { accepted: 0, read: 0 };
    sum[what] += count;
    sums.set(org, sum);
  };
  for (const { stream, counts, read } of passes) {
    if (!stream.startsWith('EVENTS_')) continue;
    for (const [org, count] of publishersOf(counts)) add(org, 'accepted', count);
    for (const [org, count] of read) add(org, 'read', count);
  }
  return [...sums]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([org, sum]) => ({ org, ...sum, agrees: sum.accepted === sum.read }));
}

function subscriptionSums(passes: readonly Tally[], registry: Pick<Registry, 'subscription'>): SubscriptionSum[] {
  const sums = new Map<string, { events: number; states: Record<DeliveryState, number> }>();
  for (const [id, { events, states }] of passes.flatMap(({ subscriptions }) => [...subscriptions])) {
    const sum = sums.get(id) ?? { events: 0, states: none() };
    sum.events += events;
    const status = registry.subscription(id)?.status;
    for (const [state, count] of states) sum.states[shownState(state, status)] += count;
    sums.set(id, sum);
  }
  return [...sums]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([subscription, { events, states }]) => {
      const { ods, status } = registry.subscription(subscription) ?? {};
      const deliveries = Object.values(states).reduce((sum, count) => sum + count, 0);
      const told = { events, deliveries, states, agrees: events === deliveries };
      return { subscription, ...(ods !== undefined && { org: ods }), status: status ?? 'deleted', ...told };
    });
}

function none(): Record<DeliveryState, number> {
  return Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as Record<DeliveryState, number>;
}

/** Sums are of passes that take their time: who compares them with what was sent a minute ago has to know. */
export function countedSince(streams: readonly Pick<StreamSum, 'began'>[]): string[] {
  const [oldest] = streams.map(({ began }) => began).toSorted();
  if (oldest === undefined) return [];
  return [`Counted is what was there at ${oldest}; what came since is in the next count.`];
}

function sentencesOf(
  { streams, publishers, subscriptions }: Pick<Reconciliation, 'streams' | 'publishers' | 'subscriptions'>,
  gapsByKind: ReadonlyMap<string, number>,
  gaps: readonly Gap[],
  complete: boolean,
): string[] {
  const messages = streams.reduce((sum, one) => sum + one.messages, 0);
  const accepted = publishers.reduce((sum, one) => sum + one.accepted, 0);
  const deliveries = subscriptions.reduce((sum, one) => sum + one.deliveries, 0);
  const wrong = publishers.filter(({ agrees }) => !agrees).map(({ org }) => org);
  const sums = [
    `${counted(messages, 'message')} in ${counted(streams.length, 'stream')}, among them ${counted(accepted, 'accepted event')} of ${counted(publishers.length, 'publisher')}.`,
    `${String(deliveries)} deliveries for ${counted(subscriptions.length, 'subscription')}, each in one named state.`,
    ...countedSince(streams),
    ...(wrong.length === 0 ? [] : [`The numbers of ${listed(wrong)} do not agree.`]),
  ];
  const open = [...gapsByKind.values()].reduce((sum, count) => sum + count, 0);
  if (open > 0) {
    return [
      ...sums,
      `${counted(open, 'gap')} open, the oldest since ${gaps[0]!.opened}: ${GAPS[gaps[0]!.kind].sentence}`,
    ];
  }
  return [...sums, complete ? 'Everything sums; nothing is missing.' : 'The first pass is not finished yet.'];
}
