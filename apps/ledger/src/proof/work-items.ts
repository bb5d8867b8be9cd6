import { type Catalogue, Refusal } from '@signalbox/contracts';
import { OPERATOR, type Registry } from '@signalbox/registry';
import { type Delivery, defined } from '../journeys/delivery.js';
import type { Viewer } from '../journeys/sight.js';
import { plain, type Queries, type Row, storable } from '../store/database.js';
import { type Owner, workOf } from './work-table.js';

/** Somebody who can be reached. */
export interface Party {
  readonly ods: string;
  readonly name?: string;
  readonly contact?: string;
}

/** Something that waits for a person. */
export interface WorkItem {
  readonly kind: 'parked' | 'expired' | 'correction';
  readonly reason?: string;
  /** Why it has stopped. */
  readonly sentence: string;
  /** What to do next. */
  readonly next: string;
  /** Whose move it is. */
  readonly owner: Party & { readonly side: Owner };
  /** Whether that is the caller. */
  readonly yours: boolean;
  /** Whom to call about it: the other side for its owner, the owner for the other side. */
  readonly contact: Party;
  readonly event: {
    readonly id: string;
    readonly source: string;
    readonly type: string;
    readonly title: string;
    readonly journey: string;
    readonly recorded: string;
  };
  readonly publisher: string;
  readonly receiver: string;
  /** For the receiver and the operator, and for a publisher whose move it is. */
  readonly subscription?: string;
  /** RFC 3339: since when it waits for somebody, and by when it should have been delivered. */
  readonly since: string;
  readonly due?: string;
  readonly attempts: number;
  /** How often it has come to a stop. */
  readonly repeats: number;
  /** Id of the event that it corrects. */
  readonly corrects?: string;
}

/** One page of work items, oldest first. */
export interface WorkPage {
  readonly items: readonly WorkItem[];
  /** Cursor of the next page. */
  readonly next?: string;
}

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

/** Lists what waits for a person, from the state of the deliveries: nothing has to be opened or closed by hand. */
export class WorkItems {
  constructor(private readonly parts: WorkParts) {}

  /** Open ones of the viewer's side, of one event where it is named. @throws Refusal SB-4000 for a cursor that no page gave out */
  async open(viewer: Viewer, { after, event, source }: WorkQuestion = {}): Promise<WorkPage> {
    const { limit, queries } = this.parts;
    const [since, identity, subscription] = after === undefined ? [null, '', ''] : cursorOf(after);
    const ods = viewer.all ? null : viewer.ods;
    const rows = await queries.query<Row>(STOPPED, [
      ...[ods, since, identity, subscription, limit + 1],
      ...[event, source].map((one) => (one === undefined ? null : storable(one))),
    ]);
    const found = rows.slice(0, limit).map((row) => plain<StoppedRow>(row));
    const last = rows.length > limit ? found.at(-1) : undefined;
    return {
      items: found.map((row) => this.#itemOf(row, viewer)),
      ...(last && { next: textOf([last.since, last.identity, last.subscription]) }),
    };
  }

  #itemOf(row: StoppedRow, viewer: Viewer): WorkItem {
    const { registry, catalogue } = this.parts;
    const { state, reason, subscription, org, sourceorg, corrects } = row;
    const { owner, sentence, next } = workOf({
      state,
      subscription: registry.subscription(subscription),
      ...defined({ reason }),
    });
    const owning = { receiver: org, publisher: sourceorg, operator: OPERATOR.ods }[owner];
    const yours = viewer.all ? owner === 'operator' : viewer.ods === owning;
    // Whoever has to see to it names it by its subscription.
    const full = viewer.all || viewer.ods === org || (yours && owner === 'publisher');
    const other = owner === 'publisher' ? org : owner === 'receiver' ? sourceorg : org;
    return {
      kind: corrects !== undefined && state === 'parked' && owner === 'publisher' ? 'correction' : state,
      ...defined({ reason }),
      sentence,
      next,
      owner: { side: owner, ...this.#party(owning) },
      yours,
      contact: this.#party(yours ? other : owning),
      event: {
        id: row.id,
        source: row.source,
        type: row.type,
        title: catalogue.find(row.type)?.title ?? row.type,
        journey: row.journey,
        recorded: row.recorded,
      },
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

function textOf(cursor: readonly [string, string, string]): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function cursorOf(text: string): [string, string, string] {
  try {
    const [since, identity, subscription] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    if (typeof since === 'string' && typeof identity === 'string' && typeof subscription === 'string') {
      return [new Date(since).toISOString(), storable(identity), storable(subscription)];
    }
  } catch {
    // Told below, like a cursor of another shape.
  }
  throw new Refusal('SB-4000', 'The cursor in ?after= is not one that this list gave out');
}
