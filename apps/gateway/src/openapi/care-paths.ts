import { inPath, json, jsonBody, NOT_FOUND, type Paths, problem, TOKEN_PROBLEMS } from './form.js';

const id = inPath('id', 'Id of the subscription');
const refused = {
  '400': problem('The body is not as the call expects: SB-4000'),
  '415': problem('Not application/json: SB-4150'),
};

/** What a receiver does to keep a subscription well. */
export const carePaths: Paths = {
  '/subscriptions/{id}/health': {
    get: {
      operationId: 'subscriptionHealth',
      summary: 'How a subscription fares, in words, with what to do',
      parameters: [id],
      responses: {
        '200': json('How it fares', 'SubscriptionHealth'),
        ...TOKEN_PROBLEMS,
        ...NOT_FOUND,
        '503': problem('The engine does not answer; try again: SB-5030'),
      },
    },
  },
  '/subscriptions/{id}/test': {
    post: {
      operationId: 'testSubscription',
      summary: 'Send an example to the endpoint, marked as a test, and answer what it said',
      description:
        'Sent once, now, through the same channel as an event, signed, with the header signalbox-test: true. No step is written and nothing is kept.',
      parameters: [id],
      requestBody: { ...jsonBody('TestRequest'), required: false },
      responses: {
        '200': json('What became of it', 'TestResult'),
        ...refused,
        ...TOKEN_PROBLEMS,
        ...NOT_FOUND,
        '422': problem('It is fetched, has not consented, or there is no example: SB-4220'),
        '429': problem('Too soon after the last test: SB-4290'),
        '503': problem('No relay answers: SB-5034'),
      },
    },
  },
  '/subscriptions/{id}/rotate-secret': {
    post: {
      operationId: 'rotateSecret',
      summary: 'Exchange the secret for a new one; the former one signs too for a while',
      parameters: [id],
      requestBody: { ...jsonBody('SecretRotation'), required: false },
      responses: {
        '200': json('The new secret, shown here only', 'RotatedSecret'),
        ...refused,
        ...TOKEN_PROBLEMS,
        ...NOT_FOUND,
        '422': problem('Nothing is signed, or a former secret still signs: SB-4220'),
        '503': problem('The engine does not answer; try again: SB-5030'),
      },
    },
  },
};
