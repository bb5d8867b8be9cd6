import { call, inPath, inQuery, json, jsonBody, LEDGER_AWAY, NO_SUCH_QUESTION, type Paths } from './form.js';

const id = inPath('id', 'Id of the subscription');
const ambiguous = { '422': 'Several sources have an event with this id: name one (SB-4220)' };

/** What became of deliveries, and who received an event. */
export const deliveryPaths: Paths = {
  '/events/{id}/recipients': {
    get: call('recipients', 'Who received an event of yours, when, and whether it was acknowledged in time', {
      description:
        'For its publisher and the operator. For a correction or withdrawal also who of those that received what it replaces has not got it yet, and whom to call.',
      parameters: [inPath('id', 'Id of the event'), inQuery('source', 'Source, where the id alone is not unique')],
      answers: { '200': json('Every receiver with its clock', 'Recipients') },
      problems: { ...ambiguous, ...LEDGER_AWAY },
    }),
  },
  '/events/{id}/recipients/handled': {
    post: call('handledRecipient', 'Close what is open for you with a receiver: it was told by other means', {
      description:
        'For the publisher alone: a correction that could not be given to somebody who has what it replaces (receiver-ended, no-grant), or an event that was never delivered and cannot be any more. A dry run unless dryrun is false. It leaves a step with who and why; again, it changes nothing.',
      parameters: [inPath('id', 'Id of the event')],
      requestBody: jsonBody('HandledWish'),
      answers: { '200': json('What was closed, or would be', 'HandledResult') },
      problems: {
        ...NO_SUCH_QUESTION,
        '422': 'Nothing is open with this receiver, or a patient identifier stands in the request: SB-4220',
        '503': 'The engine or the ledger does not answer; try again: SB-5030, SB-5032',
      },
    }),
  },
  '/subscriptions/{id}/deliveries': {
    get: call(
      'deliveries',
      'What became of every event that was meant for the subscription, newest first; also after it has ended',
      {
        parameters: [
          id,
          inQuery('state', 'Only these states, separated by commas'),
          inQuery('reason', 'Only those with this reason'),
          inQuery('since', 'Only those whose state began then or later', { type: 'string', format: 'date-time' }),
          inQuery('after', 'next of the page before'),
          inQuery('limit', 'Most deliveries', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }),
          inQuery('order', 'By when the state began', { enum: ['oldest', 'newest'], default: 'newest' }),
        ],
        answers: { '200': json('The deliveries', 'Deliveries') },
        problems: { ...NO_SUCH_QUESTION, ...LEDGER_AWAY },
      },
    ),
  },
  '/subscriptions/{id}/deliveries/attempts': {
    get: call(
      'attempts',
      'Every attempt of one delivery: when, what the endpoint answered, how long it took, what follows',
      {
        parameters: [
          id,
          { ...inQuery('id', 'Id of the event'), required: true },
          inQuery('source', 'Source, where the id alone is not unique'),
        ],
        answers: { '200': json('The delivery and all that was recorded about it', 'DeliveryHistory') },
        problems: { ...NO_SUCH_QUESTION, ...ambiguous, ...LEDGER_AWAY },
      },
    ),
  },
  '/deliveries/query': {
    post: call(
      'queryDeliveries',
      'The deliveries of your organisation by subscription, state, reason or journey, listed or counted',
      {
        requestBody: jsonBody('DeliveriesQuestion'),
        answers: { '200': json('The deliveries, or their groups', 'Deliveries') },
        problems: { ...NO_SUCH_QUESTION, ...LEDGER_AWAY },
      },
    ),
  },
};
