import { type Engine, type Step, waitingKey } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import { plain, type Queries, recordset, type Row } from '../store/database.js';
import { ledgerStep, type LedgerReason } from './ledger-step.js';
import { type OpenDelivery, type Stretch, undeliveredIn } from './looks.js';
import { Remembered } from './remembered.js';

const OVERDUE = `
  select e.stream, e.sequence, e.identity, e.source, e.id, e.type, e.sourceorg, e.targetorg, e.urgency, e.recorded, e.journey,
    d.subscription, d.org, d.state, d.reason, d.step
  from (
    select * from deliveries
    where due <= $1 and entitled and delivered is null and state in ('waiting', 'delivering', 'paused')
    order by due limit $2
  ) d
  join events e on e.identity = d.identity and e.duplicateof is null`;

const NOT_DUE = `
  update deliveries d set due = null
  from json_to_recordset($1::json) as e(identity text, subscription text)
  where d.identity = e.identity and d.subscription = e.subscription`;

/** What the watch over deadlines stands on. */
export interface ExpiryParts {
  readonly queries: Queries;
  readonly engine: Pick<Engine, 'kv'>;
  readonly registry: Pick<Registry, 'subscription'>;
  readonly publish: (step: Step) => Promise<void>;
}

/** What was said of deliveries past their deadline. */
export interface Expired {
  readonly told: readonly Step[];
  /** Whether there are no more of them. */
  readonly all: boolean;
}

/** Finds what was not delivered in time and says so by a step. The relay goes on trying all the same. */
export class Expiry {
  readonly #published = new Remembered();

  constructor(private readonly parts: ExpiryParts) {}

  /** Deliveries whose deadline had passed by then, the longest first. */
  async overdue(until: Date, now: Date, limit: number): Promise<Expired> {
    const rows = await this.parts.queries.query<Row>(OVERDUE, [until.toISOString(), limit]);
    const late = rows.map((row) => plain<OpenDelivery>(row));
    const [owed, ended] = this.#parted(late);
    // Looked at for the last time: they would be found again in every round.
    if (ended.length > 0) await this.parts.queries.query(NOT_DUE, [recordset(ended)]);
    return { told: await this.#expire('deadline-missed', owed, now), all: rows.length < limit };
  }

  /** A receiver that has ended its subscription wants nothing more by it, but for what is addressed to it. */
  #parted<T extends OpenDelivery>(deliveries: readonly T[]): [owed: T[], ended: T[]] {
    const isOwed = ({ subscription, org, targetorg }: T) =>
      targetorg === org || this.parts.registry.subscription(subscription) !== undefined;
    return [deliveries.filter(isOwed), deliveries.filter((delivery) => !isOwed(delivery))];
  }

  /** Deliveries of events that have left their stream. The waiting room may hold a copy: what it knows is the relay's to end. */
  async leftBehind(stretch: Stretch, now: Date): Promise<number> {
    const [undelivered] = this.#parted(await undeliveredIn(this.parts.queries, stretch));
    if (undelivered.length === 0) return 0;
    const room = await this.parts.engine.kv('WAITING');
    const known = await Promise.all(undelivered.map((delivery) => room.get(waitingKey(delivery))));
    const left = undelivered.filter((_, at) => known[at] === undefined);
    return (await this.#expire('retention-over', left, now)).length;
  }

  async #expire(reason: LedgerReason, deliveries: readonly OpenDelivery[], now: Date): Promise<Step[]> {
    const steps = deliveries
      .map((delivery) => ledgerStep(reason, delivery, now))
      .filter(({ id }) => !this.#published.has(id));
    await Promise.all(steps.map((step) => this.parts.publish(step)));
    for (const { id } of steps) this.#published.add(id);
    return steps;
  }
}
