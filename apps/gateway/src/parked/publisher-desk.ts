import { Refusal } from '@signalbox/contracts';
import type { Principal, Registry } from '@signalbox/registry';
import type { RecordedDelivery } from '../following/delivery-records.js';
import type { LedgerClient } from '../following/ledger-client.js';
import type { Acting } from './acting.js';
import type { HandledWish } from './parked.dto.js';

/** Something that is open for the publisher of an event about one of its receivers. Times are RFC 3339. */
export interface PublisherWork {
  readonly subscription: string;
  readonly reason?: string;
  /** What has to be done. */
  readonly next: string;
  readonly since: string;
}

/** What was closed, or would be. */
export interface HandledResult {
  readonly dryrun: boolean;
  readonly org: string;
  /** What was open. */
  readonly items: readonly PublisherWork[];
  /** How many of this receiver were dealt with outside before. */
  readonly before: number;
  readonly changed?: number;
}

/** A work item as the ledger tells it; only what is needed here. */
interface ToldItem extends PublisherWork {
  readonly kind: 'parked' | 'expired' | 'correction' | 'overdue';
  readonly owner: { readonly side: string };
  readonly event: { readonly journey: string; readonly type: string };
  readonly receiver: string;
  readonly attempts: number;
}

export interface PublisherDeskParts {
  readonly ledger: Pick<LedgerClient, 'get' | 'event'>;
  readonly acting: Pick<Acting, 'carryOut'>;
  readonly registry: Pick<Registry, 'actsForAll'>;
}

/**
 * Where a publisher closes what only it can see to: a correction that the exchange could not give to somebody who has what
 * it replaces, or an event that left its stream undelivered. The ledger says what is open, so nobody closes what is not.
 */
export class PublisherDesk {
  constructor(private readonly parts: PublisherDeskParts) {}

  /**
   * Says what would be closed; with `dryrun: false` closes it. Again, it changes nothing.
   * @throws {Refusal} SB-4040 unless the event is the caller's own or the caller acts for all, SB-4220 when nothing is open and nothing was,
   *   SB-5032; {EngineUnavailable}
   */
  async handled(principal: Principal, id: string, wish: HandledWish, authorization: string): Promise<HandledResult> {
    const { source, org, who, note, dryrun = true } = wish;
    const event = await this.parts.ledger.event(source, id, authorization);
    const operates = this.parts.registry.actsForAll(principal);
    if (event === undefined || (event.sourceorg !== principal.ods && !operates)) throw new Refusal('SB-4040');
    const open = await this.#open(id, wish, authorization);
    const before = await this.#before(id, wish, authorization);
    if (open.length === 0 && before === 0) throw nothingOpen();
    const items = open.map(({ subscription, reason, next, since }) => ({
      ...{ subscription, next, since },
      ...(reason !== undefined && { reason }),
    }));
    const told = { dryrun, org, items, before };
    if (dryrun) return told;
    const deliveries = open.map((item) => deliveryOf(item, { source, id, sourceorg: event.sourceorg }));
    const said = { by: `${principal.ods}:${principal.application}`, to: who, note };
    const { changed } = await this.parts.acting.carryOut('handled', { deliveries, more: false }, said);
    return { ...told, changed };
  }

  async #open(id: string, { source, org, subscription }: HandledWish, authorization: string): Promise<ToldItem[]> {
    const open: ToldItem[] = [];
    for (let after: string | undefined; ;) {
      const query = new URLSearchParams({ event: id, source, ...(after !== undefined && { after }) });
      const page = await this.#read<{ items: ToldItem[]; next?: string }>(
        `/work-items?${String(query)}`,
        authorization,
      );
      open.push(
        ...page.items.filter(
          (item) =>
            // What is overdue ends when it happens, not by a word about a delivery.
            item.kind !== 'overdue' &&
            item.owner.side === 'publisher' &&
            item.receiver === org &&
            (subscription === undefined || item.subscription === subscription),
        ),
      );
      after = page.next;
      if (after === undefined) return open;
    }
  }

  async #before(id: string, { source, org }: HandledWish, authorization: string): Promise<number> {
    const path = `/events/${encodeURIComponent(id)}/recipients?${String(new URLSearchParams({ source }))}`;
    const { recipients } = await this.#read<{ recipients: { org: string; state: string }[] }>(path, authorization);
    return recipients.filter((one) => one.org === org && one.state === 'handled-outside').length;
  }

  async #read<T>(path: string, authorization: string): Promise<T> {
    const { status, body } = await this.parts.ledger.get(path, authorization);
    if (status !== 200) throw new Refusal('SB-5032', 'The ledger did not answer what is open', { retryAfter: 2 });
    return JSON.parse(body.toString('utf8')) as T;
  }
}

function deliveryOf(
  { subscription, receiver, event: { journey, type }, kind, since, attempts, reason }: ToldItem,
  identity: Pick<RecordedDelivery, 'source' | 'id' | 'sourceorg'>,
): RecordedDelivery {
  const state = kind === 'expired' ? 'expired' : 'parked';
  return {
    ...identity,
    ...{ subscription, org: receiver, journey, type, state, since, attempts },
    ...(reason !== undefined && { reason }),
  };
}

function nothingOpen(): Refusal {
  const finding = {
    path: '/org',
    rule: 'open-for-publisher',
    expected: 'a receiver about which something of this event is open for its publisher',
    fix: 'Read GET /work-items: what waits for the receiver itself is the receiver’s to close.',
    doc: '/openapi.json',
  };
  return new Refusal('SB-4220', 'Nothing of this event is open for you with this receiver', { findings: [finding] });
}
