import { ROLES } from '@signalbox/registry';
import { call, change, inPath, items, json, jsonBody, plain, type Paths } from './form.js';
import { flag, text, time } from './shapes.js';

const name = { ...text, maxLength: 200 };
const roles = { type: 'array', minItems: 1, uniqueItems: true, items: { enum: ROLES } };
const expires = { ...time, description: 'Until when; absent = until they are removed' };
const issuer = { ...text, format: 'uri', description: 'iss of the provider’s ID tokens, letter by letter' };
const subject = { ...text, maxLength: 255, description: 'sub of the provider’s ID tokens' };

/** The shapes of people. */
export const PEOPLE_SCHEMAS: Readonly<Record<string, object>> = {
  NewPerson: {
    type: 'object',
    required: ['issuer', 'subject', 'name', 'roles'],
    properties: { issuer, subject, name, roles, expires },
    additionalProperties: false,
  },
  PersonChange: {
    type: 'object',
    properties: {
      name,
      roles,
      active: flag,
      expires: { type: ['string', 'null'], format: 'date-time' },
    },
    additionalProperties: false,
  },
  Person: {
    type: 'object',
    required: ['ods', 'id', 'issuer', 'subject', 'name', 'roles', 'active'],
    properties: {
      ods: text,
      id: text,
      issuer,
      subject,
      name,
      roles,
      active: flag,
      expires,
      by: { ...text, description: 'Who last decided about them' },
      updated: time,
    },
  },
};

const ods = inPath('ods', 'ODS code of the organisation');
const id = inPath('id', 'Id of the person');
const guarded = { '403': 'Not an administrator: SB-3005' };
const deciding = { '403': 'Not an administrator: SB-3005; yourself: SB-3008' };
const kept = { '422': 'A patient identifier stands in it, or there are too many people: SB-4220' };

/** For administrators of an organisation, and for the operator: who signs in to the console. */
export const peoplePaths: Paths = {
  '/organisations/{ods}/people': {
    post: change('addPerson', 'Let somebody sign in to the console for an organisation, with roles', {
      parameters: [ods],
      requestBody: jsonBody('NewPerson'),
      answers: { '201': json('The person', 'Person') },
      problems: { ...guarded, '409': 'They belong to the organisation already: SB-4091', ...kept },
    }),
    get: call('people', 'Who may sign in for an organisation', {
      parameters: [ods],
      answers: { '200': items('All of them', 'Person') },
      problems: guarded,
    }),
  },
  '/organisations/{ods}/people/{id}': {
    patch: change(
      'changePerson',
      'Change name, roles or end, or switch somebody off: it holds for their next request',
      {
        parameters: [ods, id],
        requestBody: jsonBody('PersonChange'),
        answers: { '200': json('The person as they are now', 'Person') },
        problems: { ...deciding, ...kept },
      },
    ),
    delete: change('removePerson', 'Remove somebody from an organisation', {
      parameters: [ods, id],
      answers: { '204': plain('They are gone') },
      problems: deciding,
    }),
  },
};
