import { Refusal } from '@signalbox/contracts';
import { type Known, requireRole } from '../console/viewers.js';
import type { Acting } from '../people/acting.js';

/** An act on many that waits for a second person, as the gateway tells it. */
export interface WaitingAct {
  readonly id: string;
  readonly ods: string;
  readonly subscription: string;
  readonly act: string;
  readonly deliveries: number;
  readonly by: string;
  readonly note?: string;
  readonly to?: string;
  readonly created: string;
  readonly expires: string;
  readonly status: string;
}

/** Where a second person sees what others want to do with many deliveries, and agrees or not. */
export class SecondPersons {
  constructor(private readonly acting: Pick<Acting, 'call'>) {}

  /** Those that the viewer may decide about; none where the gateway does not say. */
  async waiting(known: Known): Promise<(WaitingAct & { readonly own: boolean })[]> {
    if (!known.roles.has('operator')) return [];
    const found = await this.acting
      .call<{ items: readonly WaitingAct[] }>(known, 'GET', '/actions')
      .catch(() => ({ items: [] }));
    const name = `${known.ods}:${known.application}`;
    return found.items
      .filter(({ status, expires }) => status === 'waiting' && Date.parse(expires) > Date.now())
      .map((act) => ({ ...act, own: act.by === name }));
  }

  /** @throws Refusal SB-3005 without the role operator, SB-4000, and as the gateway answers it */
  decide(known: Known, { action = '', verdict }: Record<string, string>): Promise<object> {
    requireRole(known, 'operator');
    if (!/^[0-9a-f-]{36}$/.test(action) || (verdict !== 'approve' && verdict !== 'reject'))
      throw new Refusal('SB-4000', 'Name an action, and approve or reject as the verdict');
    return this.acting.call<object>(known, 'POST', `/actions/${action}/${verdict}`);
  }
}
