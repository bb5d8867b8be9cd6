import { randomUUID } from 'node:crypto';
import { Refusal } from '@signalbox/contracts';
import type { Announcing } from '@signalbox/registry';
import type { Known } from '../console/viewers.js';
import type { AcceptedEventView } from '../journeys/journeys.js';
import type { Database } from '../store/database.js';
import type { ChainCheck, Entry } from './chain.js';
import {
  type DisclosureLine,
  type DisclosureQuestion,
  disclosureLine,
  listDisclosures,
  openedBefore,
  runningDisclosures,
} from './disclosure-queries.js';
import type { DisclosureReason } from './reasons.js';
import type { Added, DisclosureRecord, NewEntry } from './record.js';
import { faultOfRemark, NO_RIGHT, obstacle } from './right-to-values.js';

/** What {@link Disclosures} is made of. */
export interface DisclosuresParts {
  readonly database: Database;
  readonly record: DisclosureRecord;
  readonly announcing: Pick<Announcing, 'announce'>;
  /** Milliseconds for which the values of an event are shown. */
  readonly lastsMs: number;
  readonly needsFactors: boolean;
  /** Most disclosures of one page, newest entries whose chain is checked, and events that one person may open in an hour. */
  readonly limits: { readonly page: number; readonly checked: number; readonly anHour: number };
  readonly now?: () => Date;
}

/** A page of the list of disclosures. */
export interface DisclosurePage {
  readonly disclosures: readonly DisclosureLine[];
  readonly next?: string;
  readonly chain: ChainCheck;
}

const HOUR_MS = 3_600_000;

/** What somebody says when they break the glass. */
interface Why {
  readonly reason: DisclosureReason;
  readonly text: string;
}

/** Breaking the glass: values are shown to few, for a stated reason, for a short time, and never without a trace. */
export class Disclosures {
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: DisclosuresParts) {}

  /** Minutes for which the values of an event are shown. */
  get minutes(): number {
    return Math.round(this.parts.lastsMs / 60_000);
  }

  /** What stands between somebody and the values of an event, one sentence; `undefined` when nothing does. */
  obstacle(known: Known, event: Pick<AcceptedEventView, 'sourceorg' | 'deliveries'>): string | undefined {
    const found = obstacle(known, event, this.parts.needsFactors);
    return found && NO_RIGHT[found];
  }

  /**
   * Opens the values of one event: written durably and told to the organisations concerned before anything is shown.
   *
   * @throws Refusal SB-3005; SB-4220 for a text that cannot be kept; SB-4290 beyond what one person may open in an hour;
   *   what stood in the way of writing or telling
   */
  open(known: Known, event: AcceptedEventView, why: Why): Promise<DisclosureLine> {
    // One after the other: who asks for many at once is counted as if they had asked in turn.
    const opened = this.#turn.then(() => this.#open(known, event, why));
    this.#turn = opened.catch(() => undefined);
    return opened;
  }

  async #open(known: Known, event: AcceptedEventView, why: Why): Promise<DisclosureLine> {
    this.#mustMay(known, event);
    refuseRemark(why.text, '/text');
    const running = await this.running(known, event);
    if (running !== undefined) return running;
    const now = this.#now();
    await this.#refuseCollecting(known, now);
    const { source, id: eventid, type, journey, sourceorg: publisher } = event;
    const opened = await this.#add({
      ...this.#by(known, 'opened', randomUUID(), now),
      ...{ publisher, source, eventid, type, journey, reason: why.reason, text: why.text.trim() },
      until: new Date(now.getTime() + this.parts.lastsMs).toISOString(),
    });
    await this.#tell(opened);
    return this.#line(known, opened.disclosure);
  }

  /** What runs for somebody: of one event, or the first to end of all. */
  async running(known: Known, event?: Pick<AcceptedEventView, 'source' | 'id'>): Promise<DisclosureLine | undefined> {
    return (await this.allRunning(known)).find(
      (one) => event === undefined || (one.source === event.source && one.eventid === event.id),
    );
  }

  /** Everything that runs for somebody, the first to end first. */
  allRunning(known: Known): Promise<DisclosureLine[]> {
    return runningDisclosures(this.parts.database, nameOf(known), this.#now());
  }

  /**
   * Counts that values are shown once more: on record before they are read.
   *
   * @throws Refusal SB-3005 when nothing runs for this event any more, or the right to it has gone
   */
  async view(known: Known, event: AcceptedEventView): Promise<DisclosureLine> {
    this.#mustMay(known, event);
    const running = await this.running(known, event);
    if (running === undefined)
      throw new Refusal('SB-3005', 'Values are shown after a reason is given, for a short time');
    // A process that ended between writing and telling has told nobody yet.
    if (!running.noticed) await this.#tell(await this.#opening(running));
    await this.#add(this.#by(known, 'viewed', running.disclosure));
    return running;
  }

  /** Ends it before its time; what has ended stays ended. @throws Refusal SB-4040 for what is not one's own */
  async end(known: Known, disclosure: string): Promise<DisclosureLine> {
    const line = await this.#line(known, disclosure);
    if (line.by !== nameOf(known)) throw new Refusal('SB-4040');
    if (line.ended === undefined && Date.parse(line.until) > this.#now().getTime())
      await this.#add(this.#by(known, 'ended', disclosure));
    return this.#line(known, disclosure);
  }

  /**
   * Says that somebody has looked into it.
   *
   * @throws Refusal SB-3005 without the role; SB-4040; SB-3008 for one's own; SB-4220 for a note that cannot be kept
   */
  async review(known: Known, disclosure: string, note: string): Promise<DisclosureLine> {
    if (!known.roles.has('information-governance'))
      throw new Refusal('SB-3005', 'This needs the role information-governance');
    refuseRemark(note, '/note');
    const line = await this.#line(known, disclosure);
    if (line.by === nameOf(known)) throw new Refusal('SB-3008', 'Who looked at the values cannot review it');
    await this.#add({ ...this.#by(known, 'reviewed', disclosure), note: note.trim() });
    return this.#line(known, disclosure);
  }

  /** The list for information governance: what concerns one's own side. @throws Refusal SB-3005, SB-4000 */
  async list(known: Known, question: Omit<DisclosureQuestion, 'now'>): Promise<DisclosurePage> {
    if (!known.roles.has('information-governance'))
      throw new Refusal('SB-3005', 'This needs the role information-governance');
    const { database, record, limits } = this.parts;
    const [{ lines, next }, chain] = await Promise.all([
      listDisclosures(database, known, { ...question, now: this.#now() }, limits.page),
      record.check(limits.checked),
    ]);
    // How many there are in all is the operator's alone to know.
    const { holds, head } = chain;
    return {
      disclosures: lines,
      ...(next !== undefined && { next }),
      chain: known.viewer.all ? chain : { checked: lines.length, holds, ...(head !== undefined && { head }) },
    };
  }

  /**
   * Whether the record behind an entry is whole, up to so many entries as one answer looks at.
   *
   * @param after number of the entry; 0 begins
   * @throws Refusal SB-3005 for everybody but information governance of the exchange: how many there are is theirs to know
   */
  check(known: Known, after: number): Promise<ChainCheck & { readonly next?: number }> {
    if (!known.viewer.all || !known.roles.has('information-governance'))
      throw new Refusal('SB-3005', 'This needs the role information-governance at the operator of the exchange');
    return this.parts.record.checkBehind(after, this.parts.limits.checked);
  }

  /** A look has a reason of its own; who opens one event after the other collects them. @throws Refusal SB-4290 */
  async #refuseCollecting(known: Known, now: Date): Promise<void> {
    const { database, limits, lastsMs } = this.parts;
    const until = await openedBefore(
      database,
      nameOf(known),
      limits.anHour,
      new Date(now.getTime() + lastsMs - HOUR_MS),
    );
    if (until === undefined) return;
    const retryAfter = Math.ceil((Date.parse(until) - lastsMs + HOUR_MS - now.getTime()) / 1_000);
    throw new Refusal('SB-4290', 'The values of so many events were shown to you in this hour that no more are', {
      retryAfter,
    });
  }

  #mustMay(known: Known, event: AcceptedEventView): void {
    const found = this.obstacle(known, event);
    if (found !== undefined) throw new Refusal('SB-3005', found);
  }

  /** Tells the publisher's organisation and the viewer's own; the event says nothing of the content. */
  async #tell(opening: Added): Promise<void> {
    const { disclosure, publisher = '', org, by, reason, at, until, source, eventid, type, hash } = opening;
    for (const targetorg of new Set([publisher, org])) {
      await this.parts.announcing.announce('values-shown', {
        targetorg,
        id: [disclosure],
        thread: ['disclosure', disclosure],
        time: at,
        data: {
          ...{ disclosure, event: { source, id: eventid, type }, organisation: org, by, reason },
          ...{ shown: at, until, entry: hash },
        },
      });
    }
    await this.#add({ kind: 'noticed', at: this.#now().toISOString(), disclosure, org, by });
  }

  async #opening({ disclosure }: DisclosureLine): Promise<Added> {
    const [row] = await this.parts.database.query<{ entry: string; hash: string }>(
      `select entry, hash from disclosures where disclosure = $1 and kind = 'opened'`,
      [disclosure],
    );
    if (row === undefined) throw new Refusal('SB-4040');
    return { ...(JSON.parse(row.entry) as Entry), hash: row.hash };
  }

  async #line(known: Known, disclosure: string): Promise<DisclosureLine> {
    const line = await disclosureLine(this.parts.database, known, disclosure, this.#now());
    if (line === undefined) throw new Refusal('SB-4040');
    return line;
  }

  #by(known: Known, kind: Entry['kind'], disclosure: string, now = this.#now()): NewEntry {
    const { ods: org, name } = known;
    return { kind, at: now.toISOString(), disclosure, org, by: nameOf(known), ...(name !== undefined && { name }) };
  }

  #add(entry: NewEntry) {
    return this.parts.record.add(entry);
  }

  #now(): Date {
    return this.parts.now?.() ?? new Date();
  }
}

/** `<ODS>:<person>`. */
export function nameOf({ ods, application }: Pick<Known, 'ods' | 'application'>): string {
  return `${ods}:${application}`;
}

/** @throws Refusal SB-4220 */
function refuseRemark(text: string, path: string): void {
  const fault = faultOfRemark(text);
  if (fault === undefined) return;
  const finding = {
    path,
    rule: 'remark',
    expected: 'a few words without long numbers',
    fix: fault,
    doc: '/docs/rules',
  };
  throw new Refusal('SB-4220', fault, { findings: [finding] });
}
