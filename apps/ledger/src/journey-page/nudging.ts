import { Refusal, type StuckReason } from '@signalbox/contracts';
import { derivedRecordId, type RecordLog, type Step } from '@signalbox/messaging';
import type { Announcing } from '@signalbox/registry';
import type { Known } from '../console/viewers.js';
import type { JourneyView } from '../journeys/journey-view.js';
import { plain, type Queries, type Row } from '../store/database.js';

/** What {@link Nudging} is made of. */
export interface NudgingParts {
  readonly database: Queries;
  readonly steps: Pick<RecordLog<Step>, 'publish'>;
  readonly announcing: Pick<Announcing, 'announce'>;
  /** Milliseconds between two nudges of one journey. */
  readonly everyMs: number;
  /** Address of the console, for a link that leads to the journey. */
  readonly publicUrl?: URL;
  readonly now?: () => Date;
}

/** What is asked of whom. */
export interface Nudge {
  readonly journey: JourneyView;
  /** ODS codes of those who hold it and are asked. */
  readonly holders: readonly string[];
  /** Why it stands still, where that is known. */
  readonly stuck?: StuckReason;
}

/** Asks whoever holds a journey to look at it: they are told by an event, and the journey remembers by whom. */
export class Nudging {
  /** When journeys were nudged from here last: what was written a moment ago may not be read yet. */
  readonly #lately = new Map<string, number>();

  constructor(private readonly parts: NudgingParts) {}

  /** When a journey may be nudged again; `undefined` when it may now. */
  async again(journey: string): Promise<Date | undefined> {
    const rows = await this.parts.database.query<Row>(
      `select max(time) as last from steps where journey = $1 and kind = 'nudged'`,
      [journey],
    );
    const { last } = plain<{ last?: string }>(rows[0] ?? {});
    const at = Math.max(last === undefined ? 0 : Date.parse(last), this.#lately.get(journey) ?? 0);
    const next = at + this.parts.everyMs;
    return next > this.#now().getTime() ? new Date(next) : undefined;
  }

  /**
   * @throws Refusal SB-4220 when there is nobody to ask, SB-4290 when somebody has just asked; EngineUnavailable: repeat it,
   *   nobody is told twice
   */
  async nudge(known: Known, { journey, holders, stuck }: Nudge): Promise<void> {
    const event = journey.events.find(
      ({ id, source }) => id === journey.heading.event?.id && source === journey.heading.event.source,
    );
    if (event === undefined || holders.length === 0)
      throw new Refusal('SB-4220', 'Nobody else holds this journey, so there is nobody to ask');
    const again = await this.again(journey.journey);
    const now = this.#now();
    if (again !== undefined) {
      const retryAfter = Math.ceil((again.getTime() - now.getTime()) / 1_000);
      throw new Refusal('SB-4290', 'Somebody has asked about this journey a short while ago', { retryAfter });
    }
    const by = `${known.ods}:${known.application}`;
    const { id: eventid, source, type, sourceorg } = event;
    const bucket = Math.floor(now.getTime() / this.parts.everyMs);
    for (const org of holders) {
      await this.parts.announcing.announce('nudged', {
        targetorg: org,
        id: [journey.journey, bucket],
        thread: ['nudged', journey.journey],
        time: now.toISOString(),
        data: {
          ...{ event: { source, id: eventid, type }, organisation: known.ods, by, asked: now.toISOString() },
          since: journey.heading.since,
          ...(stuck !== undefined && { waits: stuck }),
          ...this.#page(journey.journey),
        },
      });
      const step = { source, eventid, type, journey: journey.journey, sourceorg, org, by };
      const id = derivedRecordId(['nudged', journey.journey, org, bucket]);
      await this.parts.steps.publish({ id, kind: 'nudged', time: now.toISOString(), ...step });
    }
    this.#remember(journey.journey, now.getTime());
  }

  #page(journey: string): { page?: string } {
    const { publicUrl } = this.parts;
    return publicUrl === undefined ? {} : { page: new URL(`/journeys/${encodeURIComponent(journey)}`, publicUrl).href };
  }

  #remember(journey: string, at: number): void {
    for (const [one, when] of this.#lately) if (when + this.parts.everyMs < at) this.#lately.delete(one);
    this.#lately.set(journey, at);
  }

  #now(): Date {
    return this.parts.now?.() ?? new Date();
  }
}
