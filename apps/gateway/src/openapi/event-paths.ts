import { call, change, inPath, inQuery, items, json, LEDGER_AWAY, OPEN, problem, ref, type Paths } from './form.js';

const offered = {
  required: true,
  description: 'One event in structured mode, one in binary mode (ce- headers, any content type), or a batch',
  content: {
    'application/cloudevents+json': { schema: ref('CloudEvent') },
    'application/cloudevents-batch+json': { schema: { type: 'array', items: ref('CloudEvent') } },
    '*/*': { schema: { description: 'The content of an event in binary mode' } },
  },
};
const unreadable = {
  '400': 'What the CloudEvents specification itself refuses: SB-1001 to SB-1006',
  '413': 'Larger than 1 MiB for an event, or than the limit for a batch: SB-4130',
  '415': 'Another media type or character set: SB-4150, SB-4151',
};

/** Publishing, judging and following events. */
export const eventPaths: Paths = {
  '/events': {
    post: change('publish', 'Publish one event, or a batch of which each item is judged alone', {
      description:
        'The identity of an event is its source and id: the same event again is answered as it was the first time, with duplicate true.',
      requestBody: offered,
      answers: {
        '202': json('The event is on disk', 'Accepted'),
        '200': items('The outcome of each item of a batch, in order', 'BatchItem'),
      },
      problems: {
        ...unreadable,
        '403': 'No grant for this type, or the event names another organisation: SB-3005, SB-3006',
        '409': 'The same source and id were accepted with other content: SB-4090',
        '422': 'The rules of the exchange or of the type: SB-2001 to SB-2007, with every finding',
        '429': 'Too many events of this organisation; see Retry-After: SB-4290',
      },
    }),
  },
  '/events/validate': {
    post: call('validate', 'The same judgement without storing anything; needs a token, not a grant', {
      requestBody: offered,
      answers: { '200': json('The judgement, of a good or a bad event', 'Verdict') },
      problems: unreadable,
    }),
  },
  '/events/{id}': {
    get: call('event', 'Where an event is: its state and its steps, on your own side', {
      parameters: [inPath('id', 'Id of the event'), inQuery('source', 'Source, where the id alone is not unique')],
      answers: { '200': json('The event as the ledger knows it', 'LedgerAnswer') },
      problems: LEDGER_AWAY,
    }),
  },
  '/journeys/{id}': {
    get: call('journey', 'Who has a case, since when, and what it waits for', {
      parameters: [inPath('id', 'The journey: the correlationid of its events')],
      answers: { '200': json('The journey as the ledger knows it', 'LedgerAnswer') },
      problems: LEDGER_AWAY,
    }),
  },
  '/oauth2/token': {
    post: {
      operationId: 'token',
      summary: 'A bearer token for a signed assertion (client credentials, private_key_jwt)',
      description:
        'RFC 6749 section 4.4 with RFC 7523: alg RS512, PS256, ES256 or EdDSA; iss and sub are <ODS>.<application>; aud is the URL of this call; exp at most five minutes ahead; jti never twice.',
      security: OPEN,
      requestBody: {
        required: true,
        content: { 'application/x-www-form-urlencoded': { schema: ref('TokenRequest') } },
      },
      responses: {
        '200': json('The token', 'Token'),
        '400': problem('A parameter is missing or wrong: SB-4000'),
        '401': problem('The assertion was refused; the detail names the claim: SB-3004, SB-3007'),
        '413': problem('More than 16 KiB: SB-4130'),
        '415': problem('Not a form: SB-4150'),
        '503': problem('Replays cannot be told apart now; try again: SB-5033'),
      },
    },
  },
};
