import { ROLES } from '@signalbox/registry';
import {
  ENGINE_PROBLEM,
  inPath,
  items,
  json,
  jsonBody,
  NOT_FOUND,
  type Paths,
  plain,
  problem,
  TOKEN_PROBLEMS,
} from './form.js';

const text = { type: 'string' };
const name = { ...text, maxLength: 200 };
const roles = { type: 'array', minItems: 1, uniqueItems: true, items: { enum: ROLES } };
const expires = { type: 'string', format: 'date-time', description: 'Until when; absent = until they are removed' };
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
      active: { type: 'boolean' },
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
      active: { type: 'boolean' },
      expires,
      by: { ...text, description: 'Who last decided about them' },
      updated: { type: 'string', format: 'date-time' },
    },
  },
};

const ods = inPath('ods', 'ODS code of the organisation');
const id = inPath('id', 'Id of the person');
const guarded = { ...TOKEN_PROBLEMS, '403': problem('Not an administrator: SB-3005') };
const deciding = { ...TOKEN_PROBLEMS, '403': problem('Not an administrator: SB-3005; yourself: SB-3008') };
const malformed = { '400': problem('The body is not as the call expects: SB-4000') };
const kept = { '422': problem('A patient identifier stands in it, or there are too many people: SB-4220') };

/** For administrators of an organisation, and for the operator: who signs in to the console. */
export const peoplePaths: Paths = {
  '/organisations/{ods}/people': {
    post: {
      operationId: 'addPerson',
      summary: 'Let somebody sign in to the console for an organisation, with roles',
      parameters: [ods],
      requestBody: jsonBody('NewPerson'),
      responses: {
        '201': json('The person', 'Person'),
        ...malformed,
        ...guarded,
        ...NOT_FOUND,
        '409': problem('They belong to the organisation already: SB-4091'),
        ...kept,
        ...ENGINE_PROBLEM,
      },
    },
    get: {
      operationId: 'people',
      summary: 'Who may sign in for an organisation',
      parameters: [ods],
      responses: { '200': items('All of them', 'Person'), ...guarded, ...NOT_FOUND },
    },
  },
  '/organisations/{ods}/people/{id}': {
    patch: {
      operationId: 'changePerson',
      summary: 'Change name, roles or end, or switch somebody off: it holds for their next request',
      parameters: [ods, id],
      requestBody: jsonBody('PersonChange'),
      responses: {
        '200': json('The person as they are now', 'Person'),
        ...malformed,
        ...deciding,
        ...NOT_FOUND,
        ...kept,
        ...ENGINE_PROBLEM,
      },
    },
    delete: {
      operationId: 'removePerson',
      summary: 'Remove somebody from an organisation',
      parameters: [ods, id],
      responses: { '204': plain('They are gone'), ...deciding, ...NOT_FOUND, ...ENGINE_PROBLEM },
    },
  },
};
