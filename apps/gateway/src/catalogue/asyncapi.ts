import { isOperations, URGENCIES, type EventType } from '@signalbox/contracts';

const ATTRIBUTES: Readonly<Record<string, object>> = {
  id: { type: 'string', minLength: 1, description: 'With source the identity of the event' },
  source: { type: 'string', minLength: 1, description: 'urn:ods:<ODS code>:<application>, or an absolute URI' },
  specversion: { type: 'string', enum: ['1.0'] },
  type: { type: 'string', minLength: 1 },
  time: { type: 'string', format: 'date-time' },
  datacontenttype: { type: 'string' },
  correlationid: { type: 'string', format: 'uuid', description: 'The journey: one case, kept over all its events' },
  causationid: { type: 'string', description: 'Id of the event that this one answers' },
  supersedes: { type: 'string', description: 'Id of the event that this one replaces' },
  targetorg: { type: 'string', description: 'ODS code of the intended receiver; absent: every holder of a grant' },
  urgency: { type: 'string', enum: URGENCIES },
  sourcestatus: { type: 'string', description: "The sender's own status, word for word" },
  dataref: { type: 'string', format: 'uri', description: 'Where the content can be fetched when data is left out' },
};

const REQUIRED = ['id', 'source', 'specversion', 'type', 'time'];

/** The exchange as an AsyncAPI 3.0.0 document: what it takes, per type and over both protocols, and what it delivers. */
export function asyncApiOf(types: readonly EventType[], publicUrl: string): object {
  const url = new URL(publicUrl);
  const offered = types.filter(({ status }) => status !== 'retired');
  const taken = offered.filter(({ type }) => !isOperations(type));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Signalbox',
      version: '0.1.0',
      description:
        'Referral, booking and result events as CloudEvents 1.0.2. A 202 (or a reply with status 202) means that the event is on disk.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    servers: {
      http: { host: url.host, protocol: url.protocol.replace(':', ''), description: 'The gateway' },
      nats: { host: `${url.hostname}:4222`, protocol: 'nats', description: 'For publishers that are on NATS already' },
    },
    channels: {
      events: {
        address: '/events',
        servers: [{ $ref: '#/servers/http' }],
        description: 'One event in structured or binary mode, or a batch',
        messages: Object.fromEntries(taken.map(({ type }) => [type, messageRef(type)])),
      },
      ...Object.fromEntries(taken.map((type) => [`publish.${type.type}`, natsChannel(type)])),
      deliveries: {
        address: null,
        description: 'The sink of a subscription: a POST signed after Standard Webhooks, the event in structured mode',
        messages: Object.fromEntries(offered.map(({ type }) => [type, messageRef(type)])),
      },
    },
    operations: operationsOf(taken),
    components: {
      messages: Object.fromEntries(offered.map((type) => [type.type, messageOf(type, url.origin)])),
      messageTraits: {
        cloudevent: { headers: { type: 'object', properties: headerProperties(), required: REQUIRED.map(ceHeader) } },
      },
    },
  };
}

function operationsOf(types: readonly EventType[]): object {
  return {
    publish: {
      action: 'receive',
      channel: { $ref: '#/channels/events' },
      bindings: { http: { method: 'POST', bindingVersion: '0.3.0' } },
    },
    deliver: {
      action: 'send',
      channel: { $ref: '#/channels/deliveries' },
      bindings: { http: { method: 'POST', bindingVersion: '0.3.0' } },
    },
    ...Object.fromEntries(
      types.map(({ type }) => [
        `publish.${type}`,
        {
          action: 'receive',
          channel: { $ref: `#/channels/publish.${type}` },
          bindings: { nats: { queue: 'gateway', bindingVersion: '0.1.0' } },
        },
      ]),
    ),
  };
}

function natsChannel({ type, title }: EventType): object {
  return {
    address: `publish.${type}`,
    servers: [{ $ref: '#/servers/nats' }],
    description: `${title}: request and reply; the access token in the header Authorization`,
    messages: { [type]: messageRef(type) },
  };
}

function messageRef(type: string): object {
  return { $ref: `#/components/messages/${type}` };
}

function messageOf(type: EventType, publicUrl: string): object {
  const { family, event, version } = type;
  return {
    name: type.type,
    title: type.title,
    summary: type.description,
    ...(type.status === 'deprecated' && { tags: [{ name: 'deprecated' }] }),
    contentType: 'application/cloudevents+json',
    traits: [{ $ref: '#/components/messageTraits/cloudevent' }],
    payload: {
      type: 'object',
      required: [...REQUIRED, ...type.requires],
      properties: {
        ...ATTRIBUTES,
        type: { type: 'string', enum: [type.type] },
        datacontenttype: { type: 'string', enum: [type.dataContentType] },
        data: {
          type: 'object',
          description: 'JSON Schema 2020-12, to be validated with that dialect',
          externalDocs: { url: `${publicUrl}/schemas/${family}/${event}/v${String(version)}/data.schema.json` },
        },
      },
    },
  };
}

function headerProperties(): object {
  return Object.fromEntries(Object.entries(ATTRIBUTES).map(([name, schema]) => [ceHeader(name), schema]));
}

function ceHeader(name: string): string {
  return `ce-${name}`;
}
