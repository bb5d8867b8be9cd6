import type { Delivery } from '../journeys/delivery.js';

/** Why the exchange itself cannot bring somebody the correction of what they received. */
export type WorkReason = 'receiver-ended' | 'no-grant';

/** All that bears on what becomes of a correction that is owed to a subscription. */
export interface Situation {
  /** What the steps say of the correction and the subscription, after every step of the moment was read. */
  readonly record: Pick<Delivery, 'state' | 'reason' | 'delivered' | 'acknowledged' | 'corrects'> | undefined;
  /** Status of the subscription; `undefined` when it was deleted. */
  readonly subscription: 'pending' | 'active' | 'paused' | 'disabled' | undefined;
  /** Whether its organisation may receive the type now. */
  readonly granted: boolean;
  /** What stands for it in the waiting room. */
  readonly waiting: 'nothing' | 'correction' | 'other';
  /** Whether the event still lies in its stream. */
  readonly kept: boolean;
  /** Whether the subscription asks for it as it is now. */
  readonly wanted: boolean;
  /** Whether its stream has yet to come to it, for this subscription. */
  readonly ahead: boolean;
}

/**
 * What becomes of it:
 * - `closed`: it has arrived, or a person saw to it;
 * - `wait`: it is on its way by itself; it is looked at again;
 * - `back`: the same, and a step takes it off the list of what people have to do;
 * - `rest`: it is somebody's work already; nothing changes before that is done;
 * - `queue`: it is put into the waiting room; `announce` when no step says so yet;
 * - `work`: its publisher has to tell the receiver;
 * - `expire`: the exchange does not have it any more.
 */
export type Decision =
  | { readonly kind: 'closed' | 'wait' | 'back' | 'rest' | 'expire' }
  | { readonly kind: 'queue'; readonly announce: boolean }
  | { readonly kind: 'work'; readonly reason: WorkReason };

const ON_ITS_WAY: ReadonlySet<Delivery['state']> = new Set(['waiting', 'delivering', 'paused', 'expired']);
const PASSED_OVER: ReadonlySet<Delivery['state']> = new Set(['filtered', 'suppressed']);
const OURS: ReadonlySet<string | undefined> = new Set<WorkReason>(['receiver-ended', 'no-grant']);

/** Decides what becomes of a correction that is owed. Asked again whenever something changes, so it need not be right for ever. */
export function decide(situation: Situation): Decision {
  const { record, subscription } = situation;
  if (hasArrived(record)) return { kind: 'closed' };
  if (subscription === undefined || subscription === 'disabled') return workOf('receiver-ended', record);
  if (!situation.granted) return workOf('no-grant', record);
  if (record?.state === 'parked' && !OURS.has(record.reason)) return { kind: 'rest' };
  if (record?.state === 'expired' && record.reason === 'retention-over') return { kind: 'rest' };
  if (situation.waiting !== 'nothing') return { kind: 'wait' };
  if (!situation.kept) return { kind: 'expire' };
  const passed = record !== undefined && PASSED_OVER.has(record.state);
  if (situation.wanted && situation.ahead && !passed) return { kind: record?.state === 'parked' ? 'back' : 'wait' };
  const announced = record?.corrects !== undefined && ON_ITS_WAY.has(record.state);
  return { kind: 'queue', announce: !announced };
}

/** Whether a receiver has an event, or a person saw to it by other means. */
export function hasArrived(record: Pick<Delivery, 'state' | 'delivered' | 'acknowledged'> | undefined): boolean {
  return record?.delivered !== undefined || record?.acknowledged !== undefined || record?.state === 'handled-outside';
}

function workOf(reason: WorkReason, record: Situation['record']): Decision {
  return record?.state === 'parked' && record.reason === reason ? { kind: 'rest' } : { kind: 'work', reason };
}
