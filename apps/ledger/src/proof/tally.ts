import type { DeliveryState, StreamCounts } from '@signalbox/messaging';
import type { GapFound } from './gaps.js';
import type { StateCount } from './looks.js';

/** Deliveries of a subscription by state, of a pass over what the streams keep. */
export interface SubscriptionSum {
  /** Events of types that it asks for, since it asks for them. */
  events: number;
  readonly states: Map<DeliveryState, number>;
}

/** What one pass over a stream, from the oldest message that it keeps to the newest of that moment, came to. */
export interface Tally {
  readonly stream: string;
  /** What the engine counted when the pass began. */
  readonly counts: StreamCounts;
  readonly began: Date;
  ended?: Date;
  /** The sequence at which the pass goes on. */
  next: number;
  /** Messages on record, by organisation in streams of events; those that could not be read count as on record. */
  readonly read: Map<string, number>;
  recorded: number;
  /** Copies that the stream holds of what is on record already. */
  repeated: number;
  readonly subscriptions: Map<string, SubscriptionSum>;
}

export function beginTally(stream: string, counts: StreamCounts, now: Date): Tally {
  return {
    stream,
    counts,
    began: now,
    next: counts.first,
    read: new Map(),
    recorded: 0,
    repeated: 0,
    subscriptions: new Map(),
  };
}

/** Adds what one stretch came to. */
export function addStates(tally: Tally, counts: readonly StateCount[]): void {
  for (const { subscription, state, count } of counts) {
    const sum = tally.subscriptions.get(subscription) ?? { events: 0, states: new Map<DeliveryState, number>() };
    sum.events += count;
    if (state !== null) sum.states.set(state, (sum.states.get(state) ?? 0) + count);
    tally.subscriptions.set(subscription, sum);
  }
}

export function addRead(tally: Tally, org: string): void {
  tally.read.set(org, (tally.read.get(org) ?? 0) + 1);
}

/** Messages of a stream of events by publisher, as the engine counts them: the last word of a subject is the ODS code. */
export function publishersOf(counts: StreamCounts): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [subject, count] of counts.subjects) {
    const org = subject.slice(subject.lastIndexOf('.') + 1);
    sums.set(org, (sums.get(org) ?? 0) + count);
  }
  return sums;
}

/** Sums of a finished pass that do not agree with what the engine counted. */
export function disagreements(tally: Tally): GapFound[] {
  const { stream, counts, recorded, repeated, read } = tally;
  const whole: GapFound = { kind: 'stream-sum', stream, expected: counts.messages, counted: recorded + repeated };
  const gaps = whole.expected === whole.counted ? [] : [whole];
  if (!stream.startsWith('EVENTS_')) return gaps;
  const accepted = publishersOf(counts);
  const orgs = new Set([...accepted.keys(), ...read.keys()]);
  const sums = [...orgs].map((org): GapFound => ({
    kind: 'publisher-sum',
    stream,
    org,
    expected: accepted.get(org) ?? 0,
    counted: read.get(org) ?? 0,
  }));
  return [...gaps, ...sums.filter(({ expected, counted }) => expected !== counted)];
}
