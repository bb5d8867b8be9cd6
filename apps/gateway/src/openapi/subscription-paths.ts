import { call, change, inHeader, inPath, items, json, jsonBody, plain, ref, type Paths } from './form.js';

const id = inPath('id', 'Id of the subscription');
const ifMatch = inHeader('if-match', 'ETag that was read; the change is then made over that state or not at all');
const etag = { etag: { schema: { type: 'string' }, description: 'Changes with every change' } };
const changed = { '412': 'It was changed meanwhile: SB-4120' };
const cannot = { '422': 'It cannot be carried out like this: SB-4220' };

/** Subscriptions and fetching. */
export const subscriptionPaths: Paths = {
  '/subscriptions': {
    post: change(
      'subscribe',
      'Ask to receive events: by webhook (HTTP), by fetching (PULL), as FHIR notifications or over NATS',
      {
        description:
          'The object shape of the CloudEvents Subscriptions API 0.1-wip plus start. A webhook stays pending until its endpoint has answered the CloudEvents OPTIONS handshake.',
        requestBody: jsonBody('NewSubscription'),
        answers: { '201': json('The subscription; the secret of a webhook is shown here only', 'Subscription', etag) },
        problems: { '403': 'A type is not covered by a grant to subscribe: SB-3005', ...cannot },
      },
    ),
    get: call('subscriptions', 'The subscriptions of your organisation', {
      answers: { '200': items('All of them', 'Subscription') },
    }),
  },
  '/subscriptions/test-filter': {
    post: change(
      'testFilter',
      'Try types, source and filters on the newest events that you may see; content is never shown',
      {
        requestBody: jsonBody('FilterTest'),
        answers: { '200': json('Which of them a subscription would be given, and why not the others', 'FilterTested') },
        problems: { '403': 'A type is not covered by a grant to subscribe: SB-3005', ...cannot },
      },
    ),
  },
  '/subscriptions/{id}': {
    get: call('subscription', 'One subscription', {
      parameters: [id],
      answers: { '200': json('The subscription', 'Subscription', etag) },
    }),
    patch: change('changeSubscription', 'Change types, source, filters, sink, config or protocol', {
      description:
        'Another protocol goes on where the former one was: nothing is left out, what was under way may come again. One that becomes a webhook gets its secret in this answer, one that sends to an address waits for its consent.',
      parameters: [id, ifMatch],
      requestBody: jsonBody('SubscriptionChange'),
      answers: { '200': json('The subscription as it is now', 'Subscription', etag) },
      problems: { '403': 'A type is not covered by a grant to subscribe: SB-3005', ...changed, ...cannot },
    }),
    delete: change('unsubscribe', 'End a subscription', { parameters: [id], answers: { '204': plain('It is gone') } }),
  },
  '/subscriptions/{id}/pause': {
    post: change('pause', 'Stop deliveries; nothing is lost while the events are kept', {
      parameters: [id, ifMatch],
      answers: { '200': json('The subscription as it is now', 'Subscription', etag) },
      problems: changed,
    }),
  },
  '/subscriptions/{id}/resume': {
    post: change('resume', 'Go on where it was left', {
      parameters: [id, ifMatch],
      answers: { '200': json('The subscription as it is now', 'Subscription', etag) },
      problems: changed,
    }),
  },
  '/subscriptions/{id}/pull': {
    post: change('pull', 'Fetch the events after what was acknowledged; the same ones again until then', {
      description:
        'With Accept: application/cloudevents-batch+json the answer is a CloudEvents batch, the cursor in the header signalbox-cursor, and 204 when nothing came.',
      parameters: [id],
      requestBody: { ...jsonBody('PullRequest'), required: false },
      answers: {
        '200': {
          description: 'The events, in the order of each family, their data byte for byte',
          headers: {
            'signalbox-cursor': { schema: { type: 'string' } },
            'signalbox-more': { schema: { type: 'boolean' } },
          },
          content: {
            'application/json': { schema: ref('Pulled') },
            'application/cloudevents-batch+json': { schema: { type: 'array', items: ref('CloudEvent') } },
          },
        },
        '204': plain('Nothing came in time (batch form)'),
      },
      problems: cannot,
    }),
  },
  '/subscriptions/{id}/stream': {
    get: change('stream', 'The events as they come, on the same cursor as pulling (Server-Sent Events)', {
      description:
        'Each message is one structured CloudEvent: event is its type, id the cursor behind it, data the JSON on as many lines as it has; late and corrects stand in fields of their own. ' +
        'Last-Event-ID acknowledges everything up to that id and goes on behind it; POST …/ack takes the same cursors meanwhile. ' +
        'Content with a carriage return between its tokens travels as data_base64, which stands for the same bytes. ' +
        'The newest stream of a subscription takes over. A stream ends with a message end, whose data names the reason: gateway-stops, token-over, subscription-changed, taken-over, acknowledge, unavailable.',
      parameters: [
        id,
        inHeader('last-event-id', 'Id of the last message that was dealt with; EventSource sends it by itself'),
      ],
      answers: {
        '200': { description: 'The stream', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      },
      problems: { ...cannot, '429': 'This gateway has as many streams as it may; see Retry-After: SB-4290' },
    }),
  },
  '/subscriptions/{id}/ack': {
    post: call(
      'acknowledge',
      'Say that events were dealt with: by the cursor of a pull, or by source and id of one that a webhook brought',
      {
        parameters: [id],
        requestBody: jsonBody('Acknowledgement'),
        answers: { '204': plain('Noted; saying it again changes nothing') },
        problems: { ...cannot, '503': 'The engine or the ledger does not answer; try again: SB-5030, SB-5032' },
      },
    ),
  },
};
