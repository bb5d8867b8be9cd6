import { call, inPath, json, jsonBody, type Paths } from './form.js';

const id = inPath('id', 'Id of the subscription');

/** What a receiver does to keep a subscription well. */
export const carePaths: Paths = {
  '/subscriptions/{id}/health': {
    get: call('subscriptionHealth', 'How a subscription fares, in words, with what to do', {
      parameters: [id],
      answers: { '200': json('How it fares', 'SubscriptionHealth') },
      problems: { '503': 'The engine does not answer; try again: SB-5030' },
    }),
  },
  '/subscriptions/{id}/test': {
    post: call('testSubscription', 'Send an example to the endpoint, marked as a test, and answer what it said', {
      description:
        'Sent once, now, through the same channel as an event, signed, with the header signalbox-test: true. No step is written and nothing is kept.',
      parameters: [id],
      requestBody: { ...jsonBody('TestRequest'), required: false },
      answers: { '200': json('What became of it', 'TestResult') },
      problems: {
        '422': 'It is fetched, has not consented, or there is no example: SB-4220',
        '429': 'Too soon after the last test: SB-4290',
        '503': 'No relay answers: SB-5034',
      },
    }),
  },
  '/subscriptions/{id}/rotate-secret': {
    post: call('rotateSecret', 'Exchange the secret for a new one; the former one signs too for a while', {
      parameters: [id],
      requestBody: { ...jsonBody('SecretRotation'), required: false },
      answers: { '200': json('The new secret, shown here only', 'RotatedSecret') },
      problems: {
        '422': 'Nothing is signed, or a former secret still signs: SB-4220',
        '503': 'The engine does not answer; try again: SB-5030',
      },
    }),
  },
};
