import { type ParkedResult, Refusal, refuseUnsaid, type StuckAct } from '@signalbox/contracts';
import { OPERATOR, type Principal, type Registry, type Subscription } from '@signalbox/registry';
import type { DeliveriesPage, DeliveryRecords, RecordedDelivery } from '../following/delivery-records.js';
import type { SubscriptionDesk } from '../subscriptions/desk.js';
import type { Acting, Chosen } from './acting.js';
import type { BulkActions } from './bulk-actions.js';
import { ownerOf, type Owner } from './owners.js';
import type { ParkedWish } from './parked.dto.js';

export interface ParkedDeskParts {
  readonly desk: Pick<SubscriptionDesk, 'get'>;
  readonly registry: Pick<Registry, 'actsForAll' | 'organisation' | 'subscription'>;
  readonly records: DeliveryRecords;
  readonly acting: Acting;
  readonly actions: BulkActions;
}

/** Parked deliveries with one cause. */
export interface ParkedGroup {
  readonly reason?: string;
  /** One sentence for people: what happened and what to do. */
  readonly sentence?: string;
  readonly count: number;
  /** Attempts for all of them together. */
  readonly attempts: number;
  readonly journeys: number;
  /** When the first and the last of them were parked. */
  readonly first: string;
  readonly last: string;
  readonly owner: Owner;
  /** The newest. */
  readonly sample: RecordedDelivery;
}

const PAGE = 100;
/** No subscription has a longer id; the ledger takes none. */
const LONGEST_ID = 128;

/** The subscription that parked deliveries are of; without a status when it has ended. */
type Addressee = Pick<Subscription, 'id' | 'ods'> & Partial<Pick<Subscription, 'status' | 'protocol'>>;

/** Where an organisation sees what could not be delivered to it, and decides what becomes of it. */
export class ParkedDesk {
  constructor(private readonly parts: ParkedDeskParts) {}

  /** By cause, the most frequent first. @throws {Refusal} SB-4040, SB-5032 */
  async groups(principal: Principal, id: string, authorization: string): Promise<ParkedGroup[]> {
    const { records, registry } = this.parts;
    const { ods } = await this.#addressee(principal, id, authorization);
    const groups = await records.groups({ subscription: id, state: ['parked'] }, authorization);
    return groups.map(({ sample, ...group }) => ({
      ...group,
      ...(sample.detail !== undefined && { sentence: sample.detail }),
      owner: ownerOf(group.reason, { receiver: ods, publisher: sample.sourceorg, operator: OPERATOR.ods }, (code) =>
        registry.organisation(code),
      ),
      sample,
    }));
  }

  /** Those with one cause, oldest first. @throws {Refusal} SB-4040, SB-5032 */
  async list(
    principal: Principal,
    id: string,
    page: { readonly reason: string; readonly after?: string },
    authorization: string,
  ): Promise<DeliveriesPage> {
    await this.#addressee(principal, id, authorization);
    return this.parts.records.page({ subscription: id, state: ['parked'], limit: PAGE, ...page }, authorization);
  }

  /**
   * Says what an act would do; with `dryrun: false` does it, or has it wait for a second person when it is about many.
   * @throws {Refusal} SB-4000, SB-4040, SB-4220, SB-5032; {EngineUnavailable}
   */
  async act(
    principal: Principal,
    id: string,
    act: StuckAct,
    wish: ParkedWish,
    authorization: string,
  ): Promise<ParkedResult> {
    const { acting, actions } = this.parts;
    const subscription = await this.#addressee(principal, id, authorization);
    refuseUnsaid(act, wish);
    if (act === 'retry') refuseDeadEnd(subscription);
    if (act === 'park') refuseFetched(subscription);
    const chosen = await acting.choose(subscription, act, wish.selection, authorization);
    if (chosen.deliveries.length === 0)
      throw new Refusal('SB-4040', act === 'park' ? 'Nothing of that is still tried' : 'Nothing of that is parked');
    const secondperson = actions.needsSecondPerson(chosen.deliveries.length);
    const told = { dryrun: wish.dryrun ?? true, act, ...counted(chosen), secondperson };
    if (told.dryrun) return told;
    if (secondperson) {
      const { id: action } = await actions.ask(principal, subscription, act, wish, chosen.deliveries.length);
      return { ...told, action };
    }
    const { note, to } = wish;
    const by = `${principal.ods}:${principal.application}`;
    const said = { by, ...(note !== undefined && { note }), ...(to !== undefined && { to }) };
    return { ...told, ...(await acting.carryOut(act, chosen, said)) };
  }

  /**
   * What a subscription that has ended left parked is still its organisation's to see to, or it would wait for ever. Only
   * the ledger remembers whose it was; it answers no more than the caller may see. The operator of the exchange may see to
   * what is anybody's.
   */
  async #addressee(principal: Principal, id: string, authorization: string): Promise<Addressee> {
    const { desk, records, registry } = this.parts;
    const present = registry.subscription(id);
    const operates = registry.actsForAll(principal);
    if (present !== undefined && operates) return present;
    if (present !== undefined || id.length > LONGEST_ID) return desk.get(principal, id);
    const asked = { subscription: id, state: ['parked', 'expired'], limit: 1 };
    const { deliveries } = await records.page(asked, authorization);
    const ods = deliveries[0]?.org;
    if (ods === undefined || (ods !== principal.ods && !operates)) throw new Refusal('SB-4040');
    return { id, ods };
  }
}

function counted({ deliveries, more }: Chosen): Pick<ParkedResult, 'deliveries' | 'duplicates' | 'more'> {
  const duplicates = deliveries.filter(({ unanswered }) => unanswered === true).length;
  return { deliveries: deliveries.length, duplicates, more };
}

/** What its receiver fetches is not sent: there is nothing to stop. */
function refuseFetched({ status, protocol }: Addressee): void {
  if (status === undefined) throw new Refusal('SB-4220', 'The subscription has ended: nothing is tried any more');
  if (protocol === 'PULL') {
    throw new Refusal('SB-4220', 'The receiver fetches its events itself: nothing is tried that could be stopped');
  }
}

/** What is put up again for a subscription that is switched off would wait where nobody looks. */
function refuseDeadEnd({ status }: Addressee): void {
  if (status === undefined) {
    throw new Refusal(
      'SB-4220',
      'The subscription has ended: nothing is delivered to it; mark what it left as handled',
    );
  }
  if (status === 'disabled' || status === 'pending') {
    throw new Refusal(
      'SB-4220',
      `The subscription is ${status}: set its sink and activate it before anything is retried`,
    );
  }
}
