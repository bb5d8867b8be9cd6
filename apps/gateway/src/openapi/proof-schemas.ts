import { STUCK } from '@signalbox/contracts';
import { ref } from './form.js';
import { text, flag, count, time, listOf, open } from './shapes.js';

const states = {
  type: 'object',
  description: 'Every state of the closed list with its number',
  additionalProperties: count,
};
const party = open(['ods'], { ods: text, name: text, contact: text });

/** The shapes of what proves that nothing ended in silence. */
export const PROOF_SCHEMAS: Readonly<Record<string, object>> = {
  Gap: open(['id', 'kind', 'stream', 'opened', 'seen', 'sentence', 'next'], {
    id: text,
    kind: text,
    stream: text,
    sequence: count,
    org: text,
    subscription: text,
    source: text,
    eventid: text,
    type: text,
    expected: count,
    counted: count,
    opened: time,
    seen: time,
    closed: time,
    sentence: text,
    next: text,
  }),
  Reconciliation: open(['asof', 'rounds', 'complete', 'whole', 'sentences', 'streams', 'publishers', 'subscriptions'], {
    asof: time,
    rounds: count,
    last: open(['at', 'ms'], { at: time, ms: count }),
    complete: { ...flag, description: 'Whether every stream was gone through once since the ledger started' },
    whole: { ...flag, description: 'Complete, and no gap is open' },
    sentences: listOf(text),
    streams: listOf(
      open(['stream', 'messages', 'recorded', 'repeated', 'agrees'], {
        stream: text,
        first: count,
        last: count,
        messages: { ...count, description: 'As the engine counts them' },
        recorded: count,
        repeated: { ...count, description: 'Copies of what is on record' },
        agrees: flag,
        began: time,
        ended: time,
      }),
    ),
    publishers: listOf(
      open(['org', 'accepted', 'read', 'agrees'], { org: text, accepted: count, read: count, agrees: flag }),
    ),
    subscriptions: listOf(
      open(['subscription', 'status', 'events', 'deliveries', 'states', 'agrees'], {
        subscription: text,
        org: text,
        status: text,
        events: { ...count, description: 'Of types that it asks for, since it asks for them' },
        deliveries: count,
        states,
        agrees: flag,
      }),
    ),
    gaps: listOf(ref('Gap')),
    gapcounts: { type: 'object', additionalProperties: count },
    closed: { ...listOf(ref('Gap')), description: 'Gaps that were closed last' },
  }),
  StateSums: open(['deliveries', 'states', 'types'], {
    deliveries: count,
    states,
    types: listOf(open(['type', 'deliveries', 'states'], { type: text, deliveries: count, states })),
  }),
  Statement: open(['date', 'zone', 'from', 'to', 'asof', 'complete', 'organisation', 'published', 'received'], {
    date: { type: 'string', format: 'date' },
    zone: text,
    from: time,
    to: time,
    asof: { ...time, description: 'States are those of this moment, of the events of that day' },
    complete: { ...flag, description: 'Whether the day is over' },
    organisation: open(['ods'], { ods: text, name: text }),
    sentences: listOf(text),
    published: open(['sent', 'accepted', 'refused', 'repeated', 'refusals', 'types', 'deliveries'], {
      sent: { ...count, description: 'accepted + refused + repeated' },
      accepted: count,
      refused: count,
      repeated: count,
      refusals: listOf(open(['code', 'count'], { code: text, count })),
      types: listOf(
        open(['type', 'accepted', 'refused', 'repeated'], {
          type: text,
          accepted: count,
          refused: count,
          repeated: count,
        }),
      ),
      deliveries: ref('StateSums'),
    }),
    received: ref('StateSums'),
    gaps: listOf(ref('Gap')),
  }),
  WorkItem: open(['kind', 'stuck', 'sentence', 'next', 'owner', 'yours', 'contact', 'event', 'publisher', 'since'], {
    kind: { enum: ['parked', 'expired', 'correction', 'overdue'] },
    stuck: { enum: Object.keys(STUCK), description: 'Why, of the closed list' },
    reason: text,
    sentence: text,
    next: { ...text, description: 'The one next thing to do' },
    owner: open(['ods', 'side'], {
      side: { enum: ['receiver', 'publisher', 'operator'] },
      ods: text,
      name: text,
      contact: text,
    }),
    yours: flag,
    contact: { ...party, description: 'Whom to call about it' },
    event: open(['id', 'source', 'type', 'title', 'journey', 'recorded'], {
      id: text,
      source: text,
      type: text,
      title: text,
      journey: text,
      recorded: time,
    }),
    publisher: text,
    receiver: text,
    subscription: { ...text, description: 'For the receiver, the operator, and a publisher whose move it is' },
    since: time,
    due: { ...time, description: 'By when it should have been delivered, or have happened' },
    attempts: count,
    repeats: { ...count, description: 'How often it has come to a stop' },
    corrects: text,
  }),
  WorkItems: open(['items'], {
    items: listOf(ref('WorkItem')),
    next: { ...text, description: 'Cursor of the next page' },
  }),
};
