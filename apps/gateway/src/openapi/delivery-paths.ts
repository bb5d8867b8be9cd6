import { type Answer, inPath, json, jsonBody, NOT_FOUND, type Paths, problem, TOKEN_PROBLEMS } from './form.js';

const inQuery = (name: string, description: string, schema: object = { type: 'string' }): object => ({
  name,
  in: 'query',
  description,
  schema,
});
const id = inPath('id', 'Id of the subscription');
const refused = { '400': problem('The question is not as the call expects: SB-4000') };
const ambiguous = { '422': problem('Several sources have an event with this id: name one (SB-4220)') };
const away: Readonly<Record<string, Answer>> = { '503': problem('The ledger cannot answer now: SB-5032') };

/** What became of deliveries, and who received an event. */
export const deliveryPaths: Paths = {
  '/events/{id}/recipients': {
    get: {
      operationId: 'recipients',
      summary: 'Who received an event of yours, when, and whether it was acknowledged in time',
      description:
        'For its publisher and the operator. For a correction or withdrawal also who of those that received what it replaces has not got it yet, and whom to call.',
      parameters: [inPath('id', 'Id of the event'), inQuery('source', 'Source, where the id alone is not unique')],
      responses: {
        '200': json('Every receiver with its clock', 'Recipients'),
        ...TOKEN_PROBLEMS,
        ...NOT_FOUND,
        ...ambiguous,
        ...away,
      },
    },
  },
  '/events/{id}/recipients/handled': {
    post: {
      operationId: 'handledRecipient',
      summary: 'Close what is open for you with a receiver: it was told by other means',
      description:
        'For the publisher alone: a correction that could not be given to somebody who has what it replaces (receiver-ended, no-grant), or an event that was never delivered and cannot be any more. A dry run unless dryrun is false. It leaves a step with who and why; again, it changes nothing.',
      parameters: [inPath('id', 'Id of the event')],
      requestBody: jsonBody('HandledWish'),
      responses: {
        '200': json('What was closed, or would be', 'HandledResult'),
        ...refused,
        ...TOKEN_PROBLEMS,
        ...NOT_FOUND,
        '415': problem('Not application/json: SB-4150'),
        '422': problem('Nothing is open with this receiver, or a patient identifier stands in the request: SB-4220'),
        '503': problem('The engine or the ledger does not answer; try again: SB-5030, SB-5032'),
      },
    },
  },
  '/subscriptions/{id}/deliveries': {
    get: {
      operationId: 'deliveries',
      summary: 'What became of every event that was meant for the subscription, newest first; also after it has ended',
      parameters: [
        id,
        inQuery('state', 'Only these states, separated by commas'),
        inQuery('reason', 'Only those with this reason'),
        inQuery('since', 'Only those whose state began then or later', { type: 'string', format: 'date-time' }),
        inQuery('after', 'next of the page before'),
        inQuery('limit', 'Most deliveries', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }),
        inQuery('order', 'By when the state began', { enum: ['oldest', 'newest'], default: 'newest' }),
      ],
      responses: {
        '200': json('The deliveries', 'Deliveries'),
        ...refused,
        ...TOKEN_PROBLEMS,
        ...NOT_FOUND,
        ...away,
      },
    },
  },
  '/subscriptions/{id}/deliveries/attempts': {
    get: {
      operationId: 'attempts',
      summary: 'Every attempt of one delivery: when, what the endpoint answered, how long it took, what follows',
      parameters: [
        id,
        { ...inQuery('id', 'Id of the event'), required: true },
        inQuery('source', 'Source, where the id alone is not unique'),
      ],
      responses: {
        '200': json('The delivery and all that was recorded about it', 'DeliveryHistory'),
        ...refused,
        ...TOKEN_PROBLEMS,
        ...NOT_FOUND,
        ...ambiguous,
        ...away,
      },
    },
  },
  '/deliveries/query': {
    post: {
      operationId: 'queryDeliveries',
      summary: 'The deliveries of your organisation by subscription, state, reason or journey, listed or counted',
      requestBody: jsonBody('DeliveriesQuestion'),
      responses: {
        '200': json('The deliveries, or their groups', 'Deliveries'),
        ...refused,
        ...TOKEN_PROBLEMS,
        '415': problem('Not application/json: SB-4150'),
        ...away,
      },
    },
  },
};
