import { setTimeout as delay } from 'node:timers/promises';
import { Refusal, type StuckAct } from '@signalbox/contracts';
import { type Known, requireRole } from '../console/viewers.js';
import type { Acting } from '../people/acting.js';
import { ACTS } from './act-plan.js';

/** An act on many that waits for a second person, as the gateway tells it. */
export interface WaitingAct {
  readonly id: string;
  readonly ods: string;
  readonly subscription: string;
  readonly act: StuckAct;
  readonly deliveries: number;
  readonly by: string;
  readonly note?: string;
  readonly to?: string;
  readonly created: string;
  readonly expires: string;
  readonly status: string;
}

/** What waits for a second person; `unknown` where the gateway did not say in time. */
export interface Waiting {
  readonly acts: readonly (WaitingAct & { readonly own: boolean; readonly would: string })[];
  readonly unknown: boolean;
}

/** Where a second person sees what others want to do with many deliveries, and agrees or not. */
export class SecondPersons {
  /** @param askMs how long a page waits for the gateway to say what waits */
  constructor(
    private readonly acting: Pick<Acting, 'call'>,
    private readonly askMs: number,
  ) {}

  /** What the viewer may decide about, which the gateway alone judges: what it tells is what it lets them decide. */
  async waiting(known: Known): Promise<Waiting> {
    if (!known.roles.has('operator')) return { acts: [], unknown: false };
    const found = await this.#told(known);
    if (found === undefined) return { acts: [], unknown: true };
    const name = `${known.ods}:${known.application}`;
    const acts = found.items
      .filter(({ status, expires }) => status === 'waiting' && Date.parse(expires) > Date.now())
      .map((act) => ({ ...act, own: act.by === name, would: ACTS[act.act].would }));
    return { acts, unknown: false };
  }

  async #told(known: Known): Promise<{ readonly items: readonly WaitingAct[] } | undefined> {
    const late = new AbortController();
    const told = this.acting.call<{ items: readonly WaitingAct[] }>(known, 'GET', '/actions').catch(() => undefined);
    const over = delay(this.askMs, undefined, { signal: late.signal }).catch(() => undefined);
    return Promise.race([told, over]).finally(() => late.abort());
  }

  /** @throws Refusal SB-3005 without the role operator, SB-4000, and as the gateway answers it */
  decide(known: Known, { action = '', verdict }: Record<string, string>): Promise<object> {
    requireRole(known, 'operator');
    if (!/^[0-9a-f-]{36}$/.test(action) || (verdict !== 'approve' && verdict !== 'reject'))
      throw new Refusal('SB-4000', 'Name an action, and approve or reject as the verdict');
    return this.acting.call<object>(known, 'POST', `/actions/${action}/${verdict}`);
  }
}
