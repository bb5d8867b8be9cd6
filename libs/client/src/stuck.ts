import type { Remark, StuckAct, StuckGroup as Group, StuckKey, StuckOutcome, StuckReason } from '@signalbox/contracts';
import { FOR_MANY_MS } from './parked.js';
import { json, objectOf, queryOf } from './requests.js';
import type { Transport } from './transport.js';

/** A group of what stands still, with what you may do with all of it. */
export interface StuckGroup extends Group {
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
  /** Who looks after it, as a person said. */
  readonly handedover?: { readonly note: string; readonly by?: string; readonly at: string };
}

/** The members of a group, the oldest first. */
export interface StuckMembers {
  readonly group: StuckGroup;
  readonly items: readonly StuckItem[];
  readonly next?: string;
}

export type { Remark as StuckRemark };

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
  plan(key: StuckKey, act: StuckAct, remark: Remark = {}): Promise<StuckOutcome> {
    return this.#send(key, act, remark, true);
  }

  /** Does with every member of a group what a person decided. */
  act(key: StuckKey, act: StuckAct, remark: Remark = {}): Promise<StuckOutcome> {
    return this.#send(key, act, remark, false);
  }

  async #send(
    { stuck, cause, publisher, receiver, type }: StuckKey,
    act: StuckAct,
    remark: Remark,
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
