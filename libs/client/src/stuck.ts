import type { StuckReason } from '@signalbox/contracts';
import { FOR_MANY_MS } from './parked.js';
import { json, objectOf, queryOf } from './requests.js';
import type { Transport } from './transport.js';

/** What names a group of what stands still. */
export interface StuckKey {
  readonly stuck: StuckReason;
  /** The finer cause: reason of a step, code of a refusal, name of a clock. */
  readonly cause: string;
  /** ODS codes; the receiver is empty where there is none. */
  readonly publisher: string;
  readonly receiver: string;
  readonly type: string;
}

/** What can be done with a whole group. */
export type StuckAct = 'retry' | 'park' | 'hand-over' | 'handled';

/** What stands still for one cause, of one publisher and one type version, at one receiver. Times are RFC 3339. */
export interface StuckGroup extends StuckKey {
  readonly kind: string;
  readonly title: string;
  readonly owner: { readonly side: string; readonly ods: string; readonly name?: string; readonly contact?: string };
  readonly count: number;
  /** There are more than were counted. */
  readonly more: boolean;
  /** How often they had come to a stop before, together. */
  readonly repeats: number;
  readonly first: string;
  readonly last: string;
  readonly due?: string;
  readonly sample?: { readonly id: string; readonly source: string; readonly journey?: string };
  readonly meaning: string;
  readonly clock: string;
  readonly next: string;
  readonly detail?: string;
  /** What you may do with all of them. */
  readonly acts: readonly StuckAct[];
}

/** Groups, the oldest first. */
export interface StuckGroups {
  readonly groups: readonly StuckGroup[];
  readonly totals: Readonly<Partial<Record<StuckReason, number>>>;
  /** Number of the next page; absent on the last. */
  readonly next?: string;
}

/** A member of a group. */
export interface StuckItem {
  readonly id?: string;
  readonly source?: string;
  readonly type: string;
  readonly journey?: string;
  readonly sourceorg: string;
  readonly org?: string;
  readonly subscription?: string;
  readonly since: string;
  readonly due?: string;
  readonly nextattempt?: string;
  readonly attempts?: number;
  readonly stops?: number;
}

/** The members of a group, the oldest first. */
export interface StuckMembers {
  readonly group: StuckGroup;
  readonly items: readonly StuckItem[];
  readonly next?: string;
}

/** What is said with an act. */
export interface StuckRemark {
  /** Why; needed for `handled`. Never a patient's identifier. */
  readonly note?: string;
  /** Who looks after it now; needed for `hand-over`. */
  readonly to?: string;
}

/** What an act would do or did. */
export interface StuckOutcome {
  readonly dryrun: boolean;
  readonly act: StuckAct;
  readonly deliveries: number;
  readonly subscriptions: number;
  readonly duplicates: number;
  readonly more: boolean;
  /** Of them, how many wait for the agreement of a second person, and the acts that do. */
  readonly secondperson: number;
  readonly actions: readonly string[];
  readonly changed?: number;
  readonly left: readonly { readonly why: string; readonly count: number; readonly sentence: string }[];
  readonly sentence: string;
}

/** What stands still on one's own side, and what is done about it. */
export class Stuck {
  constructor(private readonly transport: Transport) {}

  /** One page of groups. */
  groups(filter: Partial<StuckKey> & { readonly page?: string } = {}): Promise<StuckGroups> {
    return this.#read(`stuck${queryOf({ ...filter })}`, 'what stands still');
  }

  members({ stuck, cause, publisher, receiver, type }: StuckKey, after?: string): Promise<StuckMembers> {
    return this.#read(`stuck/group${queryOf({ stuck, cause, publisher, receiver, type, after })}`, 'a group');
  }

  /** What {@link Stuck.act} would do; nothing is done. */
  plan(key: StuckKey, act: StuckAct, remark: StuckRemark = {}): Promise<StuckOutcome> {
    return this.#send(key, act, remark, true);
  }

  /** Does with every member of a group what a person decided. */
  act(key: StuckKey, act: StuckAct, remark: StuckRemark = {}): Promise<StuckOutcome> {
    return this.#send(key, act, remark, false);
  }

  async #send(
    { stuck, cause, publisher, receiver, type }: StuckKey,
    act: StuckAct,
    remark: StuckRemark,
    dryrun: boolean,
  ): Promise<StuckOutcome> {
    const body = { stuck, cause, publisher, receiver, type, act, dryrun, ...remark };
    const request = json('POST', 'stuck/act', body, { idempotent: dryrun });
    return objectOf(await this.transport.sendForJson({ ...request, extraMs: FOR_MANY_MS }), 'what was done');
  }

  async #read<T extends object>(path: string, what: string): Promise<T> {
    return objectOf<T>(await this.transport.sendForJson({ method: 'GET', path, idempotent: true }), what);
  }
}
