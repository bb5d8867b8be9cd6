import { type Outstanding, type Recipient, type Recipients as Told, Refusal } from '@signalbox/contracts';
import type { DeliveryState } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import { asArrived, defined, type Delivery, isStoppedRepetition, underSubscription } from '../journeys/delivery.js';
import type { EventFact } from '../journeys/facts.js';
import { eventsById } from '../journeys/queries.js';
import { seesDelivery, type Viewer } from '../journeys/sight.js';
import { type Database, plain, type Row } from '../store/database.js';
import { hasArrived } from './decision.js';
import { Lineage } from './lineage.js';
import { acknowledgementsDue } from '../watching/deadlines/clock-rows.js';
import { receiversOf, relatives } from './owing.js';

/** What {@link Recipients} is made of. */
export interface RecipientsParts {
  readonly database: Database;
  readonly registry: Pick<Registry, 'subscription' | 'organisation'>;
  readonly now?: () => Date;
}

/** Answers publishers who has what they published. */
export class Recipients {
  constructor(private readonly parts: RecipientsParts) {}

  /**
   * @throws Refusal SB-4040 when there is no such event or it is not the viewer's own; SB-4220 when several of its sources
   *   use the id and none was named
   */
  async of(viewer: Viewer, id: string, source?: string): Promise<Told> {
    const { database } = this.parts;
    const all = await eventsById(database, id, source);
    const [event, other] = all.filter((one) => viewer.all || one.sourceorg === viewer.ods);
    if (event === undefined) throw new Refusal('SB-4040');
    if (other !== undefined)
      throw new Refusal('SB-4220', 'Several sources have an event with this id: name one with ?source=');
    const deliveries = await this.#deliveriesOf(event.identity);
    const due = await acknowledgementsDue(database, event.identity);
    const { type, journey, recorded, supersedes } = event;
    return {
      ...{ id, source: event.source, type, journey, recorded },
      ...defined({ supersedes }),
      recipients: deliveries
        .filter((delivery) => seesDelivery(viewer, event, delivery) !== 'none')
        .map((delivery) => this.#recipient(delivery, due.get(delivery.subscription))),
      ...(supersedes !== undefined && { outstanding: await this.#outstanding(event, deliveries) }),
    };
  }

  async #deliveriesOf(identity: string): Promise<Delivery[]> {
    const rows = await this.parts.database.query<Row>(
      'select * from deliveries where identity = $1 order by org, subscription',
      [identity],
    );
    return rows.map((row) => {
      const delivery = plain<Delivery>(row);
      const shown = isStoppedRepetition(delivery) ? asArrived(delivery) : delivery;
      return underSubscription(shown, this.parts.registry.subscription(delivery.subscription)?.status);
    });
  }

  #recipient(delivery: Delivery, due: string | undefined): Recipient {
    const { registry, now = () => new Date() } = this.parts;
    const { org, state, since, delivered, acknowledged, reason, corrects, late } = delivery;
    const open = acknowledged === undefined && state !== 'handled-outside';
    const overdue = open && due !== undefined && Date.parse(due) < now().getTime();
    const organisation = registry.organisation(org);
    return {
      ...{ org, state, since, overdue },
      ...defined({
        name: organisation?.name,
        ...{ delivered, acknowledged, reason, corrects, late },
        acknowledgementdue: due,
        contact: overdue || NEEDS_A_PERSON.has(state) ? organisation?.contact : undefined,
      }),
    };
  }

  /** Everybody who received something that the event replaces, without those who have it. */
  async #outstanding(event: EventFact, deliveries: readonly Delivery[]): Promise<Outstanding[]> {
    const { database, registry } = this.parts;
    const replaced = new Lineage(await relatives(database, [event])).replacedBy(event);
    const received = await receiversOf(database, replaced);
    const records = new Map(deliveries.map((delivery) => [delivery.subscription, delivery]));
    const told = new Map<string, Outstanding>();
    for (const { identity, id } of replaced) {
      for (const { subscription, org } of received.get(identity) ?? []) {
        const record = records.get(subscription);
        if (told.has(subscription) || hasArrived(record)) continue;
        const organisation = registry.organisation(org);
        const { state = 'waiting', since, reason, detail, corrects } = record ?? {};
        const isWork = state === 'parked' && corrects !== undefined && WORK.has(reason);
        told.set(subscription, {
          ...{ org, received: id, state },
          ...defined({ name: organisation?.name, since, reason, contact: organisation?.contact }),
          ...(isWork && defined({ work: detail, subscription })),
        });
      }
    }
    return [...told.values()];
  }
}

const NEEDS_A_PERSON: ReadonlySet<DeliveryState> = new Set(['parked', 'expired']);
const WORK: ReadonlySet<string | undefined> = new Set(['receiver-ended', 'no-grant']);
