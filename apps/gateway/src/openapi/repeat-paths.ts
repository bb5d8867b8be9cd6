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

const id = inPath('id', 'Id of the subscription');
const replay = inPath('replay', 'Id of the replay');
const action = inPath('id', 'Id of the act');
const refused = {
  '400': problem('The body is not as the call expects: SB-4000'),
  '415': problem('Not application/json: SB-4150'),
};
const underWay = { '409': problem('A replay of this subscription is under way: SB-4092') };
const decided = { '409': problem('It was decided already, or has lapsed: SB-4093') };
const cannot = { '422': problem('It cannot be carried out like this: SB-4220') };
const away = { '503': problem('The engine or the ledger does not answer; try again: SB-5030, SB-5032') };

const actOn = (operationId: string, summary: string): Paths[string] => ({
  post: {
    operationId,
    summary,
    description:
      'A dry run unless dryrun is false: how many, and how many the receiver may have all the same because an attempt ended without an answer. Above a number that the exchange sets the answer is 202 with an act that another application of the organisation, or the operator, has to approve. Every act leaves a step.',
    parameters: [id],
    requestBody: jsonBody('ParkedWish'),
    responses: {
      '200': json('What was done, or would be', 'ParkedResult'),
      '202': json('It waits for a second person', 'ParkedResult'),
      ...refused,
      ...TOKEN_PROBLEMS,
      '404': problem('Not found, not yours, or nothing of that is parked: SB-4040'),
      ...cannot,
      ...away,
    },
  },
});

/** What is sent again, where a subscription goes on, and what is done with what could not be delivered. */
export const repeatPaths: Paths = {
  '/subscriptions/{id}/replay': {
    post: {
      operationId: 'replay',
      summary: 'Have events sent to the subscription again, marked with the header signalbox-replay',
      description:
        'A dry run unless dryrun is false. From a time, positions, a journey, or only what it missed; up to where the subscription has come by itself. In order, no faster than the rate; live events do not overtake replayed ones of the same ordering key. Not for PULL: see seek.',
      parameters: [id],
      requestBody: jsonBody('ReplayWish'),
      responses: {
        '200': json('What would be sent', 'ReplayPlan'),
        '202': json('It is under way', 'Replay', { location: { schema: { type: 'string' } } }),
        ...refused,
        ...TOKEN_PROBLEMS,
        ...NOT_FOUND,
        ...underWay,
        ...cannot,
        ...away,
      },
    },
  },
  '/subscriptions/{id}/replays': {
    get: {
      operationId: 'replays',
      summary: 'The replays of the subscription, oldest first',
      parameters: [id],
      responses: { '200': items('Those that are remembered', 'Replay'), ...TOKEN_PROBLEMS, ...NOT_FOUND },
    },
  },
  '/subscriptions/{id}/replays/{replay}': {
    get: {
      operationId: 'replayStands',
      summary: 'How far a replay has come',
      parameters: [id, replay],
      responses: { '200': json('As it stands', 'Replay'), ...TOKEN_PROBLEMS, ...NOT_FOUND },
    },
    delete: {
      operationId: 'cancelReplay',
      summary: 'Send nothing more; what is on its way arrives',
      parameters: [id, replay],
      responses: {
        '204': plain('It is cancelled, or had ended'),
        ...TOKEN_PROBLEMS,
        ...NOT_FOUND,
        ...ENGINE_PROBLEM,
      },
    },
  },
  '/subscriptions/{id}/seek': {
    post: {
      operationId: 'seek',
      summary: 'Go on from another place: back, or on past what is not wanted',
      description:
        'A dry run unless dryrun is false. What is passed over gets the step filtered with the reason sought-past. What waits for another attempt, or is parked, stays so.',
      parameters: [id],
      requestBody: jsonBody('SeekWish'),
      responses: {
        '200': json('What it passes over, and what comes again', 'Sought'),
        ...refused,
        ...TOKEN_PROBLEMS,
        ...NOT_FOUND,
        ...underWay,
        ...cannot,
        ...ENGINE_PROBLEM,
      },
    },
  },
  '/subscriptions/{id}/parked': {
    get: {
      operationId: 'parked',
      summary: 'What could not be delivered, by cause; with reason the deliveries of that cause, oldest first',
      parameters: [
        id,
        { name: 'reason', in: 'query', description: 'Only this cause, one by one', schema: { type: 'string' } },
        { name: 'after', in: 'query', description: 'next of the page before', schema: { type: 'string' } },
      ],
      responses: {
        '200': json('The causes, or the deliveries', 'Parked'),
        ...refused,
        ...TOKEN_PROBLEMS,
        ...NOT_FOUND,
        '503': problem('The ledger cannot answer now: SB-5032'),
      },
    },
  },
  '/subscriptions/{id}/parked/retry': actOn('retryParked', 'Deliver parked deliveries again'),
  '/subscriptions/{id}/parked/park': actOn('park', 'Stop what is still tried: a copy is kept until a person decides'),
  '/subscriptions/{id}/parked/hand-over': actOn('handOverParked', 'Hand parked deliveries to a person'),
  '/subscriptions/{id}/parked/handled': actOn('handledParked', 'Mark parked deliveries as handled outside'),
  '/actions': {
    get: {
      operationId: 'actions',
      summary: 'The acts of your organisation that need a second person; the operator sees all',
      responses: { '200': items('Oldest first', 'BulkAction'), ...TOKEN_PROBLEMS },
    },
  },
  '/actions/{id}/approve': {
    post: {
      operationId: 'approveAction',
      summary: 'Agree to an act and have it carried out; never by the application that asked for it',
      parameters: [action],
      responses: {
        '200': json('Carried out', 'BulkAction'),
        ...TOKEN_PROBLEMS,
        '403': problem('Who asked for it cannot agree to it: SB-3008'),
        ...NOT_FOUND,
        ...decided,
        ...away,
      },
    },
  },
  '/actions/{id}/reject': {
    post: {
      operationId: 'rejectAction',
      summary: 'Stop an act',
      parameters: [action],
      responses: {
        '200': json('It is not carried out', 'BulkAction'),
        ...TOKEN_PROBLEMS,
        ...NOT_FOUND,
        ...decided,
        ...ENGINE_PROBLEM,
      },
    },
  },
};
