import {
  type Answer,
  ENGINE_PROBLEM,
  inPath,
  items,
  json,
  jsonBody,
  NOT_FOUND,
  type Paths,
  problem,
  ref,
  TOKEN_PROBLEMS,
} from './form.js';

const ods = inPath('ods', 'ODS code of the publisher');
const type = inPath('type', 'Event type, pattern that ends in .*, or *');
const text = { type: 'string' };
const time = { type: 'string', format: 'date-time' };
const strictness = {
  enum: ['observe', 'warn', 'enforce'],
  description:
    'observe: what breaks rules of attributes or content is accepted; warn: and the answer says so; enforce: it is refused',
};
const count = { type: 'integer', minimum: 0 };
const inQuery = (name: string, description: string, schema: object = text, required = false): object => ({
  name,
  in: 'query',
  required,
  description,
  schema,
});
const dryrun = inQuery('dryrun', 'Says what it would do, and does nothing', { type: 'boolean' });
const decides: Readonly<Record<string, Answer>> = {
  ...TOKEN_PROBLEMS,
  '403': problem('For the operator, and administrators of the organisation within what the operator has set: SB-3005'),
  ...NOT_FOUND,
  '428': problem('It would refuse more than before, and its impact was not looked at: SB-4280'),
  '503': problem('Engine or ledger do not answer; try again: SB-5030, SB-5031, SB-5032'),
};
const about =
  'A change that refuses more than before is asked for with dryrun=true first, and repeated within 15 minutes with the confirm that it answered. Each change is an event, org.signalbox.operations.stage-changed.v1.';

/** How strictly a publisher's events are judged. */
export const stagePaths: Paths = {
  '/organisations/{ods}/stages': {
    get: {
      operationId: 'stages',
      summary: 'What was set for the events of a publisher',
      parameters: [ods],
      responses: { '200': items('All of it', 'Stage'), ...TOKEN_PROBLEMS, ...NOT_FOUND },
    },
  },
  '/organisations/{ods}/stages/{type}': {
    get: {
      operationId: 'stage',
      summary: 'How strictly a type is judged now, and what was set for exactly this type',
      parameters: [ods, type],
      responses: { '200': json('The stage', 'StageNow'), ...TOKEN_PROBLEMS, ...NOT_FOUND },
    },
    put: {
      operationId: 'setStage',
      summary: 'Set how strictly a type is judged, at once or from a moment on',
      description: about,
      parameters: [ods, type, dryrun],
      requestBody: jsonBody('StageWish'),
      responses: {
        '200': json('What was done, or would be', 'StageResult'),
        '400': problem('The body is not as the call expects: SB-4000'),
        ...decides,
      },
    },
    delete: {
      operationId: 'clearStage',
      summary: 'Take back what was set; an organisation gets back what the operator had set',
      description: about,
      parameters: [ods, type, dryrun, inQuery('confirm', 'What the dry run answered')],
      responses: { '200': json('What was done, or would be', 'StageResult'), ...decides },
    },
  },
  '/organisations/{ods}/stages/{type}/impact': {
    get: {
      operationId: 'stageImpact',
      summary: 'What a stage would have done to the newest events of the publisher',
      parameters: [ods, type, inQuery('strictness', 'The stage that is asked about', strictness, true)],
      responses: {
        '200': json('Measured on the findings that are on record', 'StageImpact'),
        '400': problem('No strictness: SB-4000'),
        ...TOKEN_PROBLEMS,
        ...NOT_FOUND,
        ...ENGINE_PROBLEM,
      },
    },
  },
};

const setting = {
  strictness,
  from: { ...time, description: 'From when on; absent: at once' },
  before: { ...strictness, description: 'What it was when it was set, and is until from' },
  by: { ...text, description: 'ODS code and application or person' },
  changed: time,
};
const open = (required: readonly string[], properties: object): object => ({ type: 'object', required, properties });

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
    byrule: { type: 'array', items: open(['rule', 'count'], { rule: text, count }) },
    samples: {
      type: 'array',
      items: open(['id', 'source', 'type', 'recorded', 'rules'], {
        id: text,
        source: text,
        type: text,
        recorded: time,
        rules: { type: 'array', items: text },
      }),
    },
    sentence: text,
  }),
  StageResult: open(['dryrun', 'organisation', 'type', 'before', 'after'], {
    dryrun: { type: 'boolean' },
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
