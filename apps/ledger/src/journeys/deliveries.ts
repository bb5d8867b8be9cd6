import { identityOf, Refusal } from '@signalbox/contracts';
import type { Registry, Subscription } from '@signalbox/registry';
import type { Database } from '../store/database.js';
import { placeIn, placeText } from '../store/place.js';
import { type Delivery, underSubscription } from './delivery.js';
import {
  type DeliveryCursor,
  type DeliveryFilter,
  type DeliveryGroup,
  type DeliveryRecord,
  findDeliveries,
  groupDeliveries,
  stepsOfDelivery,
} from './delivery-queries.js';
import { type DeliveryPlaces, findPlaces, type PlacesQuestion } from './delivery-places.js';
import type { StepFact, StepView } from './journey-view.js';
import { eventsById } from './queries.js';
import type { Viewer } from './sight.js';

/** A delivery as its receiver and the operator see it. */
export type DeliveryLine = Omit<DeliveryRecord, 'identity' | 'entitled' | 'step' | 'accepted'>;

/** Deliveries in the order in which they came into their states. */
export interface DeliveryPage {
  readonly deliveries: readonly DeliveryLine[];
  /** For the next page; absent on the last. */
  readonly next?: string;
}

/** Deliveries counted by what they share, the most frequent first. */
export interface DeliveryGroups {
  readonly groups: readonly (Omit<DeliveryGroup, 'cause' | 'identity' | 'subscription'> & {
    readonly reason?: string;
    readonly state?: string;
    /** The newest of them. */
    readonly sample: DeliveryLine;
  })[];
}

/** What is asked for; see {@link DeliveryFilter}. */
export interface DeliveryQuestion extends Omit<DeliveryFilter, 'identity'> {
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  /** Oldest first by default: a reader that pages on misses nothing, whatever changes meanwhile. */
  readonly order?: 'oldest' | 'newest' | undefined;
}

/** One delivery and everything that was recorded about it, in order. */
export interface DeliveryHistory {
  readonly delivery: DeliveryLine;
  readonly attempts: readonly StepView[];
}

/** What {@link Deliveries} is made of. */
export interface DeliveriesParts {
  readonly database: Database;
  readonly registry: Pick<Registry, 'subscription' | 'subscriptions'>;
  /** Most deliveries, most steps of one delivery, and most places of a stretch, in one answer. */
  readonly limits: { readonly deliveries: number; readonly steps: number; readonly places: number };
}

const DEFAULT_LIMIT = 100;

/** Answers a receiver what became of everything that was meant for it, and the operator what became of all. */
export class Deliveries {
  constructor(private readonly parts: DeliveriesParts) {}

  /** @throws Refusal SB-4000 for a cursor that no page gave out */
  async list(viewer: Viewer, question: DeliveryQuestion): Promise<DeliveryPage> {
    const limit = this.#limit(question.limit);
    const page = { limit: limit + 1, after: cursorOf(question.after), newest: question.order === 'newest' };
    const subscriptions = this.#subscriptions(viewer, question.subscription);
    const found = await findDeliveries(this.parts.database, viewer, question, subscriptions, page);
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    return {
      deliveries: shown.map((record) => this.#line(record)),
      ...(found.length > limit &&
        last !== undefined && { next: placeText([last.since, last.identity, last.subscription]) }),
    };
  }

  async grouped(viewer: Viewer, question: DeliveryQuestion, by: 'reason' | 'state'): Promise<DeliveryGroups> {
    const { database } = this.parts;
    const subscriptions = this.#subscriptions(viewer, question.subscription);
    const found = await groupDeliveries(database, viewer, question, subscriptions, by, this.#limit(question.limit));
    const groups = await Promise.all(
      found.map(async ({ cause, identity, subscription, ...counts }) => {
        const page = { limit: 1, newest: true };
        const [sample] = await findDeliveries(database, viewer, { identity, subscription }, subscriptions, page);
        return sample === undefined
          ? []
          : [{ ...(cause !== undefined && { [by]: cause }), ...counts, sample: this.#line(sample) }];
      }),
    );
    return { groups: groups.flat() };
  }

  /** What became of the events of a stretch of a stream. */
  places(viewer: Viewer, question: PlacesQuestion): Promise<DeliveryPlaces> {
    return findPlaces(this.parts.database, viewer, question, this.parts.limits.places);
  }

  /** Newest first. @throws Refusal SB-4040 when the subscription is not the viewer's and never was */
  async ofSubscription(viewer: Viewer, id: string, question: DeliveryQuestion): Promise<DeliveryPage> {
    await this.#mustBeOwn(viewer, id);
    return this.list(viewer, { ...question, order: question.order ?? 'newest', subscription: id });
  }

  /**
   * @param source needed where the id alone is not unique
   * @throws Refusal SB-4040; SB-4220 when several sources use the id and none was named
   */
  async history(viewer: Viewer, subscription: string, id: string, source?: string): Promise<DeliveryHistory> {
    const { database, limits } = this.parts;
    const identities = await this.#identities(id, source);
    const page = { limit: 1, newest: true };
    const subscriptions = this.#subscriptions(viewer, subscription);
    const found = await Promise.all(
      identities.map((identity) => findDeliveries(database, viewer, { subscription, identity }, subscriptions, page)),
    );
    const [record, other] = found.flat();
    if (record === undefined) throw new Refusal('SB-4040');
    if (other !== undefined)
      throw new Refusal('SB-4220', 'Several sources have an event with this id: name one with ?source=');
    const steps = await stepsOfDelivery(database, record.identity, subscription, limits.steps);
    return { delivery: this.#line(record), attempts: steps.map(viewOf) };
  }

  async #identities(id: string, source: string | undefined): Promise<string[]> {
    if (source !== undefined) return [identityOf({ source, id })];
    return (await eventsById(this.parts.database, id, undefined)).map(({ identity }) => identity);
  }

  async #mustBeOwn(viewer: Viewer, id: string): Promise<void> {
    const subscription = this.parts.registry.subscription(id);
    if (subscription !== undefined && (viewer.all || subscription.ods === viewer.ods)) return;
    // One that has ended is known by what it received.
    const page = { limit: 1, newest: true };
    const found = await findDeliveries(this.parts.database, viewer, { subscription: id }, [], page);
    if (found.length === 0) throw new Refusal('SB-4040');
  }

  #subscriptions(viewer: Viewer, id: string | undefined): Pick<Subscription, 'id' | 'status'>[] {
    const { registry } = this.parts;
    const one = id === undefined ? undefined : registry.subscription(id);
    const all = id === undefined ? registry.subscriptions(viewer.all ? {} : { ods: viewer.ods }) : [];
    return [...all, ...(one === undefined ? [] : [one])].map((subscription) => ({
      id: subscription.id,
      status: subscription.status,
    }));
  }

  #limit(asked = DEFAULT_LIMIT): number {
    return Math.min(asked, this.parts.limits.deliveries);
  }

  #line(record: DeliveryRecord): DeliveryLine {
    const status = this.parts.registry.subscription(record.subscription)?.status;
    const shown: Delivery = underSubscription(record, status);
    const {
      identity: _identity,
      entitled: _entitled,
      step: _step,
      accepted: _accepted,
      ...line
    } = { ...record, ...shown };
    return line;
  }
}

function viewOf({ identity: _identity, sourceorg: _sourceorg, sequence: _sequence, ...step }: StepFact): StepView {
  return step;
}

function cursorOf(text: string | undefined): DeliveryCursor | undefined {
  const [since, identity, subscription] = placeIn(text, ['instant', 'text', 'text']) ?? [];
  if (since === undefined || identity === undefined || subscription === undefined) return undefined;
  return { since, identity, subscription };
}
