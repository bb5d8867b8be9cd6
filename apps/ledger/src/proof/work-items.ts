import { type Catalogue, CLOCKS, type Party, type WorkItem, type WorkPage } from '@signalbox/contracts';
import { OPERATOR, type Registry } from '@signalbox/registry';
import { type Delivery, defined } from '../journeys/delivery.js';
import type { Viewer } from '../journeys/sight.js';
import { plain, type Queries, type Row } from '../store/database.js';
import { placeIn, placeText } from '../store/place.js';
import { whyOverdue, whyStuck } from '../stuck/why.js';
import { overdueClocks, type OverdueRow } from '../watching/deadlines/overdue-clocks.js';
import { workOf } from './work-table.js';

/** What work items stand on. */
export interface WorkParts {
  readonly queries: Queries;
  readonly registry: Registry;
  readonly catalogue: Pick<Catalogue, 'find'>;
  /** Most items in one answer. */
  readonly limit: number;
}

type StoppedRow = Delivery & {
  readonly state: 'parked' | 'expired';
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly sourceorg: string;
  readonly recorded: string;
  readonly repeats: number;
};

const STOPPED = `
  select d.*, e.source, e.id, e.type, e.sourceorg, e.recorded,
    (select count(*)::int from steps s
     where s.identity = d.identity and s.subscription = d.subscription and s.kind in ('parked', 'expired')) as repeats
  from deliveries d join events e on e.identity = d.identity and e.duplicateof is null
  where d.state in ('parked', 'expired') and (d.entitled or d.corrects is not null)
    and ($1::text is null or (e.sourceorg = $1 and d.delivered is null and d.acknowledged is null)
      or (d.org = $1 and d.entitled))
    and ($2::timestamptz is null or (d.since, d.identity, d.subscription) > ($2::timestamptz, $3::text, $4::text))
    and ($6::text is null or e.id = $6) and ($7::text is null or e.source = $7)
  order by d.since, d.identity, d.subscription limit $5`;

/** Of which event. */
export interface WorkQuestion {
  /** Cursor of the page before. */
  readonly after?: string | undefined;
  readonly event?: string | undefined;
  readonly source?: string | undefined;
}

/** Where an item stands in the list. */
type Place = readonly [since: string, identity: string, within: string];

interface Placed {
  readonly at: Place;
  readonly item: WorkItem;
}

/** Lists what waits for a person, from the state of deliveries and clocks: nothing has to be opened or closed by hand. */
export class WorkItems {
  constructor(private readonly parts: WorkParts) {}

  /** Open ones of the viewer's side, of one event where it is named. @throws Refusal SB-4000 for a cursor that no page gave out */
  async open(viewer: Viewer, { after, event, source }: WorkQuestion = {}): Promise<WorkPage> {
    const { limit, queries } = this.parts;
    const from = placeIn(after, ['instant', 'text', 'text']) ?? ([null, '', ''] as const);
    const asked = [...[viewer.all ? null : viewer.ods, ...from, limit + 1], ...[event ?? null, source ?? null]];
    const [stopped, late] = await Promise.all([queries.query<Row>(STOPPED, asked), overdueClocks(queries, asked)]);
    const found = [
      ...stopped.map((row) => this.#stopped(plain<StoppedRow>(row), viewer)),
      ...late.map((row) => this.#overdue(row, viewer)),
    ].toSorted(inOrder);
    const last = found.length > limit ? found[limit - 1] : undefined;
    return {
      items: found.slice(0, limit).map(({ item }) => item),
      ...(last && { next: placeText(last.at) }),
    };
  }

  #stopped(row: StoppedRow, viewer: Viewer): Placed {
    return { at: [row.since, row.identity, row.subscription], item: this.#itemOf(row, viewer) };
  }

  #overdue(row: OverdueRow, viewer: Viewer): Placed {
    const { clock, due, identity, subscription, owner, other, sourceorg } = row;
    const side = owner === sourceorg ? 'publisher' : 'receiver';
    const yours = !viewer.all && viewer.ods === owner;
    const receiver = side === 'publisher' ? other : owner;
    const full = subscription !== '' && (viewer.all || yours);
    const item: WorkItem = {
      kind: 'overdue',
      stuck: whyOverdue(clock),
      reason: clock,
      sentence: CLOCKS[clock].late,
      next: CLOCKS[clock].next,
      owner: { side, ...this.#party(owner) },
      yours,
      contact: this.#party(yours ? (other ?? OPERATOR.ods) : owner),
      event: this.#eventOf(row),
      publisher: sourceorg,
      ...defined({ receiver }),
      ...(full && { subscription }),
      ...{ since: due, due, attempts: 0, repeats: 1 },
    };
    return { at: [due, identity, row.place], item };
  }

  #eventOf({ id, source, type, journey, recorded }: Omit<WorkItem['event'], 'title'>): WorkItem['event'] {
    return { id, source, type, title: this.parts.catalogue.find(type)?.title ?? type, journey, recorded };
  }

  #itemOf(row: StoppedRow, viewer: Viewer): WorkItem {
    const { registry } = this.parts;
    const { state, reason, subscription, org, sourceorg, corrects } = row;
    const present = registry.subscription(subscription);
    const { owner, sentence, next } = workOf({ state, subscription: present, ...defined({ reason }) });
    const facts = { delivery: row, event: row, subscription: present, now: new Date(), patienceMs: 0 };
    const owning = { receiver: org, publisher: sourceorg, operator: OPERATOR.ods }[owner];
    const yours = viewer.all ? owner === 'operator' : viewer.ods === owning;
    // Whoever has to see to it names it by its subscription.
    const full = viewer.all || viewer.ods === org || (yours && owner === 'publisher');
    const other = owner === 'publisher' ? org : owner === 'receiver' ? sourceorg : org;
    return {
      kind: corrects !== undefined && state === 'parked' && owner === 'publisher' ? 'correction' : state,
      stuck: whyStuck(facts, OPERATOR.ods)?.reason ?? 'unknown',
      ...defined({ reason }),
      sentence,
      next,
      owner: { side: owner, ...this.#party(owning) },
      yours,
      contact: this.#party(yours ? other : owning),
      event: this.#eventOf(row),
      publisher: sourceorg,
      receiver: org,
      ...(full && { subscription }),
      since: row.since,
      ...defined({ due: row.due, corrects }),
      attempts: row.attempts,
      repeats: row.repeats,
    };
  }

  #party(ods: string): Party {
    const organisation = this.parts.registry.organisation(ods);
    return { ods, ...defined({ name: organisation?.name, contact: organisation?.contact }) };
  }
}

/** The oldest first; places are told apart as the database does it by their bytes. */
function inOrder({ at: one }: Placed, { at: other }: Placed): number {
  const first = one.findIndex((text, index) => text !== other[index]);
  return first < 0 ? 0 : Buffer.compare(Buffer.from(one[first]!), Buffer.from(other[first]!));
}
