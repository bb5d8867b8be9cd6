import { randomUUID } from 'node:crypto';
import { Refusal, type StuckAct } from '@signalbox/contracts';
import type { BulkAction, Principal, Registry, Subscription } from '@signalbox/registry';
import type { Acting } from './acting.js';
import type { ParkedWish } from './parked.dto.js';

export interface BulkActionsParts {
  readonly registry: Registry;
  readonly acting: Acting;
  readonly limits: {
    /** Deliveries above which a second person has to agree. */
    readonly alone: number;
    /** Hours after which an act that nobody agreed to lapses. */
    readonly hours: number;
    /** Decided acts that are remembered of an organisation. */
    readonly kept: number;
  };
}

const HOUR_MS = 3_600_000;

/**
 * Acts on many parked deliveries: one application asks, another one of the organisation, or the operator, agrees. What was
 * parked after it was asked for is not touched.
 */
export class BulkActions {
  constructor(private readonly parts: BulkActionsParts) {}

  needsSecondPerson(deliveries: number): boolean {
    return deliveries > this.parts.limits.alone;
  }

  async ask(
    principal: Principal,
    { id: subscription, ods }: Pick<Subscription, 'id' | 'ods'>,
    act: StuckAct,
    { selection, note, to }: ParkedWish,
    deliveries: number,
  ): Promise<BulkAction> {
    await this.#forgetOldest(ods);
    const now = Date.now();
    return this.parts.registry.create('action', {
      id: randomUUID(),
      ods,
      subscription,
      act,
      selection,
      deliveries,
      ...(note !== undefined && { note }),
      ...(to !== undefined && { to }),
      by: nameOf(principal),
      created: new Date(now).toISOString(),
      expires: new Date(now + this.parts.limits.hours * HOUR_MS).toISOString(),
      status: 'waiting',
    });
  }

  /** Those that the caller may decide about: of the own organisation; for who runs the exchange or is on call for it, all. */
  list(principal: Principal): BulkAction[] {
    const { registry } = this.parts;
    return registry.actions(registry.agreesForAll(principal) ? undefined : principal.ods);
  }

  /**
   * Agrees to it and carries it out. One that was agreed to and broken off is carried on.
   * @throws {Refusal} SB-4040, SB-3008 for who asked for it, SB-4093 when it was decided or has lapsed, SB-5032
   */
  async approve(principal: Principal, id: string, authorization: string): Promise<BulkAction> {
    const { registry, acting } = this.parts;
    const { ods, by, act: asked, subscription: about } = this.#find(principal, id);
    const decidedby = nameOf(principal);
    if (by === decidedby) throw new Refusal('SB-3008', 'Who asked for it cannot agree to it');
    if ((asked === 'retry' || asked === 'park') && registry.subscription(about) === undefined) {
      throw new Refusal('SB-4040', 'The subscription has ended');
    }
    const approved = await registry.changeAction(ods, id, (current) => {
      refuseDecided(current, ['waiting', 'approved']);
      return { ...current, status: 'approved', decidedby };
    });
    const { act, selection, created, note, to } = approved;
    const chosen = await acting.choose({ id: about }, act, selection, authorization, created);
    const said = { by, agreedby: decidedby, ...(note !== undefined && { note }), ...(to !== undefined && { to }) };
    const { changed } = await acting.carryOut(act, chosen, said);
    return registry.changeAction(ods, id, (current) => ({ ...current, status: 'done', changed }));
  }

  /** Whoever may see it may stop it, who asked for it too. @throws {Refusal} SB-4040, SB-4093 */
  reject(principal: Principal, id: string): Promise<BulkAction> {
    const { ods } = this.#find(principal, id);
    return this.parts.registry.changeAction(ods, id, (current) => {
      refuseDecided(current, ['waiting']);
      return { ...current, status: 'rejected', decidedby: nameOf(principal) };
    });
  }

  #find(principal: Principal, id: string): BulkAction {
    const found = this.list(principal).find((action) => action.id === id);
    if (found === undefined) throw new Refusal('SB-4040');
    return found;
  }

  async #forgetOldest(ods: string): Promise<void> {
    const decided = this.parts.registry.actions(ods).filter((action) => !isOpen(action));
    const tooMany = decided.slice(0, Math.max(0, decided.length + 1 - this.parts.limits.kept));
    for (const { id } of tooMany) await this.parts.registry.deleteAction(ods, id);
  }
}

const nameOf = ({ ods, application }: Principal): string => `${ods}:${application}`;

function isOpen({ status, expires }: BulkAction): boolean {
  return status === 'approved' || (status === 'waiting' && Date.parse(expires) > Date.now());
}

function refuseDecided(action: BulkAction, open: readonly BulkAction['status'][]): void {
  if (!open.includes(action.status)) throw new Refusal('SB-4093', `It is ${action.status}`);
  if (!isOpen(action)) throw new Refusal('SB-4093', 'Nobody agreed to it in time');
}
