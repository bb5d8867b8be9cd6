import { STUCK } from '@signalbox/contracts';
import { call, change, inQuery, json, jsonBody, NO_SUCH_QUESTION, ref, type Paths } from './form.js';
import { text, flag, count, time, listOf, open, strict } from './shapes.js';

const reason = { enum: Object.keys(STUCK), description: 'One of the closed list; signalbox explain --list tells it' };
const act = { enum: ['retry', 'park', 'hand-over', 'handled'] };

const key = {
  stuck: reason,
  cause: { ...text, description: 'The finer cause: reason of a step, code of a refusal, name of a clock' },
  publisher: { ...text, description: 'ODS code' },
  receiver: { ...text, description: 'ODS code; empty where there is none' },
  type: { ...text, description: 'Type of the events, its version in it' },
};
const keyNames = Object.keys(key);

const identity = strict(['source', 'id'], { source: text, id: text });
const note = { ...text, maxLength: 500, description: 'Needed for handled. Never ten digits in a row' };
const to = {
  ...text,
  maxLength: 200,
  description: 'A name or mailbox; needed for hand-over. Never ten digits in a row',
};
const dryrun = { ...flag, default: true, description: 'Say only what it would do' };

/** The shapes of what stands still, and of what is done about it. */
export const STUCK_SCHEMAS: Readonly<Record<string, object>> = {
  StuckGroup: open(
    [...keyNames, 'kind', 'owner', 'count', 'more', 'repeats', 'first', 'last', 'meaning', 'clock', 'next'],
    {
      ...key,
      kind: { enum: ['stopped', 'quiet', 'astray', 'refused', 'overdue', 'silent'] },
      title: text,
      owner: open(['side', 'ods'], {
        side: { enum: ['publisher', 'receiver', 'operator', 'information-governance'] },
        ods: text,
        name: text,
        contact: text,
      }),
      count,
      more: { ...flag, description: 'There are more than were counted' },
      repeats: { ...count, description: 'How often they had come to a stop before, together' },
      first: time,
      last: time,
      due: time,
      sample: open(['id', 'source'], { id: text, source: text, journey: text }),
      meaning: text,
      clock: text,
      next: { ...text, description: 'The one next thing to do' },
      detail: { ...text, description: 'What exactly is in the way' },
      acts: { ...listOf(act), description: 'What the caller may do with all of them' },
    },
  ),
  StuckGroups: open(['groups', 'totals'], {
    groups: listOf(ref('StuckGroup')),
    totals: { type: 'object', description: 'By reason, as far as groups are counted', additionalProperties: count },
    next: { ...text, description: 'For page; absent on the last' },
  }),
  StuckItem: open(['sourceorg', 'type', 'since'], {
    id: text,
    source: text,
    type: text,
    journey: text,
    sourceorg: text,
    org: { ...text, description: 'ODS code of the receiver' },
    subscription: { ...text, description: 'For the receiver and the operator' },
    state: text,
    reason: text,
    since: time,
    due: time,
    nextattempt: time,
    attempts: count,
    stops: count,
    handedover: {
      ...open(['note', 'at'], {
        note: { ...text, description: 'To whom, and what else was said' },
        by: text,
        at: time,
      }),
      description: 'Who looks after it, as a person said: for its own side and the operator',
    },
  }),
  StuckMembers: open(['group', 'items'], {
    group: ref('StuckGroup'),
    items: listOf(ref('StuckItem')),
    next: { ...text, description: 'For after; absent on the last page' },
  }),
  StuckWish: strict([...keyNames, 'act'], { ...key, act, dryrun, note, to }),
  StuckOutcome: open(
    [
      'dryrun',
      'act',
      'deliveries',
      'subscriptions',
      'duplicates',
      'more',
      'secondperson',
      'actions',
      'left',
      'sentence',
    ],
    {
      dryrun: flag,
      act,
      deliveries: { ...count, description: 'What it is about' },
      subscriptions: count,
      duplicates: { ...count, description: 'Of them, how many their receiver may have all the same' },
      more: { ...flag, description: 'There are more than one act may be about' },
      secondperson: { ...count, description: 'Of them, how many wait for the agreement of a second person' },
      actions: { ...listOf(text), description: 'The acts that wait for one: POST /actions/{id}/approve' },
      changed: { ...count, description: 'What was done; absent in a dry run' },
      left: {
        ...listOf(open(['why', 'count', 'sentence'], { why: text, count, sentence: text })),
        description: 'What is left as it is, and why',
      },
      sentence: { ...text, description: 'All of it in words' },
    },
  ),
  EventsWish: strict(['events'], { events: { ...listOf(identity), minItems: 1, maxItems: 500 }, note, to, dryrun }),
  EventsResult: open(['dryrun', 'act', 'events'], {
    dryrun: flag,
    act: { enum: ['hand-over', 'handled'] },
    events: { ...count, description: 'Those of the named that are open and your own' },
    changed: count,
  }),
};

const filters = [
  inQuery('stuck', 'Only this reason', reason),
  inQuery('cause', 'Only this finer cause'),
  inQuery('publisher', 'Only of this publisher, by ODS code'),
  inQuery('receiver', 'Only of this receiver, by ODS code'),
  inQuery('type', 'Only of this type'),
];
const away = { '503': 'The ledger, or the gateway behind it, does not answer now: SB-5032, SB-5035' };

const onEvents = (operationId: string, summary: string): Paths[string] => ({
  post: change(operationId, summary, {
    description:
      'For the publisher: refused events that it does not send again, and accepted ones that their recipient does not receive. A dry run unless dryrun is false. What is not open, or not yours, is left out of the count.',
    requestBody: jsonBody('EventsWish'),
    answers: { '200': json('What was done, or would be', 'EventsResult') },
    problems: { '404': 'None of them is open, or none is yours: SB-4040' },
  }),
});

/** What stands still, why, and what is done about it. */
export const stuckPaths: Paths = {
  '/stuck': {
    get: call('stuck', 'What stands still on your side, grouped by cause, publisher, type version and receiver', {
      description:
        'The oldest group first. Each has its reason from the closed list of why something is stuck, whose move it is, and the one next action.',
      parameters: [...filters, inQuery('page', 'Number of the page, from 1')],
      answers: { '200': json('The groups', 'StuckGroups') },
      problems: { ...NO_SUCH_QUESTION, ...away },
    }),
  },
  '/stuck/group': {
    get: call('stuckGroup', 'One group, its members one by one, the oldest first', {
      description: 'Named by stuck, cause, publisher, receiver and type. A group of which nothing is left has count 0.',
      parameters: [...filters, inQuery('after', 'next of the page before')],
      answers: { '200': json('The group and its members', 'StuckMembers') },
      problems: { ...NO_SUCH_QUESTION, ...away },
    }),
  },
  '/stuck/act': {
    post: call('actOnStuck', 'Retry, park, hand over, or mark as handled outside everything of a group', {
      description:
        'A dry run unless dryrun is false. It is carried out by the calls of each subscription (parked) in your name, so the rule of the second person holds for each.',
      requestBody: jsonBody('StuckWish'),
      answers: { '200': json('What was done, or would be', 'StuckOutcome') },
      problems: {
        ...NO_SUCH_QUESTION,
        '403': 'This needs the role operator: SB-3005',
        '404': 'Nothing of this group stands still on your side any more: SB-4040',
        '422': 'The act is none for this group: SB-4220',
        ...away,
      },
    }),
  },
  '/events/handled': onEvents('handledEvents', 'Say of events of yours that nobody receives that you saw to them'),
  '/events/hand-over': onEvents('handOverEvents', 'Name who looks after events of yours that nobody receives'),
};
