import { ref } from './form.js';
import { text, count, time, listOf, open } from './shapes.js';

const state = {
  enum: [
    ...['waiting', 'delivering', 'delivered', 'acknowledged', 'filtered'],
    ...['suppressed', 'paused', 'parked', 'expired', 'handled-outside'],
  ],
};
const marks = {
  replay: { ...text, description: 'Id of the replay that it was delivered for' },
  corrects: { ...text, description: 'Id of the event that it corrects, when it was delivered for that reason alone' },
  late: { ...text, description: 'Id of the newer version that was known when it was delivered' },
};
const endpoint = {
  status: { ...count, description: 'What the endpoint answered' },
  latencyms: { type: 'number' },
  answer: {
    ...text,
    description:
      'An excerpt of what it said: at most 200 characters, technical words and short numbers only; … stands for anything else',
  },
};
const cause = { reason: text, detail: text };
const delivery = {
  source: text,
  id: text,
  type: text,
  journey: text,
  sourceorg: text,
  stream: { ...text, description: 'Where the event lies; absent once it is no longer known' },
  sequence: count,
  recorded: time,
  size: { ...count, description: 'Bytes of data' },
  unanswered: {
    type: 'boolean',
    description:
      'Of a parked one: whether an attempt ended without an answer, so that the receiver may have it all the same',
  },
  handedover: {
    ...open(['time'], { time, by: text, note: text }),
    description: 'Of a parked one: to whom it was handed last',
  },
  org: text,
  subscription: text,
  state,
  since: { ...time, description: 'When the state began' },
  attempts: count,
  firstattempt: time,
  lastattempt: time,
  delivered: time,
  acknowledged: time,
  nextattempt: time,
  channel: text,
  ...cause,
  ...endpoint,
  ...marks,
};
const contact = { ...text, description: 'How people reach the organisation, where somebody has to' };
const identified = ['source', 'id', 'type', 'journey', 'sourceorg'];

/** The shapes of deliveries and of who received what. */
export const DELIVERY_SCHEMAS: Readonly<Record<string, object>> = {
  DeliveriesQuestion: {
    ...open([], {
      subscription: text,
      state: listOf(state),
      reason: text,
      journey: text,
      since: { ...time, description: 'Only those whose state began then or later' },
      after: { ...text, description: 'next of the page before' },
      limit: { ...count, minimum: 1, maximum: 1000, default: 100 },
      order: { enum: ['oldest', 'newest'], default: 'oldest', description: 'By when the state began' },
      group: { enum: ['reason', 'state'], description: 'Count them by what they share instead of listing them' },
    }),
    additionalProperties: false,
  },
  Delivery: open([...identified, 'org', 'subscription', 'state', 'since', 'attempts'], delivery),
  Deliveries: {
    oneOf: [
      open(['deliveries'], { deliveries: listOf(ref('Delivery')), next: text }),
      open(['groups'], {
        groups: listOf(
          open(['count', 'attempts', 'journeys', 'first', 'last', 'sample'], {
            reason: text,
            state,
            count,
            attempts: { ...count, description: 'Made for all of them together' },
            journeys: count,
            first: { ...time, description: 'When the first of them came into its state' },
            last: time,
            sample: { ...ref('Delivery'), description: 'The newest of them' },
          }),
        ),
      }),
    ],
  },
  DeliveryHistory: open(['delivery', 'attempts'], {
    delivery: ref('Delivery'),
    attempts: listOf(
      open(['id', 'kind', 'time'], {
        id: text,
        kind: text,
        time,
        attempt: count,
        state,
        nextattempt: time,
        traceid: text,
        by: { ...text, description: '<ODS>:<application> of the person’s application, for what people did' },
        note: text,
        ...cause,
        ...endpoint,
        ...marks,
      }),
    ),
  }),
  Recipients: open(['id', 'source', 'type', 'journey', 'recorded', 'recipients'], {
    id: text,
    source: text,
    type: text,
    journey: text,
    recorded: time,
    supersedes: text,
    recipients: listOf(
      open(['org', 'state', 'since', 'overdue'], {
        org: text,
        name: text,
        state,
        since: time,
        delivered: time,
        acknowledged: time,
        acknowledgementdue: { ...time, description: 'By when it should be acknowledged; absent until it is delivered' },
        overdue: { type: 'boolean' },
        reason: text,
        corrects: marks.corrects,
        late: marks.late,
        contact,
      }),
    ),
    outstanding: {
      ...listOf(
        open(['org', 'received', 'state'], {
          org: text,
          name: text,
          received: { ...text, description: 'Id of the newest of the replaced events that it received' },
          state,
          since: time,
          reason: text,
          work: { ...text, description: 'What the publisher has to do, where it is the publisher’s move' },
          subscription: { ...text, description: 'By which the publisher names it; only with work' },
          contact,
        }),
      ),
      description: 'Of a correction or withdrawal: who has what it replaces and not the correction',
    },
  }),
};
