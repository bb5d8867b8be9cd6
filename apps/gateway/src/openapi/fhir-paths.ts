import { inPath, inQuery, NOT_FOUND, OPEN, plain, type Paths, type Answer, type Call } from './form.js';

const id = inPath('id', 'Id of the subscription');
const fhir = (description: string): Answer => ({
  description,
  content: { 'application/fhir+json': { schema: { type: 'object', required: ['resourceType'] } } },
});
const outcome = (description: string): Answer => fhir(`OperationOutcome: ${description}`);
const common: Readonly<Record<string, Answer>> = {
  '401': outcome('no access token, or one that is not valid'),
  '503': outcome('the engine does not answer; try again'),
};
const missing = { '404': outcome('not found, not yours, or not a FHIR subscription') };
const refused = {
  '400': outcome('not JSON'),
  '403': outcome('no grant to subscribe to the topic'),
  '422': outcome('an unknown topic, filter, channel, content or extension, with one issue for each'),
};
const resource = {
  required: true,
  content: {
    'application/fhir+json': {
      schema: { type: 'object', required: ['resourceType', 'status', 'criteria', 'channel'] },
    },
  },
};
const call = (operationId: string, summary: string, more: Omit<Call, 'operationId' | 'summary'>): Call => ({
  operationId,
  summary,
  ...more,
});

/** The FHIR door: topic-based Subscriptions of R4. */
export const fhirPaths: Paths = {
  '/fhir/metadata': {
    get: call('fhirMetadata', 'CapabilityStatement, with the topics', {
      security: OPEN,
      responses: { '200': fhir('The statement') },
    }),
  },
  '/fhir/SubscriptionTopic/{name}': {
    get: call('fhirTopic', 'What a topic is about, in the form of R5', {
      security: OPEN,
      parameters: [inPath('name', 'A family, or a type')],
      responses: { '200': fhir('The topic'), ...NOT_FOUND },
    }),
  },
  '/fhir/Subscription': {
    post: call('fhirSubscribe', 'Ask for notifications (Subscriptions R5 Backport 1.1.0, rest-hook)', {
      description:
        'criteria is the canonical of a topic; the extension filter-criteria narrows it (Bundle?urgency=urgent,critical&sourceorg=…); payload-content is empty, id-only or full-resource; heartbeat-period, timeout and max-count are understood. What cannot be done is refused. Headers are kept secret: a read shows their names only.',
      requestBody: resource,
      responses: {
        '201': fhir('The Subscription, requested until its endpoint took a handshake'),
        ...refused,
        ...common,
      },
    }),
    get: call('fhirSubscriptions', 'The FHIR subscriptions of your organisation', {
      responses: { '200': fhir('A searchset Bundle'), ...common },
    }),
  },
  '/fhir/Subscription/$status': {
    get: call('fhirStatuses', 'The status of several subscriptions', {
      parameters: [inQuery('id', 'Ids, with commas'), inQuery('status', 'Only these, with commas')],
      responses: { '200': fhir('A searchset Bundle of Parameters'), ...common },
    }),
  },
  '/fhir/Subscription/{id}': {
    get: call('fhirSubscription', 'One subscription', {
      parameters: [id],
      responses: { '200': fhir('The Subscription'), ...missing, ...common },
    }),
    put: call('fhirChange', 'Change it; status requested activates it again, off pauses it', {
      parameters: [id],
      requestBody: resource,
      responses: { '200': fhir('The Subscription as it is now'), ...refused, ...missing, ...common },
    }),
    delete: call('fhirUnsubscribe', 'End it', {
      parameters: [id],
      responses: { '204': plain('It is gone'), ...missing, ...common },
    }),
  },
  '/fhir/Subscription/{id}/$status': {
    get: call(
      'fhirStatus',
      'Its status: number of events, and error with the reason while its endpoint does not take them',
      {
        parameters: [id],
        responses: { '200': fhir('A searchset Bundle of one Parameters'), ...missing, ...common },
      },
    ),
  },
  '/fhir/Subscription/{id}/$events': {
    get: call('fhirEvents', 'Events by their numbers, for what was missed', {
      parameters: [
        id,
        inQuery('eventsSinceNumber', 'First number; 1 if not told'),
        inQuery('eventsUntilNumber', 'Last number'),
        inQuery('content', 'empty, id-only or full-resource; as the subscription has it if not told'),
      ],
      responses: {
        '200': fhir('A notification Bundle of type query-event; the first ones if there are too many for one'),
        '400': outcome('a parameter is malformed'),
        ...missing,
        ...common,
      },
    }),
  },
  '/fhir/Bundle/{id}': {
    get: call('fhirContent', 'The content of one event, as it was published', {
      parameters: [inPath('id', '<subscription>.<number>, as id-only notifications name it')],
      responses: { '200': fhir('The content, byte for byte'), ...missing, ...common },
    }),
  },
};
