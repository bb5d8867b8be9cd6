import { type Engine, type Step, waitingKey } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import { plain, type Queries, recordset, type Row } from '../store/database.js';
import { ledgerStep, type LedgerReason } from './ledger-step.js';
import { type OpenDelivery, type Stretch, undeliveredIn } from './looks.js';

const OVERDUE = `
  select e.stream, e.sequence, e.identity, e.source, e.id, e.type, e.sourceorg, e.targetorg, e.urgency, e.recorded, e.journey,
    d.subscription, d.org, d.state, d.reason, d.step
  from (
    select * from deliveries
    where due < $1 and entitled and delivered is null and state in ('waiting', 'delivering', 'paused')
    order by due limit $2
  ) d
  join events e on e.identity = d.identity and e.duplicateof is null`;

const NOT_DUE = `
  update deliveries d set due = null
  from json_to_recordset($1::json) as e(identity text, subscription text)
  where d.identity = e.identity and d.subscription = e.subscription`;

/** Most step ids that are remembered, so that a step is not published again while it is being read. */
const REMEMBERED = 20_000;

/** What the watch over deadlines stands on. */
export interface ExpiryParts {
  readonly queries: Queries;
  readonly engine: Pick<Engine, 'kv'>;
  readonly registry: Pick<Registry, 'subscription'>;
  readonly publish: (step: Step) => Promise<void>;
  /** Most deliveries that expire in one round. */
  readonly batch: number;
}

/** Finds what was not delivered in time and says so by a step. The relay goes on trying all the same. */
export class Expiry {
  readonly #published = new Set<string>();

  constructor(private readonly parts: ExpiryParts) {}

  /** Deliveries past their deadline. @returns how many expired now */
  async overdue(now: Date): Promise<number> {
    const rows = await this.parts.queries.query<Row>(OVERDUE, [now.toISOString(), this.parts.batch]);
    const late = rows.map((row) => plain<OpenDelivery>(row));
    const [owed, ended] = this.#parted(late);
    // Looked at for the last time: they would be found again in every round.
    if (ended.length > 0) await this.parts.queries.query(NOT_DUE, [recordset(ended)]);
    return this.#expire('deadline-missed', owed, now);
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
    return this.#expire(
      'retention-over',
      undelivered.filter((_, at) => known[at] === undefined),
      now,
    );
  }

  async #expire(reason: LedgerReason, deliveries: readonly OpenDelivery[], now: Date): Promise<number> {
    const steps = deliveries
      .map((delivery) => ledgerStep(reason, delivery, now))
      .filter(({ id }) => !this.#published.has(id));
    await Promise.all(steps.map((step) => this.parts.publish(step)));
    for (const { id } of steps) this.#published.add(id);
    for (const oldest of this.#published) {
      if (this.#published.size <= REMEMBERED) break;
      this.#published.delete(oldest);
    }
    return steps.length;
  }
}
