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

const ods = inPath('ods', 'ODS code of the organisation');
const guarded = { ...TOKEN_PROBLEMS, '403': problem('No grant to administer: SB-3005') };
const refused = { '400': problem('The body is not as the call expects: SB-4000'), ...guarded };
const exists = { '409': problem('It exists already: SB-4091') };
const key = { '422': problem('A key cannot be taken: SB-4220') };
const place = { '422': problem('A place cannot be opened: SB-4220') };

/** For the operator: who takes part and what they may. */
export const operatorPaths: Paths = {
  '/organisations': {
    post: {
      operationId: 'addOrganisation',
      summary: 'Add an organisation',
      requestBody: jsonBody('NewOrganisation'),
      responses: {
        '201': json('The organisation', 'Organisation'),
        ...refused,
        ...exists,
        ...place,
        ...ENGINE_PROBLEM,
      },
    },
    get: {
      operationId: 'organisations',
      summary: 'All organisations',
      responses: { '200': items('All of them', 'Organisation'), ...guarded },
    },
  },
  '/organisations/{ods}': {
    get: {
      operationId: 'organisation',
      summary: 'One organisation',
      parameters: [ods],
      responses: { '200': json('The organisation', 'Organisation'), ...guarded, ...NOT_FOUND },
    },
    patch: {
      operationId: 'changeOrganisation',
      summary:
        'Change name, contact or private places of an organisation, or switch it off: its tokens stop working at once',
      parameters: [ods],
      requestBody: jsonBody('OrganisationChange'),
      responses: {
        '200': json('The organisation as it is now', 'Organisation'),
        ...refused,
        ...NOT_FOUND,
        ...place,
        ...ENGINE_PROBLEM,
      },
    },
  },
  '/organisations/{ods}/applications': {
    post: {
      operationId: 'addApplication',
      summary: 'Add an application with its public keys',
      parameters: [ods],
      requestBody: jsonBody('NewApplication'),
      responses: {
        '201': json('The application', 'Application'),
        ...refused,
        ...NOT_FOUND,
        ...exists,
        ...key,
        ...ENGINE_PROBLEM,
      },
    },
    get: {
      operationId: 'applications',
      summary: 'The applications of an organisation',
      parameters: [ods],
      responses: { '200': items('All of them', 'Application'), ...guarded, ...NOT_FOUND },
    },
  },
  '/organisations/{ods}/applications/{id}': {
    patch: {
      operationId: 'changeApplication',
      summary: 'Rename an application, change its keys, or switch it off',
      parameters: [ods, inPath('id', 'Id of the application')],
      requestBody: jsonBody('ApplicationChange'),
      responses: {
        '200': json('The application as it is now', 'Application'),
        ...refused,
        ...NOT_FOUND,
        ...key,
        ...ENGINE_PROBLEM,
      },
    },
  },
  '/organisations/{ods}/grants': {
    post: {
      operationId: 'addGrant',
      summary: 'Grant an action on types, for a purpose and a time',
      parameters: [ods],
      requestBody: jsonBody('NewGrant'),
      responses: { '201': json('The grant', 'Grant'), ...refused, ...NOT_FOUND, ...ENGINE_PROBLEM },
    },
    get: {
      operationId: 'grants',
      summary: 'The grants of an organisation',
      parameters: [ods],
      responses: { '200': items('All of them', 'Grant'), ...guarded, ...NOT_FOUND },
    },
  },
  '/organisations/{ods}/grants/{id}': {
    delete: {
      operationId: 'removeGrant',
      summary: 'Take a grant back; it holds for the next event already',
      parameters: [ods, inPath('id', 'Id of the grant')],
      responses: { '204': plain('It is gone'), ...guarded, ...NOT_FOUND, ...ENGINE_PROBLEM },
    },
  },
};
