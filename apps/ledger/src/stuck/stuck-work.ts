import { type Catalogue, CLOCKS, isClock, type OpenEvent, type StuckKey, type StuckReason } from '@signalbox/contracts';
import { OPERATOR, type Registry } from '@signalbox/registry';
import { defined } from '../journeys/delivery.js';
import type { Viewer } from '../journeys/sight.js';
import { type Queries, recordset } from '../store/database.js';
import { type AstrayCell, astrayCause, astrayCells, type AstrayEvent, astrayEvents, whyAstray } from './astray.js';
import { type Cell, type ItemCursor, itemsOf, quietCells, stoppedCells } from './cells.js';
import { type OverdueCell, overdueCells, type OverdueEvent, overdueEvents } from './clocks.js';
import {
  causeOfCell,
  type GroupFilter,
  groupName,
  groupsOf,
  isAskedFor,
  type OpenGroup,
  type Portion,
} from './groups.js';
import { withHandedOver } from './handed-over.js';
import { type ItemPage, itemPage, type StuckItem } from './items.js';
import { openEvents } from './open-events.js';
import { type RefusedCell, refusedCells, refusedEvents } from './refused.js';
import type { WhyBook } from './why-book.js';
import { type Why, whyOf, whyOverdue, whyRefused } from './why.js';

/** Bounds of what stands still; each is a setting. */
export interface StuckLimits {
  /** How far a group is counted. */
  readonly count: number;
  /** Groups in one answer. */
  readonly groups: number;
  /** Items in one answer. */
  readonly page: number;
  /** Days for which a refusal counts. */
  readonly refusedDays: number;
  /** Milliseconds for which groups are remembered. */
  readonly keepMs: number;
}

/** What {@link StuckWork} is made of. */
export interface StuckWorkParts {
  readonly database: Queries;
  readonly registry: Pick<Registry, 'organisation' | 'subscription'>;
  readonly catalogue: Pick<Catalogue, 'find'>;
  readonly why: WhyBook;
  readonly limits: StuckLimits;
  /** Publishers that send nothing, and organisations that have declared an outage. */
  readonly silent: (viewer: Viewer) => Promise<readonly Portion[]>;
  readonly now?: () => Date;
}

/** Groups as one page shows them. */
export interface GroupPage {
  readonly groups: readonly OpenGroup[];
  /** How many pages there are. */
  readonly pages: number;
}

/** Cells that one look takes in; beyond it the finest division is not told. */
const MOST_CELLS = 2_000;
const DAY_MS = 86_400_000;

/** Everything that stands still, by what it has in common: what it asks of the database does not grow with the past. */
export class StuckWork {
  readonly #kept = new Map<string, { readonly at: number; readonly groups: Promise<OpenGroup[]> }>();

  constructor(private readonly parts: StuckWorkParts) {}

  /** One page of the groups that the viewer may see and asks for, the oldest first. */
  async groups(viewer: Viewer, filter: GroupFilter = {}, page = 1): Promise<GroupPage> {
    const asked = (await this.#all(viewer)).filter((group) => isAskedFor(group, filter));
    const { groups: size } = this.parts.limits;
    return { groups: asked.slice((page - 1) * size, page * size), pages: Math.ceil(asked.length / size) };
  }

  /** One group as it is now; `undefined` when nothing of it stands still any more. */
  async group(viewer: Viewer, key: StuckKey): Promise<OpenGroup | undefined> {
    const name = groupName(key);
    return (await this.#all(viewer)).find((group) => groupName(group) === name);
  }

  /** What stands still, by reason. */
  async totals(viewer: Viewer): Promise<ReadonlyMap<StuckReason, number>> {
    const totals = new Map<StuckReason, number>();
    for (const { stuck, count } of await this.#all(viewer)) totals.set(stuck, (totals.get(stuck) ?? 0) + count);
    return totals;
  }

  /** The members of a group, oldest first. @throws Refusal SB-4000 for a cursor that no page gave out */
  async items(viewer: Viewer, group: OpenGroup, after?: string): Promise<ItemPage> {
    const { database, limits } = this.parts;
    const { kind, publisher, receiver, type, cause } = group;
    const page = await itemPage(limits.page, after, async (limit, cursor) => {
      switch (kind) {
        case 'stopped':
        case 'quiet': {
          const page = { limit, after: cursor, quiet: kind === 'quiet' };
          return itemsOf(database, viewer, recordset(group.cells), page);
        }
        case 'astray': {
          const known = cause === 'no-grant' ? true : cause === 'not-subscribed' ? false : undefined;
          const question = { publisher, receiver, type, subscribed: known, after: cursor };
          return (await astrayEvents(database, viewer, question, limit)).map(itemOfAstray);
        }
        case 'overdue': {
          const waiting = receiver === '' ? undefined : receiver;
          const question = { publisher, receiver: waiting, type, clock: cause, after: cursor };
          return (await overdueEvents(database, viewer, question, this.#now(), limit)).map(itemOfClock);
        }
        case 'refused': {
          const page = { since: this.#refusedSince(), after: sequenceIn(cursor), limit };
          const events = await refusedEvents(database, { org: publisher, code: cause, type }, page);
          return events.map(({ sequence, time, id, source, org }) => ({
            identity: String(sequence),
            subscription: '',
            since: time,
            type,
            sourceorg: org,
            ...defined({ id, source }),
          }));
        }
        default:
          return [];
      }
    });
    return { ...page, items: await withHandedOver(database, viewer, page.items) };
  }

  /** Those of some events that are open and of the viewer's own publishing. */
  open(viewer: Viewer, events: readonly { readonly source: string; readonly id: string }[]): Promise<OpenEvent[]> {
    return openEvents(this.parts.database, viewer, events);
  }

  /** Remembered for a moment: a page that many look at costs no more than one that one looks at. */
  #all(viewer: Viewer): Promise<OpenGroup[]> {
    const name = viewer.all ? '*' : viewer.ods;
    const kept = this.#kept.get(name);
    const now = this.#now().getTime();
    if (kept !== undefined && now - kept.at < this.parts.limits.keepMs) return kept.groups;
    for (const [other, { at }] of this.#kept) if (now - at >= this.parts.limits.keepMs) this.#kept.delete(other);
    const groups = this.#gather(viewer);
    this.#kept.set(name, { at: now, groups });
    groups.catch(() => this.#kept.delete(name));
    return groups;
  }

  /** After an act, what stands still is looked at anew. */
  forget(): void {
    this.#kept.clear();
  }

  async #gather(viewer: Viewer): Promise<OpenGroup[]> {
    const { database, catalogue, limits, silent } = this.parts;
    const bounds = { cells: MOST_CELLS, count: limits.count };
    const many = limits.count + 1;
    const stopped = await stoppedCells(database, viewer, bounds);
    const [quiet, astray, overdue, refused, others] = await Promise.all([
      quietCells(database, viewer, bounds),
      astrayCells(database, viewer),
      overdueCells(database, viewer, this.#now()),
      refusedCells(database, viewer, this.#refusedSince(), many * 5),
      silent(viewer),
    ]);
    const portions = [
      ...this.#ofCells(stopped, quiet),
      ...astray.map((cell) => this.#astray(cell)),
      ...overdue.map((cell) => this.#overdue(cell)),
      ...refused.map((cell) => this.#refused(cell)),
      ...others,
    ];
    return groupsOf(portions, limits.count, (type) => catalogue.find(type)?.title);
  }

  #ofCells(stopped: readonly Cell[], quiet: readonly Cell[]): Portion[] {
    const failing = stopped.filter(({ state }) => state === 'waiting' || state === 'delivering');
    const troubled = new Map(failing.map(({ subscription, reason }) => [subscription, reason]));
    return [
      ...stopped.flatMap((cell) => this.#ofCell(cell, 'stopped')),
      ...quiet.flatMap((cell) => this.#ofCell(cell, 'quiet', troubled.get(cell.subscription))),
    ];
  }

  #ofCell(cell: Cell, kind: 'stopped' | 'quiet', troubled?: string): Portion[] {
    const { why: book, registry, limits } = this.parts;
    const { org, publisher, type, reason, first, last, count, stops, sample } = cell;
    const standing = { ...cell, since: first, ...(reason === '' && { reason: undefined }) };
    const { reason: code, ...rest } = standing;
    const event = { sourceorg: publisher, recorded: sample.recorded, ...defined({ targetorg: sample.targetorg }) };
    const why = book.ofCell({ ...rest, ...defined({ reason: code }) }, event, troubled);
    if (why === undefined) return [];
    const cause = causeOfCell(cell, registry.subscription(cell.subscription)?.status);
    return [
      {
        key: { stuck: why.reason, cause, publisher, receiver: org, type },
        kind,
        why,
        count: Math.min(count, limits.count),
        more: count > limits.count,
        repeats: Math.max(0, stops - (cell.state === 'parked' || cell.state === 'expired' ? count : 0)),
        first,
        last,
        sample,
        cell,
      },
    ];
  }

  #astray({ sourceorg, targetorg, type, subscribed, count, first, last, id, source, journey }: AstrayCell): Portion {
    const cause = astrayCause(this.parts.registry.organisation(targetorg), subscribed);
    const why = whyAstray({ sourceorg, targetorg, recorded: first }, cause, OPERATOR.ods);
    const key = { stuck: why.reason, cause, publisher: sourceorg, receiver: targetorg, type };
    const counted = { ...this.#counted(count), first, last };
    return { key, kind: 'astray', why: this.parts.why.reached(why), ...counted, sample: { id, source, journey } };
  }

  #overdue({ clock, owner, other = '', sourceorg, type, count, first, last, due, ...sample }: OverdueCell): Portion {
    const receiver = owner === sourceorg ? other : owner;
    const side = owner === sourceorg ? 'publisher' : 'receiver';
    const parties = { publisher: sourceorg, receiver: owner, operator: OPERATOR.ods };
    const late = isClock(clock) ? CLOCKS[clock].late : undefined;
    const why = whyOf(whyOverdue(clock), parties, { since: first, due, side, ...defined({ detail: late }) });
    const key = { stuck: why.reason, cause: clock, publisher: sourceorg, receiver, type };
    const { id, source, journey } = sample;
    const counted = { ...this.#counted(count), first, last };
    return { key, kind: 'overdue', why: this.parts.why.reached(why), ...counted, sample: { id, source, journey } };
  }

  #counted(count: number) {
    const { count: most } = this.parts.limits;
    return { count: Math.min(count, most), more: count > most, repeats: 0 };
  }

  #refused({ org, code, type, count, repeats, first, last, id, source }: RefusedCell): Portion {
    const parties = { publisher: org, operator: OPERATOR.ods };
    const why: Why = this.parts.why.reached(whyOf(whyRefused(code), parties, { since: first }));
    const key = { stuck: why.reason, cause: code, publisher: org, receiver: '', type };
    const sample = id === undefined || source === undefined ? undefined : { id, source };
    return { key, kind: 'refused', why, count, more: false, repeats, first, last, ...defined({ sample }) };
  }

  #refusedSince(): string {
    return new Date(this.#now().getTime() - this.parts.limits.refusedDays * DAY_MS).toISOString();
  }

  #now(): Date {
    return this.parts.now?.() ?? new Date();
  }
}

/** Refusals are ordered by their sequence, which stands where others have their identity. */
function sequenceIn(cursor: ItemCursor | undefined): number {
  const sequence = Number(cursor?.identity ?? 0);
  return Number.isSafeInteger(sequence) ? sequence : 0;
}

function itemOfAstray(event: AstrayEvent): StuckItem {
  const { identity, recorded, targetorg, id, source, type, sourceorg, journey } = event;
  return { identity, subscription: '', since: recorded, org: targetorg, id, source, type, sourceorg, journey };
}

function itemOfClock(event: OverdueEvent): StuckItem {
  const { identity, subscription, due, owner, id, source, type, sourceorg, journey } = event;
  return { identity, subscription, since: due, due, org: owner, id, source, type, sourceorg, journey };
}
