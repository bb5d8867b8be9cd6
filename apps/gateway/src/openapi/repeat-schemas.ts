import { ref } from './form.js';
import { text, flag, count, time, listOf, open, strict } from './shapes.js';

const positions = {
  type: 'object',
  description: 'By family, a sequence of its stream',
  additionalProperties: { type: 'integer', minimum: 1 },
};
const atTime = strict(['time'], { time });
const atPositions = strict(['positions'], { positions });
const dryrun = { ...flag, default: true, description: 'Say only what it would do' };
const range = {
  type: 'object',
  additionalProperties: open(['from', 'to'], { from: count, to: count }),
  description: 'By family, the first and the last place',
};
const narrowed = {
  type: { ...text, description: 'Only of this type' },
  publisher: { ...text, description: 'Only of this publisher, by ODS code' },
};
const selection = {
  oneOf: [
    strict(['events'], {
      events: { ...listOf(strict(['source', 'id'], { source: text, id: text })), minItems: 1, maxItems: 500 },
    }),
    strict(['reason'], { reason: text, ...narrowed }),
    strict(['all'], { all: { const: true }, ...narrowed }),
  ],
};
const act = { enum: ['retry', 'park', 'hand-over', 'handled'] };

/** The shapes of bodies and answers of what is sent again and what is parked. */
export const REPEAT_SCHEMAS: Readonly<Record<string, object>> = {
  ReplayWish: strict(['from'], {
    from: {
      oneOf: [
        atTime,
        atPositions,
        strict(['journey'], { journey: text }),
        strict(['missed'], { missed: { const: true }, time }),
      ],
    },
    to: { oneOf: [atTime, atPositions], description: 'Default: up to where the subscription has come by itself' },
    dryrun,
    rate: { type: 'integer', minimum: 1, description: 'Events a second' },
  }),
  ReplayPlan: open(['dryrun', 'events', 'bytes', 'journeys', 'rate', 'seconds', 'range'], {
    dryrun: { const: true },
    events: { ...count, description: 'Events that the subscription would be given now' },
    bytes: count,
    journeys: count,
    duplicates: { ...count, description: 'Events among them that it has received already' },
    gone: { ...count, description: 'Events of the journey that are no longer kept' },
    keptsince: { ...time, description: 'The oldest event that is still kept, when the range asked for began before' },
    rate: count,
    seconds: count,
    range,
  }),
  Replay: open(['id', 'subscription', 'status', 'planned', 'done', 'rate', 'created', 'updated'], {
    id: text,
    subscription: text,
    ods: text,
    by: { ...text, description: '<ODS>:<application> of who asked for it' },
    status: { enum: ['running', 'paused', 'done', 'cancelled', 'failed'] },
    statusReason: text,
    selection: { enum: ['time', 'positions', 'journey', 'missed'] },
    range,
    rate: count,
    planned: count,
    done: { ...count, description: 'Events whose delivery has ended or goes on by itself' },
    gone: { ...count, description: 'Events that were no longer kept when their turn came' },
    passed: { ...count, description: 'Events that were no longer for the subscription when their turn came' },
    position: { type: 'object', additionalProperties: count },
    created: time,
    updated: time,
  }),
  SeekWish: strict(['to'], {
    to: {
      oneOf: [{ const: 'now' }, time, atTime, atPositions],
      description: 'The place of the first event to be given',
    },
    dryrun,
  }),
  Sought: open(['dryrun', 'passedover', 'again', 'start'], {
    dryrun: flag,
    passedover: { ...count, description: 'Events that are never given now, each with a step that says so' },
    again: { ...count, description: 'Events that come once more' },
    start: { type: 'object', additionalProperties: count },
  }),
  Parked: open(['items'], {
    items: listOf({ oneOf: [ref('ParkedGroup'), ref('Delivery')] }),
    next: { ...text, description: 'For after; absent on the last page' },
  }),
  ParkedGroup: open(['count', 'attempts', 'journeys', 'first', 'last', 'owner', 'sample'], {
    reason: text,
    sentence: text,
    count,
    attempts: count,
    journeys: count,
    first: { ...time, description: 'When the first of them was parked' },
    last: time,
    owner: open(['side', 'ods'], {
      side: { enum: ['receiver', 'publisher', 'operator'] },
      ods: text,
      name: text,
      contact: text,
    }),
    sample: ref('Delivery'),
  }),
  ParkedWish: strict(['selection'], {
    selection,
    dryrun,
    note: { ...text, maxLength: 500, description: 'Why; needed for handled. Never ten digits in a row' },
    to: { ...text, maxLength: 200, description: 'Who looks after them now, or who handled them; needed for hand-over' },
  }),
  ParkedResult: open(['dryrun', 'act', 'deliveries', 'duplicates', 'more', 'secondperson'], {
    dryrun: flag,
    act,
    deliveries: count,
    duplicates: { ...count, description: 'Of them, how many the receiver may have all the same' },
    more: { ...flag, description: 'More are parked than one act may be about' },
    secondperson: { ...flag, description: 'Whether a second person has to agree' },
    action: { ...text, description: 'Id of the act that waits for one' },
    changed: count,
    gone: { ...count, description: 'Neither their stream nor a copy has the event any more; they stay parked' },
  }),
  HandledWish: strict(['source', 'org', 'who', 'note'], {
    source: { ...text, description: 'Source of the event' },
    org: { ...text, description: 'ODS code of the receiver that was told' },
    subscription: { ...text, description: 'Only this one, as the work item names it' },
    who: { ...text, maxLength: 200, description: 'Who told it: a name or a mailbox. Never ten digits in a row' },
    note: { ...text, maxLength: 500, description: 'How, and what was agreed. Never ten digits in a row' },
    dryrun,
  }),
  HandledResult: open(['dryrun', 'org', 'items', 'before'], {
    dryrun: flag,
    org: text,
    items: {
      ...listOf(open(['subscription', 'next', 'since'], { subscription: text, reason: text, next: text, since: time })),
      description: 'What was open',
    },
    before: { ...count, description: 'How many of this receiver were dealt with outside before' },
    changed: { ...count, description: 'How many were closed; absent in a dry run' },
  }),
  BulkAction: open(['id', 'ods', 'subscription', 'act', 'deliveries', 'by', 'created', 'expires', 'status'], {
    id: text,
    ods: text,
    subscription: text,
    act,
    selection,
    deliveries: count,
    note: text,
    to: text,
    by: text,
    decidedby: text,
    created: { ...time, description: 'What was parked later is not touched' },
    expires: time,
    status: { enum: ['waiting', 'approved', 'rejected', 'done'] },
    changed: count,
  }),
};
