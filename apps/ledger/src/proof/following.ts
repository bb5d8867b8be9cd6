import { type Engine, streamOf } from '@signalbox/messaging';
import type { Registry, Subscription } from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';
import { foreseeSince, type Deadlines } from '../journeys/foresight.js';
import { type Database, recordset, type Row } from '../store/database.js';
import { firstOf, type Positions, sameTerms, type Terms, termsOf, widens } from './terms.js';

/** What following subscriptions stands on. */
export interface FollowingParts {
  readonly database: Database;
  readonly registry: Registry;
  readonly deadlines: Deadlines;
  /** Up to where a subscription had settled everything, by family; a family where that is not known is left out. */
  readonly reached: (subscription: Subscription) => Promise<Positions>;
  /** Resolves when every batch of events that is being written now is. */
  readonly settled: () => Promise<void>;
  readonly log: Log;
}

const REMEMBER = `
  insert into followed (subscription, org, start, asked)
  select subscription, org, start, asked
  from json_to_recordset($1::json) as t(subscription text, org text, start jsonb, asked jsonb)
  on conflict (subscription) do update
  set org = excluded.org, start = excluded.start, asked = excluded.asked, ended = null`;

/**
 * Knows what each subscription is to be given and since where, also of what changed while nobody looked, and puts on
 * record what it will receive of events that were read before it was known.
 */
export class Following {
  readonly #terms = new Map<string, Terms>();
  #work: Promise<unknown> = Promise.resolve();
  #forget: () => void = () => undefined;

  constructor(private readonly parts: FollowingParts) {}

  /** The terms of every subscription that there is. */
  get terms(): ReadonlyMap<string, Terms> {
    return this.#terms;
  }

  /** Reads what was known, and follows every change from now on. What changed meanwhile is seen to by {@link catchUp}. */
  async start(): Promise<void> {
    const rows = await this.parts.database.query<Row>('select * from followed where ended is null');
    for (const row of rows) {
      const { subscription, org, start, asked } = row as unknown as Terms;
      this.#terms.set(subscription, { subscription, org, start, asked });
    }
    this.#forget = this.parts.registry.onChange('subscription', () => void this.catchUp());
  }

  /** Resolves when no subscription has changed that this does not know of; one that could not be followed is left for the next time. */
  catchUp(): Promise<void> {
    const working = this.#work.then(() => this.#pass());
    this.#work = working;
    return working;
  }

  async stop(): Promise<void> {
    this.#forget();
    await this.#work;
  }

  async #pass(): Promise<void> {
    const present = new Set<string>();
    for (const subscription of this.parts.registry.subscriptions()) {
      present.add(subscription.id);
      await this.#quietly(subscription.id, () => this.#follow(subscription));
    }
    for (const id of this.#terms.keys()) if (!present.has(id)) await this.#quietly(id, () => this.#end(id));
  }

  async #follow(subscription: Subscription): Promise<void> {
    const { database, registry, deadlines, settled, reached } = this.parts;
    const before = this.#terms.get(subscription.id);
    if (sameTerms(before, termsOf(subscription, before, {}))) return;
    const terms = termsOf(subscription, before, before === undefined ? {} : await reached(subscription));
    if (widens(before, terms)) {
      // A batch that is being written now may have been read before the subscription was known.
      await settled();
      const hindsight = {
        registry,
        deadlines,
        firstOf: (family: string, type: string) => firstOf(terms, family, type),
      };
      await foreseeSince(database, subscription, hindsight);
    }
    await database.query(REMEMBER, [recordset([terms])]);
    this.#terms.set(subscription.id, terms);
  }

  async #end(id: string): Promise<void> {
    await this.parts.database.query('update followed set ended = now() where subscription = $1', [id]);
    this.#terms.delete(id);
  }

  async #quietly(subscription: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.parts.log.warn({ subscription, err: error }, 'a change of a subscription is not followed yet; trying again');
    }
  }
}

/** Up to where a subscription has settled everything: its cursor, or what the engine says of its consumers. */
export async function reachedBy(
  engine: Pick<Engine, 'lastSequence' | 'deliveryStanding' | 'kv' | 'families'>,
  subscription: Subscription,
): Promise<Positions> {
  if (subscription.protocol === 'PULL') return cursorOf(engine, subscription.id);
  const standings = await Promise.all(
    engine.families.map(async (family): Promise<[string, number | undefined]> => {
      const last = await engine.lastSequence(streamOf(family));
      const standing = await engine.deliveryStanding(subscription, family, last);
      return [family, standing?.settled];
    }),
  );
  return Object.fromEntries(standings.filter((pair): pair is [string, number] => pair[1] !== undefined));
}

/** How far a subscription that is pulled has acknowledged, by family. */
export async function cursorOf(engine: Pick<Engine, 'kv'>, subscription: string): Promise<Positions> {
  const entry = await (await engine.kv('CURSORS')).get(subscription);
  return entry?.value === undefined ? {} : (JSON.parse(Buffer.from(entry.value).toString()) as Positions);
}
