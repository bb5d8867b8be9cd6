import type { Delivery } from './deliveries.js';
import { itemsOf, json, objectOf, pathOf } from './requests.js';
import type { Transport } from './transport.js';

/** Which parked deliveries an act is about: some, those with one cause, or all. */
export type ParkedSelection =
  | { readonly events: readonly { readonly source: string; readonly id: string }[] }
  | { readonly reason: string }
  | { readonly all: true };

/** Parked deliveries that share a cause. */
export interface ParkedGroup {
  readonly reason?: string;
  readonly count: number;
  readonly attempts?: number;
  readonly first?: string;
  readonly last?: string;
  readonly sample?: Delivery;
  readonly [told: string]: unknown;
}

/** An act on parked deliveries. */
export interface ParkedWish {
  readonly selection: ParkedSelection;
  /** Says what would be done; nothing is. */
  readonly dryrun?: boolean;
  /** Why; needed to mark as handled. Never a patient's identifier. */
  readonly note?: string;
  /** To whom, when it is handed over. */
  readonly to?: string;
}

/** What an act on parked deliveries did, or would do. */
export interface ParkedResult {
  /** The act that a second person has to agree to first. */
  readonly action?: string;
  readonly [told: string]: unknown;
}

/** A bulk act and who has to agree to it. */
export interface Action {
  readonly id: string;
  readonly subscription: string;
  readonly act: string;
  readonly deliveries: number;
  readonly status: string;
  readonly by: string;
  readonly decidedby?: string;
  readonly note?: string;
  readonly to?: string;
  readonly created: string;
  readonly expires: string;
  readonly [told: string]: unknown;
}

/** Deliveries that were given up on and are kept until somebody decides. */
export class Parked {
  constructor(private readonly transport: Transport) {}

  /** Grouped by cause. */
  async list(subscription: string): Promise<ParkedGroup[]> {
    const path = `${pathOf(subscription)}/parked`;
    return itemsOf(await this.transport.sendForJson({ method: 'GET', path, idempotent: true })) as ParkedGroup[];
  }

  /** Delivers them again. Above a number that the exchange sets, a second person has to agree: see {@link Actions}. */
  retry(subscription: string, wish: ParkedWish): Promise<ParkedResult> {
    return this.act(subscription, 'retry', wish);
  }

  /** Notes who looks after them. */
  handOver(subscription: string, wish: ParkedWish & { readonly to: string }): Promise<ParkedResult> {
    return this.act(subscription, 'hand-over', wish);
  }

  /** Notes that they were dealt with outside the exchange, and how. */
  handled(subscription: string, wish: ParkedWish & { readonly note: string }): Promise<ParkedResult> {
    return this.act(subscription, 'handled', wish);
  }

  private async act(subscription: string, act: string, wish: ParkedWish): Promise<ParkedResult> {
    const body = { ...wish, dryrun: wish.dryrun ?? false };
    const request = json('POST', `${pathOf(subscription)}/parked/${act}`, body, { idempotent: body.dryrun });
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
    return objectOf<Action>(await this.transport.sendForJson(request), 'an action');
  }
}
