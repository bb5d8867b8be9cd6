import { OUTAGE_REASONS } from '@signalbox/registry';
import { call, change, inPath, items, json, jsonBody, type Paths } from './form.js';
import { text, time } from './shapes.js';

const types = { type: 'array', items: text, minItems: 1, maxItems: 50 };
const wish = {
  types: {
    ...types,
    description: 'Types or patterns that stay away; without it, all that the organisation may publish',
  },
  reason: { enum: OUTAGE_REASONS },
  expectedend: { ...time, description: 'When it expects to be back' },
  note: { ...text, maxLength: 500, description: 'What receivers should know; never a patient' },
};

/** The shapes of outages. */
export const OUTAGE_SCHEMAS: Readonly<Record<string, object>> = {
  NewOutage: { type: 'object', required: ['reason'], properties: wish, additionalProperties: false },
  Outage: {
    type: 'object',
    required: ['id', 'ods', 'types', 'reason', 'began', 'by'],
    properties: {
      ...{ id: text, ods: text, ...wish, began: time, ended: time },
      by: { ...text, description: 'Who declared it: <ODS code>:<application or person>' },
      endedby: text,
      told: { type: 'integer', description: 'How many organisations were told that it began' },
      toldend: { type: 'integer', description: 'How many were told that it ended' },
    },
  },
};

const ods = inPath('ods', 'ODS code of the organisation');
const refused = { '403': 'The application publishes none of these types: SB-3005' };

/** For an organisation, and for the operator: that its events stay away for a while. */
export const outagePaths: Paths = {
  '/organisations/{ods}/outages': {
    post: change(
      'declareOutage',
      'Say that events stay away: every organisation that subscribes to them is told by an event',
      {
        parameters: [ods],
        requestBody: jsonBody('NewOutage'),
        answers: { '201': json('The outage; `told` says how many were told', 'Outage') },
        problems: {
          ...refused,
          '422': 'A type stands for nothing, or the end lies in the past: SB-4220',
          '429': 'The organisation has declared as many as it may in a day: SB-4290',
        },
      },
    ),
    get: call('outages', 'Outages of an organisation, the newest first', {
      parameters: [ods],
      answers: { '200': items('All of them', 'Outage') },
    }),
  },
  '/organisations/{ods}/outages/{id}/end': {
    post: change('endOutage', 'Say that it is over: those who were told are told; ending it again changes nothing', {
      parameters: [ods, inPath('id', 'Id of the outage')],
      answers: { '200': json('The outage as it is now', 'Outage') },
      problems: refused,
    }),
  },
};
