import { call, change, inPath, items, json, jsonBody, plain, type Paths } from './form.js';

const ods = inPath('ods', 'ODS code of the organisation');
const guarded = { '403': 'No grant to administer: SB-3005' };
const exists = { '409': 'It exists already: SB-4091' };
const key = { '422': 'A key cannot be taken: SB-4220' };
const place = { '422': 'A place cannot be opened: SB-4220' };

/** For the operator: who takes part and what they may. */
export const operatorPaths: Paths = {
  '/organisations': {
    post: change('addOrganisation', 'Add an organisation', {
      requestBody: jsonBody('NewOrganisation'),
      answers: { '201': json('The organisation', 'Organisation') },
      problems: { ...guarded, ...exists, ...place },
    }),
    get: call('organisations', 'All organisations', {
      answers: { '200': items('All of them', 'Organisation') },
      problems: guarded,
    }),
  },
  '/organisations/{ods}': {
    get: call('organisation', 'One organisation', {
      parameters: [ods],
      answers: { '200': json('The organisation', 'Organisation') },
      problems: guarded,
    }),
    patch: change(
      'changeOrganisation',
      'Change name, contact or private places of an organisation, or switch it off: its tokens stop working at once',
      {
        parameters: [ods],
        requestBody: jsonBody('OrganisationChange'),
        answers: { '200': json('The organisation as it is now', 'Organisation') },
        problems: { ...guarded, ...place },
      },
    ),
  },
  '/organisations/{ods}/applications': {
    post: change('addApplication', 'Add an application with its public keys', {
      parameters: [ods],
      requestBody: jsonBody('NewApplication'),
      answers: { '201': json('The application', 'Application') },
      problems: { ...guarded, ...exists, ...key },
    }),
    get: call('applications', 'The applications of an organisation', {
      parameters: [ods],
      answers: { '200': items('All of them', 'Application') },
      problems: guarded,
    }),
  },
  '/organisations/{ods}/applications/{id}': {
    patch: change('changeApplication', 'Rename an application, change its keys, or switch it off', {
      parameters: [ods, inPath('id', 'Id of the application')],
      requestBody: jsonBody('ApplicationChange'),
      answers: { '200': json('The application as it is now', 'Application') },
      problems: { ...guarded, ...key },
    }),
  },
  '/organisations/{ods}/grants': {
    post: change('addGrant', 'Grant an action on types, for a purpose and a time', {
      parameters: [ods],
      requestBody: jsonBody('NewGrant'),
      answers: { '201': json('The grant', 'Grant') },
      problems: guarded,
    }),
    get: call('grants', 'The grants of an organisation', {
      parameters: [ods],
      answers: { '200': items('All of them', 'Grant') },
      problems: guarded,
    }),
  },
  '/organisations/{ods}/grants/{id}': {
    delete: change('removeGrant', 'Take a grant back; it holds for the next event already', {
      parameters: [ods, inPath('id', 'Id of the grant')],
      answers: { '204': plain('It is gone') },
      problems: guarded,
    }),
  },
};
