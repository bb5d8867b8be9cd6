import { call, inPath, inQuery, items, json, jsonBody, LEDGER_AWAY, ref, type Paths } from './form.js';
import { count, flag, listOf, text, time, open } from './shapes.js';

const ods = inPath('ods', 'ODS code of the publisher');
const type = inPath('type', 'Event type, pattern that ends in .*, or *');
const strictness = {
  enum: ['observe', 'warn', 'enforce'],
  description:
    'observe: what breaks rules of attributes or content is accepted; warn: and the answer says so; enforce: it is refused',
};
const dryrun = inQuery('dryrun', 'Says what it would do, and does nothing', flag);
const decides = {
  '403': 'For the operator, and administrators of the organisation within what the operator has set: SB-3005',
  '428': 'It would refuse more than before, and its impact was not looked at: SB-4280',
  '503': 'Engine or ledger do not answer; try again: SB-5030, SB-5031, SB-5032',
};
const about =
  'A change that refuses more than before is asked for with dryrun=true first, and repeated within 15 minutes with the confirm that it answered. Each change is an event, org.signalbox.operations.stage-changed.v1.';

/** How strictly a publisher's events are judged. */
export const stagePaths: Paths = {
  '/organisations/{ods}/stages': {
    get: call('stages', 'What was set for the events of a publisher', {
      parameters: [ods],
      answers: { '200': items('All of it', 'Stage') },
    }),
  },
  '/organisations/{ods}/stages/{type}': {
    get: call('stage', 'How strictly a type is judged now, and what was set for exactly this type', {
      parameters: [ods, type],
      answers: { '200': json('The stage', 'StageNow') },
    }),
    put: call('setStage', 'Set how strictly a type is judged, at once or from a moment on', {
      description: about,
      parameters: [ods, type, dryrun],
      requestBody: jsonBody('StageWish'),
      answers: { '200': json('What was done, or would be', 'StageResult') },
      problems: decides,
    }),
    delete: call('clearStage', 'Take back what was set; an organisation gets back what the operator had set', {
      description: about,
      parameters: [ods, type, dryrun, inQuery('confirm', 'What the dry run answered')],
      answers: { '200': json('What was done, or would be', 'StageResult') },
      problems: decides,
    }),
  },
  '/organisations/{ods}/stages/{type}/impact': {
    get: call('stageImpact', 'What a stage would have done to the newest events of the publisher', {
      parameters: [
        ods,
        type,
        { ...inQuery('strictness', 'The stage that is asked about', strictness), required: true },
      ],
      answers: { '200': json('Measured on the findings that are on record', 'StageImpact') },
      problems: { '400': 'No strictness: SB-4000', ...LEDGER_AWAY },
    }),
  },
};

const setting = {
  strictness,
  from: { ...time, description: 'From when on; absent: at once' },
  before: { ...strictness, description: 'What it was when it was set, and is until from' },
  by: { ...text, description: 'ODS code and application or person' },
  changed: time,
};

/** What these calls send and answer. */
export const STAGE_SCHEMAS: Readonly<Record<string, object>> = {
  StageWish: {
    type: 'object',
    required: ['strictness'],
    additionalProperties: false,
    properties: {
      strictness,
      from: { ...time, description: 'What begins in the past begins at once' },
      confirm: { ...text, maxLength: 200, description: 'What the dry run answered' },
    },
  },
  Stage: open(['ods', 'type', 'strictness'], {
    ods: text,
    type: text,
    ...setting,
    own: { const: true, description: 'Set by the organisation itself: it counts where it is stricter' },
    floor: { ...open(['strictness'], setting), description: 'What the operator has set, under it' },
  }),
  StageNow: open(['type', 'strictness'], { type: text, strictness, stage: ref('Stage') }),
  StageImpact: open(['organisation', 'type', 'strictness', 'looked', 'wouldrefuse', 'byrule', 'samples', 'sentence'], {
    organisation: text,
    type: text,
    strictness,
    looked: { ...count, description: 'Newest accepted events that it was measured on' },
    since: { ...time, description: 'When the oldest of them was accepted' },
    wouldrefuse: { ...count, description: 'Of these: that it would have refused' },
    wouldaccept: { ...count, description: 'Refused in the same time, that it would have taken' },
    byrule: listOf(open(['rule', 'count'], { rule: text, count })),
    samples: {
      type: 'array',
      items: open(['id', 'source', 'type', 'recorded', 'rules'], {
        id: text,
        source: text,
        type: text,
        recorded: time,
        rules: listOf(text),
      }),
    },
    sentence: text,
  }),
  StageResult: open(['dryrun', 'organisation', 'type', 'before', 'after'], {
    dryrun: flag,
    organisation: text,
    type: text,
    before: strictness,
    after: { ...strictness, description: 'How it is judged from then on' },
    from: time,
    stage: ref('Stage'),
    impact: ref('StageImpact'),
    confirm: { ...text, description: 'Of a dry run: what confirms it' },
  }),
};
