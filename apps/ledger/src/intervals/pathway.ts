/** A part of a pathway: from an event that begins it to the first one that ends it. */
export interface Part {
  readonly id: string;
  readonly title: string;
  /** What the page says of it. */
  readonly meaning: string;
  /** Types without their version. */
  readonly begins: readonly string[];
  readonly ends: readonly string[];
}

/** The parts of a pathway, in their order. */
export const PARTS: readonly Part[] = [
  {
    id: 'referral-to-response',
    title: 'Referral to response',
    meaning: 'from the request of a referral or validation to the first answer',
    begins: ['org.signalbox.referral.requested', 'org.signalbox.referral.validation-requested'],
    ends: ['org.signalbox.referral.responded'],
  },
  {
    id: 'response-to-booking',
    title: 'Response to booking',
    meaning: 'from the answer to the booking of an appointment',
    begins: ['org.signalbox.referral.responded'],
    ends: ['org.signalbox.booking.booked'],
  },
  {
    id: 'booking-to-outcome',
    title: 'Booking to outcome',
    meaning: 'from the booking to the outcome of the appointment',
    begins: ['org.signalbox.booking.booked'],
    ends: ['org.signalbox.booking.outcome-recorded'],
  },
  {
    id: 'outcome-to-result',
    title: 'Outcome to result',
    meaning: 'from the outcome of the appointment to the first report',
    begins: ['org.signalbox.booking.outcome-recorded'],
    ends: ['org.signalbox.result.reported'],
  },
  {
    id: 'result-to-acknowledgement',
    title: 'Result to acknowledgement',
    meaning: 'from a report, correction or withdrawal to the first note that was taken of it',
    begins: ['org.signalbox.result.reported', 'org.signalbox.result.corrected', 'org.signalbox.result.withdrawn'],
    ends: ['org.signalbox.result.acknowledged'],
  },
];

/** What of an event pathways are made of. */
export interface PathwayEvent {
  readonly identity: string;
  readonly id: string;
  readonly type: string;
  readonly journey: string;
  readonly sourceorg: string;
  readonly targetorg?: string;
  /** RFC 3339. */
  readonly recorded: string;
  readonly causationid?: string;
}

/** How long a part took in one journey. */
export interface Interval {
  readonly journey: string;
  readonly part: string;
  /** Of the event that ended it. */
  readonly identity: string;
  /** Who waited, and who acted. */
  readonly waits: string;
  readonly acts: string;
  /** RFC 3339. */
  readonly ended: string;
  readonly ms: number;
}

/**
 * The intervals of one journey. An event ends the beginning that it names as its cause, or the oldest that is open; each
 * beginning ends once. In which order the events were read does not matter.
 *
 * @param events of the journey, each once, without repetitions
 */
export function intervalsOf(events: readonly PathwayEvent[]): Interval[] {
  const ordered = events.toSorted(
    (a, b) => Date.parse(a.recorded) - Date.parse(b.recorded) || (a.identity < b.identity ? -1 : 1),
  );
  return PARTS.flatMap((part) => ofPart(part, ordered));
}

function ofPart(part: Part, events: readonly PathwayEvent[]): Interval[] {
  const open: PathwayEvent[] = [];
  const ended = new Set<string | undefined>();
  const intervals: Interval[] = [];
  for (const event of events) {
    // What answers once more what has ended says nothing of another one.
    if (part.ends.includes(bare(event.type)) && open.length > 0 && !ended.has(event.causationid)) {
      const caused = open.findIndex(({ id }) => id === event.causationid);
      const [begun] = open.splice(Math.max(0, caused), 1);
      intervals.push(between(part, begun!, event));
      ended.add(begun!.id);
    }
    if (part.begins.includes(bare(event.type))) open.push(event);
  }
  return intervals;
}

function between(part: Part, begun: PathwayEvent, ended: PathwayEvent): Interval {
  const acts = ended.sourceorg;
  const other = begun.sourceorg === acts ? (ended.targetorg ?? begun.targetorg) : begun.sourceorg;
  return {
    journey: ended.journey,
    part: part.id,
    identity: ended.identity,
    waits: other ?? acts,
    acts,
    ended: ended.recorded,
    ms: Math.max(0, Date.parse(ended.recorded) - Date.parse(begun.recorded)),
  };
}

/** A type without its version. */
function bare(type: string): string {
  return type.replace(/\.v\d+$/, '');
}
