import { identityOf } from '@signalbox/contracts';
import { isUnderway, OPERATOR, type Outage, type Registry } from '@signalbox/registry';
import { type Delivery, defined, isStoppedRepetition, underSubscription } from '../journeys/delivery.js';
import type { DeliveryView, EventView, JourneyView } from '../journeys/journey-view.js';
import type { Viewer } from '../journeys/sight.js';
import { plain, type Queries, recordset, type Row } from '../store/database.js';
import { astrayCause, isClosedFor, whyAstray } from './astray.js';
import { clockOf, overdueClocks, type RunOut } from './clocks.js';
import { type StandingDelivery, type StandingEvent, type Why, whyOf, whyOverdue, whyStuck } from './why.js';

/** A delivery with what of its event decides why it stands still. */
export type WhyRow = StandingDelivery & {
  /** SHA-256 of source and id of the event. */
  readonly identity: string;
  readonly subscription: string;
  readonly event: StandingEvent;
};

/** What {@link WhyBook} is made of. */
export interface WhyBookParts {
  readonly database: Queries;
  readonly registry: Pick<Registry, 'organisation' | 'outages' | 'subscription'>;
  /** Milliseconds that something may wait for its first attempt before that is worth a word. */
  readonly patienceMs: number;
  readonly now?: () => Date;
}

type WithWhy<T> = T & { readonly why?: Why };

/** A journey in which everything that stands still says why. */
export type ExplainedJourney = Omit<JourneyView, 'events'> & {
  readonly events: readonly WithWhy<
    Omit<EventView, 'deliveries'> & { readonly deliveries: readonly WithWhy<DeliveryView>[] }
  >[];
};

const TROUBLED = `
  select s.subscription, t.reason from json_to_recordset($1::json) as s(org text, subscription text)
  cross join lateral (
    select d.reason from deliveries d
    where d.org = s.org and d.subscription = s.subscription and (d.entitled or d.corrects is not null)
      and d.state in ('waiting', 'delivering') and d.reason is not null
    limit 1
  ) t`;

/** Says why things stand still, in the words of the one table, with whose move it is and how people reach them. */
export class WhyBook {
  constructor(private readonly parts: WhyBookParts) {}

  /** In the order of the rows; `undefined` where nothing waits for anybody. The caller sees to who may see the rows. */
  async ofDeliveries(_viewer: Viewer, rows: readonly WhyRow[]): Promise<(Why | undefined)[]> {
    const { database, registry, patienceMs } = this.parts;
    const now = this.#now();
    const [troubled, clocks] = await Promise.all([
      this.#troubled(rows),
      overdueClocks(
        database,
        rows.map(({ identity }) => identity),
        now,
      ),
    ]);
    return rows.map((row) => {
      const { event, identity, subscription } = row;
      const known = registry.subscription(subscription);
      const why = whyStuck(
        {
          delivery: row,
          event,
          subscription: known,
          receiverActive: registry.organisation(row.org)?.active !== false,
          now,
          patienceMs,
          ...defined({
            outage: this.#outageOf(row.org),
            troubled: troubled.get(subscription),
            overdue: clockOf(clocks.get(identity), subscription, row.org),
          }),
        },
        OPERATOR.ods,
      );
      return why && this.reached(why);
    });
  }

  /** The journey as the viewer may see it, with `why` on its events and deliveries. */
  async ofJourney(viewer: Viewer, journey: JourneyView): Promise<ExplainedJourney> {
    const identities = journey.events.map(identityOf);
    const rows = (
      await this.parts.database.query<Row>('select * from deliveries where identity = any($1::text[])', [identities])
    ).map((row) => plain<Delivery>(row));
    const byIdentity = Map.groupBy(rows, ({ identity }) => identity);
    const events = new Map(journey.events.map((event, at) => [identities[at]!, event]));
    const clocks = await overdueClocks(this.parts.database, identities, this.#now());
    const standing = rows.map((row): WhyRow => {
      const event = events.get(row.identity)!;
      return { ...row, event };
    });
    const reasons = await this.ofDeliveries(viewer, standing);
    const whys = new Map(rows.map((row, at) => [row, reasons[at]]));
    return {
      ...journey,
      events: journey.events.map((event, at) => {
        const own = byIdentity.get(identities[at]!) ?? [];
        const why =
          event.duplicateof === undefined ? this.#ofEvent(event, own, clocks.get(identities[at]!)) : undefined;
        const taken = new Set<Delivery>();
        const deliveries = event.deliveries.map((view) => {
          const row = own.find((one) => !taken.has(one) && this.#isOf(view, one));
          if (row !== undefined) taken.add(row);
          // Nobody waits for what is not for them; the relay has only not come to say so.
          const meant = view.meant !== false;
          return { ...view, ...defined({ why: meant && row ? whys.get(row) : undefined }) };
        });
        return { ...event, deliveries, ...defined({ why }) };
      }),
    };
  }

  /** Of deliveries that have everything in common. @param troubled see {@link StuckFacts} */
  ofCell(
    cell: StandingDelivery & { readonly subscription: string },
    event: StandingEvent,
    troubled?: string,
  ): Why | undefined {
    const { registry, patienceMs } = this.parts;
    const why = whyStuck(
      {
        delivery: cell,
        event,
        subscription: registry.subscription(cell.subscription),
        receiverActive: registry.organisation(cell.org)?.active !== false,
        now: this.#now(),
        patienceMs,
        ...defined({ outage: this.#outageOf(cell.org), troubled }),
      },
      OPERATOR.ods,
    );
    return why && this.reached(why);
  }

  /** With the name of its owner and how people reach it. */
  reached(why: Why): Why {
    const { side, ods } = why.owner;
    const known = this.parts.registry.organisation(ods);
    return { ...why, owner: { side, ods, ...defined({ name: known?.name, contact: known?.contact }) } };
  }

  /**
   * An event that its recipient does not receive says so itself: no delivery of it can. So does one that waits for
   * somebody who has no delivery of it, such as its own publisher.
   */
  #ofEvent(event: EventView, rows: readonly Delivery[], clocks: readonly RunOut[] = []): Why | undefined {
    const { targetorg, sourceorg } = event;
    const own = rows.filter(({ org }) => org === targetorg);
    if (targetorg !== undefined && !own.some(isClosedFor)) {
      const cause = astrayCause(this.parts.registry.organisation(targetorg), own.length > 0);
      return this.reached(whyAstray({ sourceorg, targetorg, recorded: event.recorded }, cause, OPERATOR.ods));
    }
    const late = clocks.find(
      ({ subscription, owner }) => subscription === '' && !rows.some(({ org }) => org === owner),
    );
    if (late === undefined) return undefined;
    const { clock, owner = sourceorg, started, due } = late;
    const parties = { publisher: sourceorg, receiver: owner, operator: OPERATOR.ods };
    const side = owner === sourceorg ? 'publisher' : 'receiver';
    return this.reached(whyOf(whyOverdue(clock), parties, { since: started, due, side }));
  }

  /** A viewer that is not told the subscription knows a delivery by its receiver and its state. */
  #isOf(view: DeliveryView, row: Delivery): boolean {
    if (view.org !== row.org) return false;
    if (view.subscription !== undefined) return view.subscription === row.subscription;
    const shown = underSubscription(row, this.parts.registry.subscription(row.subscription)?.status);
    return isStoppedRepetition(row) || (shown.state === view.state && shown.attempts === view.attempts);
  }

  async #troubled(rows: readonly WhyRow[]): Promise<ReadonlyMap<string, string>> {
    const open = rows.filter(({ state }) => state === 'waiting' || state === 'delivering' || state === 'paused');
    if (open.length === 0) return new Map();
    const asked = new Map(open.map(({ org, subscription }) => [subscription, { org, subscription }]));
    const found = await this.parts.database.query<{ subscription: string; reason: string }>(TROUBLED, [
      recordset([...asked.values()]),
    ]);
    return new Map(found.map(({ subscription, reason }) => [subscription, reason]));
  }

  /** Since when the oldest outage of an organisation goes on. One that should be over explains nothing any more. */
  #outageOf(ods: string): { readonly since: string } | undefined {
    const now = this.#now().getTime();
    const isBelieved = ({ expectedend }: Outage) => expectedend === undefined || Date.parse(expectedend) > now;
    const oldest = this.parts.registry.outages(ods).findLast((one) => isUnderway(one, now) && isBelieved(one));
    return oldest && { since: oldest.began };
  }

  #now(): Date {
    return this.parts.now?.() ?? new Date();
  }
}
