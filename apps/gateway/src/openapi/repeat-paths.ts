import {
  call,
  change,
  inPath,
  inQuery,
  items,
  json,
  jsonBody,
  LEDGER_AWAY,
  NO_SUCH_QUESTION,
  plain,
  type Paths,
} from './form.js';

const id = inPath('id', 'Id of the subscription');
const replay = inPath('replay', 'Id of the replay');
const action = inPath('id', 'Id of the act');
const underWay = { '409': 'A replay of this subscription is under way: SB-4092' };
const decided = { '409': 'It was decided already, or has lapsed: SB-4093' };
const cannot = { '422': 'It cannot be carried out like this: SB-4220' };
const away = { '503': 'The engine or the ledger does not answer; try again: SB-5030, SB-5032' };

const actOn = (operationId: string, summary: string): Paths[string] => ({
  post: call(operationId, summary, {
    description:
      'A dry run unless dryrun is false: how many, and how many the receiver may have all the same because an attempt ended without an answer. Above a number that the exchange sets the answer is 202 with an act that another application of the organisation, or the operator, has to approve. Every act leaves a step.',
    parameters: [id],
    requestBody: jsonBody('ParkedWish'),
    answers: {
      '200': json('What was done, or would be', 'ParkedResult'),
      '202': json('It waits for a second person', 'ParkedResult'),
    },
    problems: { '404': 'Not found, not yours, or nothing of that is parked: SB-4040', ...cannot, ...away },
  }),
});

/** What is sent again, where a subscription goes on, and what is done with what could not be delivered. */
export const repeatPaths: Paths = {
  '/subscriptions/{id}/replay': {
    post: call('replay', 'Have events sent to the subscription again, marked with the header signalbox-replay', {
      description:
        'A dry run unless dryrun is false. From a time, positions, a journey, or only what it missed; up to where the subscription has come by itself. In order, no faster than the rate; live events do not overtake replayed ones of the same ordering key. Not for PULL: see seek.',
      parameters: [id],
      requestBody: jsonBody('ReplayWish'),
      answers: {
        '200': json('What would be sent', 'ReplayPlan'),
        '202': json('It is under way', 'Replay', { location: { schema: { type: 'string' } } }),
      },
      problems: { ...underWay, ...cannot, ...away },
    }),
  },
  '/subscriptions/{id}/replays': {
    get: call('replays', 'The replays of the subscription, oldest first', {
      parameters: [id],
      answers: { '200': items('Those that are remembered', 'Replay') },
    }),
  },
  '/subscriptions/{id}/replays/{replay}': {
    get: call('replayStands', 'How far a replay has come', {
      parameters: [id, replay],
      answers: { '200': json('As it stands', 'Replay') },
    }),
    delete: change('cancelReplay', 'Send nothing more; what is on its way arrives', {
      parameters: [id, replay],
      answers: { '204': plain('It is cancelled, or had ended') },
    }),
  },
  '/subscriptions/{id}/seek': {
    post: change('seek', 'Go on from another place: back, or on past what is not wanted', {
      description:
        'A dry run unless dryrun is false. What is passed over gets the step filtered with the reason sought-past. What waits for another attempt, or is parked, stays so.',
      parameters: [id],
      requestBody: jsonBody('SeekWish'),
      answers: { '200': json('What it passes over, and what comes again', 'Sought') },
      problems: { ...underWay, ...cannot },
    }),
  },
  '/subscriptions/{id}/parked': {
    get: call(
      'parked',
      'What could not be delivered, by cause; with reason the deliveries of that cause, oldest first',
      {
        parameters: [id, inQuery('reason', 'Only this cause, one by one'), inQuery('after', 'next of the page before')],
        answers: { '200': json('The causes, or the deliveries', 'Parked') },
        problems: { ...NO_SUCH_QUESTION, ...LEDGER_AWAY },
      },
    ),
  },
  '/subscriptions/{id}/parked/retry': actOn('retryParked', 'Deliver parked deliveries again'),
  '/subscriptions/{id}/parked/park': actOn('park', 'Stop what is still tried: a copy is kept until a person decides'),
  '/subscriptions/{id}/parked/hand-over': actOn('handOverParked', 'Hand parked deliveries to a person'),
  '/subscriptions/{id}/parked/handled': actOn('handledParked', 'Mark parked deliveries as handled outside'),
  '/actions': {
    get: call(
      'actions',
      'The acts of your organisation that need a second person; who is on call for the exchange sees all',
      {
        answers: { '200': items('Oldest first', 'BulkAction') },
      },
    ),
  },
  '/actions/{id}/approve': {
    post: call('approveAction', 'Agree to an act and have it carried out; never by the application that asked for it', {
      parameters: [action],
      answers: { '200': json('Carried out', 'BulkAction') },
      problems: { '403': 'Who asked for it cannot agree to it: SB-3008', ...decided, ...away },
    }),
  },
  '/actions/{id}/reject': {
    post: change('rejectAction', 'Stop an act', {
      parameters: [action],
      answers: { '200': json('It is not carried out', 'BulkAction') },
      problems: decided,
    }),
  },
};
