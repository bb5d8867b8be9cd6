import { typeMatches } from '@signalbox/contracts';
import type { Subscription } from '@signalbox/registry';

/** By family: a sequence of its stream. */
export type Positions = Readonly<Record<string, number>>;

/** What a subscription is to be given, and since where: the yardstick that its deliveries are held against. */
export interface Terms {
  readonly subscription: string;
  /** ODS code of the receiver. */
  readonly org: string;
  readonly start: Positions;
  /** By type pattern: from where on it was asked for, in families where that was later than the start. */
  readonly asked: Readonly<Record<string, Positions>>;
}

/**
 * The terms after a change. A pattern that was added later counts from the position that the subscription had reached by
 * then, for what it had passed already it is not given any more; a new start begins everything anew.
 *
 * @param reached by family: up to where everything was settled when the change was noticed
 */
export function termsOf(subscription: Subscription, before: Terms | undefined, reached: Positions): Terms {
  const { id, ods: org, start, types } = subscription;
  const asked = types.map((pattern) => {
    const known = before === undefined ? {} : before.asked[pattern];
    const from = Object.entries(known ?? after(reached)).filter(([family]) => before?.start[family] === start[family]);
    return [pattern, Object.fromEntries(from)] as const;
  });
  return { subscription: id, org, start, asked: Object.fromEntries(asked) };
}

function after(reached: Positions): Positions {
  return Object.fromEntries(Object.entries(reached).map(([family, sequence]) => [family, sequence + 1]));
}

/** The first sequence of a family from which events of a type come up; `undefined` when they do not. */
export function firstOf({ start, asked }: Terms, family: string, type: string): number | undefined {
  const begin = start[family];
  if (begin === undefined) return undefined;
  const firsts = Object.entries(asked)
    .filter(([pattern]) => typeMatches(pattern, type))
    .map(([, from]) => Math.max(begin, from[family] ?? begin));
  return firsts.length === 0 ? undefined : Math.min(...firsts);
}

/** Whether more comes up than before: a type was added, or it starts earlier. Then what was read already is looked through. */
export function widens(before: Terms | undefined, now: Terms): boolean {
  if (before === undefined) return true;
  return (
    Object.keys(now.asked).some((pattern) => !(pattern in before.asked)) ||
    Object.entries(now.start).some(([family, first]) => first < (before.start[family] ?? Infinity))
  );
}

/** Whether the terms say the same. */
export function sameTerms(one: Terms | undefined, other: Terms): boolean {
  return one !== undefined && textOf(one) === textOf(other);
}

function textOf({ org, start, asked }: Terms): string {
  const sorted = (from: Readonly<Record<string, unknown>>) =>
    Object.entries(from).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    org,
    sorted(start),
    sorted(asked).map(([pattern, from]) => [pattern, sorted(from as Positions)]),
  ]);
}
