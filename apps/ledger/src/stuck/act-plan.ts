import type { StuckAct, StuckOutcome } from '@signalbox/contracts';
import type { Subscription } from '@signalbox/registry';
import type { Known } from '../console/viewers.js';
import { counted } from '../journeys/words.js';
import type { Cell } from './cells.js';
import type { OpenGroup } from './groups.js';

/** The acts in the words of pages: what they are called, what they do, and what would be and was done. */
export const ACTS: Readonly<
  Record<StuckAct, { readonly title: string; readonly meaning: string; readonly would: string; readonly did: string }>
> = {
  retry: {
    title: 'Retry',
    meaning: 'What is parked is put up for delivery again, with all its attempts.',
    would: 'retry',
    did: 'Put up for delivery again',
  },
  park: {
    title: 'Park',
    meaning: 'Nothing more is tried. A copy is kept until a person decides.',
    would: 'park',
    did: 'Parked',
  },
  'hand-over': {
    title: 'Hand over',
    meaning: 'Somebody is named who looks after it from now on. It stays as it is.',
    would: 'hand over',
    did: 'Handed over',
  },
  handled: {
    title: 'Mark as handled outside',
    meaning: 'It was seen to by another way. Nothing more is tried, and nobody waits for it.',
    would: 'mark as handled outside',
    did: 'Marked as handled outside',
  },
};

/** The closed list of why an act leaves something as it is. */
export const LEFT = {
  ended: 'The subscription has ended: nothing can be delivered by it.',
  'switched-off': 'The subscription is switched off or has not consented: set its sink and activate it first.',
  fetched: 'It is fetched by its receiver, not sent: there is nothing to stop.',
  trying: 'It is tried again by itself.',
  parked: 'It is parked already.',
  'still-tried': 'It is still tried: park it first.',
  gone: 'Neither its stream nor a copy has the event any more.',
  'moved-on': 'It has moved on meanwhile.',
  refused: 'The gateway refused it for its subscription.',
  away: 'The gateway could not carry it out now: try again.',
} as const satisfies Record<string, string>;

/** A member of {@link LEFT}. */
export type LeftReason = keyof typeof LEFT;

/** Deliveries of one subscription that an act takes in, in the words of the gateway's call. */
export interface ActPart {
  readonly subscription: string;
  readonly selection: {
    readonly reason?: string;
    readonly all?: true;
    readonly type: string;
    readonly publisher: string;
  };
  readonly count: number;
}

/** What an act is about, and what it cannot be about. */
export interface ActPlan {
  readonly parts: readonly ActPart[];
  readonly left: readonly { readonly why: LeftReason; readonly count: number }[];
}

/** Whether somebody acts for an organisation: their own, or any. Whoever only sees all looks on. */
export function actsFor({ ods, actsForAll }: Pick<Known, 'ods' | 'actsForAll'>, organisation: string): boolean {
  return ods === organisation || actsForAll;
}

type Acting = Pick<Known, 'ods' | 'actsForAll' | 'roles'>;

/** What somebody may do with a group. */
export function actsOn(group: OpenGroup, known: Acting): StuckAct[] {
  const { kind, cells, publisher, receiver, owner } = group;
  if (!known.roles.has('operator')) return [];
  const receives = actsFor(known, receiver);
  const sends = actsFor(known, publisher);
  if (kind === 'astray' || kind === 'refused') return sends ? ['hand-over', 'handled'] : [];
  if (kind !== 'stopped' && kind !== 'quiet') return [];
  if (!receives) return sends && owner.side === 'publisher' && kind === 'stopped' ? ['handled'] : [];
  const has = (...states: Cell['state'][]) => cells.some(({ state }) => states.includes(state));
  return [
    ...(has('parked') ? (['retry'] as const) : []),
    ...(has('waiting', 'delivering', 'paused', 'expired') ? (['park'] as const) : []),
    ...(has('parked', 'expired') ? (['hand-over', 'handled'] as const) : []),
  ];
}

/** Divides the cells of a group into what an act takes in, subscription by subscription, and what it leaves and why. */
export function planOf(
  act: StuckAct,
  cells: readonly Cell[],
  subscriptionOf: (id: string) => Pick<Subscription, 'status' | 'protocol'> | undefined,
): ActPlan {
  const parts: ActPart[] = [];
  const left = new Map<LeftReason, number>();
  for (const cell of cells) {
    const why = leftBy(act, cell, subscriptionOf(cell.subscription));
    if (why !== undefined) {
      left.set(why, (left.get(why) ?? 0) + cell.count);
      continue;
    }
    const { subscription, reason, type, publisher, count } = cell;
    const chosen = reason === '' ? { all: true as const } : { reason };
    parts.push({ subscription, selection: { ...chosen, type, publisher }, count });
  }
  return { parts, left: [...left].map(([why, count]) => ({ why, count })) };
}

function leftBy(
  act: StuckAct,
  { state, reason }: Cell,
  subscription: Pick<Subscription, 'status' | 'protocol'> | undefined,
): LeftReason | undefined {
  const going = state === 'waiting' || state === 'delivering' || state === 'paused';
  if (act === 'hand-over' || act === 'handled') return going ? 'still-tried' : undefined;
  if (act === 'park') {
    if (state === 'parked') return 'parked';
    if (reason === 'retention-over') return 'gone';
    return subscription?.protocol === 'PULL' ? 'fetched' : undefined;
  }
  if (state !== 'parked') return reason === 'retention-over' ? 'gone' : 'trying';
  if (subscription === undefined) return 'ended';
  return subscription.status === 'disabled' || subscription.status === 'pending' ? 'switched-off' : undefined;
}

/** What an act would do or did, with what it leaves by the closed list. */
export interface ActOutcome extends StuckOutcome {
  readonly left: readonly { readonly why: LeftReason; readonly count: number; readonly sentence: string }[];
}

/** The outcome with its sentence: `Would retry 312 deliveries for X9H2T of 2 subscriptions; 3 are left as they are: …`. */
export function told(outcome: Omit<ActOutcome, 'sentence' | 'left'> & Pick<ActPlan, 'left'>, whom: string): ActOutcome {
  const { act, dryrun, deliveries, subscriptions, secondperson, changed = 0, more } = outcome;
  const left = outcome.left.filter(({ count }) => count > 0).map((one) => ({ ...one, sentence: LEFT[one.why] }));
  const of = subscriptions === 0 ? '' : ` of ${counted(subscriptions, 'subscription')}`;
  const what = (count: number) => `${amount(count, subscriptions > 0)} for ${whom}${of}`;
  const main = dryrun ? `Would ${ACTS[act].would} ${what(deliveries)}` : `${ACTS[act].did}: ${what(changed)}`;
  const rest = left.map(
    ({ count, sentence }) => `${amount(count)} ${count === 1 ? 'is' : 'are'} left: ${lower(sentence)}`,
  );
  const second = secondperson === 0 ? [] : [`a second person has to agree to ${amount(secondperson)}.`];
  const further = more ? ['there are more than one act may be about: repeat it for the rest.'] : [];
  const all = [main, ...rest, ...second, ...further].map((part) => part.replace(/\.$/, ''));
  return { ...outcome, left, sentence: `${all.join('; ')}.` };
}

function amount(count: number, deliveries?: boolean): string {
  const number = count.toLocaleString('en-GB');
  if (deliveries === undefined) return number;
  const noun = deliveries ? ['delivery', 'deliveries'] : ['event', 'events'];
  return `${number} ${noun[count === 1 ? 0 : 1]!}`;
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
