import { CLOCKS, URGENCIES } from '@signalbox/contracts';
import { call, change, inPath, items, json, jsonBody, plain, type Paths } from './form.js';
import { text, time } from './shapes.js';

const duration = { ...text, description: 'ISO 8601, of days, hours, minutes and seconds', examples: ['P2D', 'PT4H'] };
const byUrgency = Object.fromEntries(URGENCIES.map((urgency) => [urgency, duration]));
const times = { type: 'object', properties: byUrgency, additionalProperties: false };

/** The shapes of deadlines. */
export const DEADLINE_SCHEMAS: Readonly<Record<string, object>> = {
  NewDeadline: {
    type: 'object',
    required: ['times'],
    properties: { times: { ...times, minProperties: 1, description: 'For the other urgencies the type’s hold' } },
    additionalProperties: false,
  },
  Deadline: {
    type: 'object',
    required: ['type', 'clock', 'title', 'times', 'standard'],
    properties: {
      type: text,
      clock: { enum: Object.keys(CLOCKS) },
      title: { ...text, description: 'What the clock runs between' },
      times: { ...times, required: URGENCIES, description: 'As they hold for this organisation' },
      standard: { ...times, required: URGENCIES, description: 'As the type says' },
      by: { ...text, description: 'Who set what differs' },
      updated: time,
    },
  },
};

const parameters = [
  inPath('ods', 'ODS code of the organisation'),
  inPath('type', 'Event type'),
  inPath('clock', `Name of the clock: ${Object.keys(CLOCKS).join(', ')}`),
];
const refused = { '403': 'The type is not one that the application sends or receives: SB-3005' };

/** For an organisation, and for the operator: by when it has to have done what is its move. */
export const deadlinePaths: Paths = {
  '/organisations/{ods}/deadlines': {
    get: call('deadlines', 'Every clock of every type, as long as it runs for an organisation whose move it is', {
      parameters: parameters.slice(0, 1),
      answers: { '200': items('All of them', 'Deadline') },
    }),
  },
  '/organisations/{ods}/deadlines/{type}/{clock}': {
    put: change(
      'setDeadline',
      'Give an organisation other times than the type’s: shorter always, longer only by the operator',
      {
        description: 'It holds for clocks that start afterwards.',
        parameters,
        requestBody: jsonBody('NewDeadline'),
        answers: { '200': json('The clock as it is now', 'Deadline') },
        problems: { ...refused, '422': 'No duration, or longer than allowed: SB-4220' },
      },
    ),
    delete: change('clearDeadline', 'Let the times of the type hold again', {
      parameters,
      answers: { '204': plain('They hold') },
      problems: refused,
    }),
  },
};
