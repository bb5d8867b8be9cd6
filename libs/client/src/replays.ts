import type { Positions } from './deliveries.js';
import { itemsOf, json, objectOf, pathOf } from './requests.js';
import type { Transport } from './transport.js';

/** What to send again: from one of these places on. */
export type ReplayFrom =
  | { readonly time: string }
  | { readonly positions: Positions }
  | { readonly journey: string }
  /** Everything meant for the subscription that it has not got. */
  | { readonly missed: true };

/** A wish to have events sent again. */
export interface ReplayWish {
  readonly from: ReplayFrom;
  /** Where to end; default now. */
  readonly to?: { readonly time: string } | { readonly positions: Positions };
  /** Events a second. */
  readonly rate?: number;
}

/** What a replay would do. */
export interface ReplayPlan {
  readonly events: number;
  readonly bytes: number;
  /** Events among them that the subscription has got already. */
  readonly duplicates: number;
  readonly journeys: number;
  readonly [told: string]: unknown;
}

/** A replay, as it stands. */
export interface Replay {
  readonly id: string;
  readonly subscription: string;
  readonly status: string;
  readonly statusReason?: string;
  readonly planned: number;
  readonly done: number;
  readonly [told: string]: unknown;
}

/** Sending events again to one subscription; see what it would do before it is done. */
export class Replays {
  constructor(private readonly transport: Transport) {}

  /** What the replay would bring; nothing is sent. */
  async plan(subscription: string, wish: ReplayWish): Promise<ReplayPlan> {
    return this.ask<ReplayPlan>(subscription, { ...wish, dryrun: true }, true);
  }

  async start(subscription: string, wish: ReplayWish): Promise<Replay> {
    return this.ask<Replay>(subscription, { ...wish, dryrun: false }, false);
  }

  async list(subscription: string): Promise<Replay[]> {
    const answer = await this.transport.sendForJson({ method: 'GET', path: pathTo(subscription), idempotent: true });
    return itemsOf(answer) as Replay[];
  }

  async get(subscription: string, id: string): Promise<Replay> {
    const path = pathTo(subscription, id);
    return objectOf<Replay>(await this.transport.sendForJson({ method: 'GET', path, idempotent: true }), 'a replay');
  }

  /** What is under way is finished; the rest is not sent. */
  async cancel(subscription: string, id: string): Promise<void> {
    await this.transport.send({ method: 'DELETE', path: pathTo(subscription, id), idempotent: true });
  }

  private async ask<T extends object>(subscription: string, body: object, idempotent: boolean): Promise<T> {
    const request = json('POST', `${pathOf(subscription)}/replay`, body, { idempotent });
    return objectOf<T>(await this.transport.sendForJson(request), 'a replay');
  }
}

function pathTo(subscription: string, id?: string): string {
  return `${pathOf(subscription)}/replays${id === undefined ? '' : `/${encodeURIComponent(id)}`}`;
}
