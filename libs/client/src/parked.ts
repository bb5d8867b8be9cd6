import type { ParkedResult, Party } from '@signalbox/contracts';
import type { Delivery } from './deliveries.js';
import { itemsOf, json, objectOf, pathOf, queryOf } from './requests.js';
import type { Transport } from './transport.js';

/** Milliseconds beyond the usual that an act on many deliveries may take. */
export const FOR_MANY_MS = 150_000;

/** Which parked deliveries an act is about: some, those with one cause, or all. */
export type ParkedSelection =
  | { readonly events: readonly { readonly source: string; readonly id: string }[] }
  | { readonly reason: string }
  | { readonly all: true };

/** Parked deliveries that share a cause. */
export interface ParkedGroup {
  readonly reason?: string;
  /** What happened and what to do. */
  readonly sentence?: string;
  readonly count: number;
  /** Attempts for all of them together. */
  readonly attempts: number;
  readonly journeys: number;
  /** RFC 3339: when the first and the last of them were parked. */
  readonly first: string;
  readonly last: string;
  /** Whose move it is. */
  readonly owner: Party & { readonly side: string };
  /** The newest. */
  readonly sample: Delivery;
}

/** Parked deliveries with one cause, oldest first. */
export interface ParkedPage {
  readonly items: readonly Delivery[];
  /** For `after`; absent on the last page. */
  readonly next?: string;
}

/** An act on parked deliveries. */
export interface ParkedWish {
  readonly selection: ParkedSelection;
  /** Why; needed to mark as handled. Never a patient's identifier. */
  readonly note?: string;
  /** Who looks after them from now on, or who handled them. */
  readonly to?: string;
}

/** A bulk act and who has to agree to it. */
export interface Action {
  readonly id: string;
  readonly ods: string;
  readonly subscription: string;
  readonly act: ParkedResult['act'];
  readonly selection: ParkedSelection;
  /** How many it was about when it was asked for. */
  readonly deliveries: number;
  readonly status: 'waiting' | 'approved' | 'rejected' | 'done';
  /** On how many it was carried out. */
  readonly changed?: number;
  /** `<ODS>:<application>` of who asked and of who decided. */
  readonly by: string;
  readonly decidedby?: string;
  readonly note?: string;
  readonly to?: string;
  /** RFC 3339. */
  readonly created: string;
  readonly expires: string;
}

/** Deliveries that were given up on and are kept until somebody decides. */
export class Parked {
  constructor(private readonly transport: Transport) {}

  /** Grouped by cause. */
  async list(subscription: string): Promise<ParkedGroup[]> {
    const path = `${pathOf(subscription)}/parked`;
    return itemsOf(await this.transport.sendForJson({ method: 'GET', path, idempotent: true })) as ParkedGroup[];
  }

  /** Those with one cause. */
  async ofReason(subscription: string, reason: string, after?: string): Promise<ParkedPage> {
    const path = `${pathOf(subscription)}/parked${queryOf({ reason, after })}`;
    return objectOf<ParkedPage>(await this.transport.sendForJson({ method: 'GET', path, idempotent: true }), 'a list');
  }

  /** What an act would do; nothing is done. */
  plan(subscription: string, act: ParkedResult['act'], wish: ParkedWish): Promise<ParkedResult> {
    return this.act(subscription, act, wish, true);
  }

  /** Delivers them again. Above a number that the exchange sets, a second person has to agree: see {@link Actions}. */
  retry(subscription: string, wish: ParkedWish): Promise<ParkedResult> {
    return this.act(subscription, 'retry', wish, false);
  }

  /** Notes who looks after them. */
  handOver(subscription: string, wish: ParkedWish & { readonly to: string }): Promise<ParkedResult> {
    return this.act(subscription, 'hand-over', wish, false);
  }

  /** Notes that they were dealt with outside the exchange, and how. */
  handled(subscription: string, wish: ParkedWish & { readonly note: string }): Promise<ParkedResult> {
    return this.act(subscription, 'handled', wish, false);
  }

  private async act(
    subscription: string,
    act: ParkedResult['act'],
    wish: ParkedWish,
    dryrun: boolean,
  ): Promise<ParkedResult> {
    const request = json('POST', `${pathOf(subscription)}/parked/${act}`, { ...wish, dryrun }, { idempotent: dryrun });
    return objectOf<ParkedResult>(await this.transport.sendForJson(request), 'an act on parked deliveries');
  }
}

/** Bulk acts that wait for a second person: another application of the organisation, or the operator. */
export class Actions {
  constructor(private readonly transport: Transport) {}

  async list(): Promise<Action[]> {
    return itemsOf(await this.transport.sendForJson({ method: 'GET', path: 'actions', idempotent: true })) as Action[];
  }

  approve(id: string): Promise<Action> {
    return this.decide(id, 'approve');
  }

  reject(id: string): Promise<Action> {
    return this.decide(id, 'reject');
  }

  private async decide(id: string, verdict: 'approve' | 'reject'): Promise<Action> {
    const request = json('POST', `actions/${encodeURIComponent(id)}/${verdict}`, {}, { idempotent: false });
    return objectOf<Action>(await this.transport.sendForJson({ ...request, extraMs: FOR_MANY_MS }), 'an action');
  }
}
