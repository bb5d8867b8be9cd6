import type { Positions } from './deliveries.js';
import { itemsOf, json, objectOf, pathOf } from './requests.js';
import type { Transport } from './transport.js';

/** What to send again: from one of these places on. */
export type ReplayFrom =
  | { readonly time: string }
  | { readonly positions: Positions }
  | { readonly journey: string }
  /** Everything meant for the subscription that it has not got, since a time if one is told. */
  | { readonly missed: true; readonly time?: string };

/** A wish to have events sent again. */
export interface ReplayWish {
  readonly from: ReplayFrom;
  /** Where to end; default where the subscription has come by itself. */
  readonly to?: { readonly time: string } | { readonly positions: Positions };
  /** Events a second. */
  readonly rate?: number;
}

/** By family: the first and the last place. */
export type Range = Readonly<Record<string, { readonly from: number; readonly to: number }>>;

/** What a replay would do. */
export interface ReplayPlan {
  readonly dryrun: true;
  readonly events: number;
  readonly bytes: number;
  readonly journeys: number;
  /** Events among them that the subscription has got already; absent where that is not known. */
  readonly duplicates?: number;
  /** Events that were missed and are no longer kept. */
  readonly gone?: number;
  /** RFC 3339: what is older is no longer kept. */
  readonly keptsince?: string;
  /** Events a second, and the seconds that it would take at least. */
  readonly rate: number;
  readonly seconds: number;
  readonly range: Range;
}

/** A replay, as it stands. */
export interface Replay {
  readonly id: string;
  readonly subscription: string;
  /** `paused` while its subscription is. */
  readonly status: 'running' | 'paused' | 'done' | 'cancelled' | 'failed';
  readonly statusReason?: string;
  readonly selection: 'time' | 'positions' | 'journey' | 'missed';
  readonly range: Range;
  readonly rate: number;
  /** Events that were to be sent; of those, dealt with, no longer kept, no longer meant for the subscription. */
  readonly planned: number;
  readonly done: number;
  readonly gone: number;
  readonly passed: number;
  /** `<ODS>:<application>` of who asked for it. */
  readonly by: string;
  readonly created: string;
  readonly updated: string;
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
