import { STUCK, type StuckReason } from '@signalbox/contracts';
import { defined } from '../journeys/delivery.js';
import type { Cell } from './cells.js';
import type { Why } from './why.js';

/** What the members of a group have in common. */
export interface GroupKey {
  readonly stuck: StuckReason;
  /** The finer cause: the reason of the last step, the code of a refusal, the name of a clock, what a subscription is. */
  readonly cause: string;
  /** ODS code of the publisher. */
  readonly publisher: string;
  /** ODS code of the receiver; empty where there is none. */
  readonly receiver: string;
  /** Full name of the type, its version in it; empty where a refused event had none. */
  readonly type: string;
}

/** What a group consists of, which decides how its members are found and what can be done with them. */
export type GroupKind = 'stopped' | 'quiet' | 'astray' | 'refused' | 'overdue' | 'silent';

/** What stands still for one cause, of one publisher and one version of a type, at one receiver. */
export interface StuckGroup extends GroupKey {
  readonly kind: GroupKind;
  readonly title: string;
  readonly owner: Why['owner'];
  readonly count: number;
  /** There are more than were counted. */
  readonly more: boolean;
  /** How often they had come to a stop before, together. */
  readonly repeats: number;
  /** RFC 3339: since when the first and the last of them stand still, and the oldest time by which one should have moved on. */
  readonly first: string;
  readonly last: string;
  readonly due?: string;
  readonly sample?: { readonly id: string; readonly source: string; readonly journey?: string };
  /** In the words of `STUCK`. */
  readonly meaning: string;
  readonly clock: string;
  readonly next: string;
  /** What exactly is in the way. */
  readonly detail?: string;
}

/** A group with what finds its members. */
export interface OpenGroup extends StuckGroup {
  readonly cells: readonly Cell[];
}

/** A part of a group: deliveries of one subscription, or events of one kind. */
export interface Portion {
  readonly key: GroupKey;
  readonly kind: GroupKind;
  readonly why: Why;
  readonly count: number;
  readonly more: boolean;
  readonly repeats: number;
  readonly first: string;
  readonly last: string;
  readonly sample?: StuckGroup['sample'];
  readonly cell?: Cell;
}

/** The name of a group within a page. */
export function groupName({ stuck, cause, publisher, receiver, type }: GroupKey): string {
  return JSON.stringify([stuck, cause, publisher, receiver, type]);
}

/** Path of the page of a group. */
export function groupPath({ stuck, cause, publisher, receiver, type }: GroupKey): string {
  return `/stuck/group?${String(new URLSearchParams({ stuck, cause, publisher, receiver, type }))}`;
}

/** Why the deliveries of a cell stand still, in one word that is finer than the reason. */
export function causeOfCell(
  { state, reason }: Pick<Cell, 'state' | 'reason'>,
  status: 'active' | 'paused' | 'disabled' | 'pending' | undefined,
): string {
  const stopped = state === 'parked' || state === 'expired';
  if (stopped) return reason === '' ? state : reason;
  if (status === undefined) return 'subscription-deleted';
  if (status !== 'active') return `subscription-${status}`;
  return reason === '' ? 'not-attempted' : reason;
}

/** Portions that have everything in common as one group each, the oldest first. */
export function groupsOf(
  portions: readonly Portion[],
  limit: number,
  titleOf: (type: string) => string | undefined,
): OpenGroup[] {
  const groups = [...Map.groupBy(portions, ({ key }) => groupName(key)).values()].map((parts) =>
    groupOf(parts as [Portion, ...Portion[]], limit, titleOf),
  );
  return groups.toSorted((one, other) => (one.first < other.first ? -1 : one.first > other.first ? 1 : 0));
}

function groupOf(
  parts: readonly [Portion, ...Portion[]],
  limit: number,
  titleOf: (type: string) => string | undefined,
): OpenGroup {
  const [{ key, kind, why }] = parts;
  const sum = (of: (part: Portion) => number) => parts.reduce((total, part) => total + of(part), 0);
  const count = sum((part) => part.count);
  const newest = parts.reduce((last, part) => (part.last > last.last ? part : last));
  const dues = parts.flatMap((part) => part.why.due ?? []).toSorted();
  const { meaning, clock, next } = STUCK[key.stuck];
  return {
    ...key,
    kind,
    title: titleOf(key.type) ?? key.type,
    owner: why.owner,
    count: Math.min(count, limit),
    more: count > limit || parts.some((part) => part.more),
    repeats: sum((part) => part.repeats),
    first: parts.map((part) => part.first).toSorted()[0]!,
    last: newest.last,
    ...defined({ due: dues[0], sample: newest.sample, detail: why.detail }),
    meaning,
    clock,
    next,
    cells: parts.flatMap((part) => part.cell ?? []),
  };
}

/** Which groups somebody wants to see; what is not named is not asked about. */
export type GroupFilter = Partial<Record<keyof GroupKey, string>>;

/** Whether a group is asked for. */
export function isAskedFor(group: GroupKey, filter: GroupFilter): boolean {
  return (Object.keys(filter) as (keyof GroupKey)[]).every(
    (name) => filter[name] === undefined || filter[name] === group[name],
  );
}
