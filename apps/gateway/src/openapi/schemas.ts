import { PROBLEMS, URGENCIES } from '@signalbox/contracts';
import { PROTOCOLS } from '@signalbox/registry';
import { CARE_SCHEMAS } from './care-schemas.js';
import { DELIVERY_SCHEMAS } from './delivery-schemas.js';
import { DEADLINE_SCHEMAS } from './deadline-paths.js';
import { OUTAGE_SCHEMAS } from './outage-paths.js';
import { PEOPLE_SCHEMAS } from './people-paths.js';
import { REPEAT_SCHEMAS } from './repeat-schemas.js';
import { PROOF_SCHEMAS } from './proof-schemas.js';
import { STAGE_SCHEMAS } from './stage-paths.js';
import { STUCK_SCHEMAS } from './stuck-paths.js';
import { ref } from './form.js';
import { text, flag, time, listOf, open, strict } from './shapes.js';

const wish = {
  source: { ...text, description: 'Only events of this source' },
  filters: {
    ...listOf({ type: 'object' }),
    description: 'exact, prefix, suffix, all, any, not, sql (CloudEvents SQL 1.0.0); all must hold',
  },
  sink: { type: 'string', format: 'uri', description: 'Under HTTP and FHIR only' },
  config: {
    type: 'object',
    additionalProperties: { type: ['string', 'number', 'boolean'] },
    description:
      'HTTP: batch (2 to 100 events in one POST), batchwaitms (0 to 5000). ' +
      'FHIR: content (empty, id-only, full-resource), payload, heartbeatseconds, timeoutseconds, reason. Others: nothing',
  },
};
const types = {
  ...listOf(text),
  minItems: 1,
  maxItems: 100,
  description: 'Types of the catalogue, patterns of some that end in .*, or *',
};
const protocol = {
  enum: PROTOCOLS,
  description:
    'HTTP: webhooks to the sink. PULL: fetched or streamed. FHIR: notifications of a FHIR R4 topic-based Subscription. NATS: an inbox in the engine. A change keeps the position',
};
const natskeys = {
  ...listOf({ type: 'string', pattern: '^U[A-Z2-7]{55}$' }),
  maxItems: 10,
  description:
    'Public NKeys of users, with which it connects to NATS in the account of its organisation; [] takes them back',
};
const keys = {
  ...listOf({ type: 'object', description: 'Public JWK: RS512, PS256, ES256 or EdDSA' }),
  minItems: 1,
  maxItems: 10,
};
const accepted = {
  id: text,
  source: text,
  journey: text,
  state: { const: 'accepted' },
  duplicate: { ...flag, description: 'True when it had been accepted before; it is recorded once' },
  findings: listOf(ref('Finding')),
};
const details = {
  contact: { ...text, maxLength: 200, description: 'How people reach it: a mailbox or a telephone number' },
  egressAllow: {
    ...listOf(text),
    maxItems: 100,
    description:
      'Private places that its sinks may be at: host names, addresses and CIDRs inside 10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7. [] takes them back',
  },
};
const organisation = { ods: text, name: text, active: flag };
const grant = {
  application: { ...text, description: 'Id of an application, or * for all of the organisation' },
  action: { enum: ['publish', 'subscribe', 'trace', 'administer'] },
  types: text,
  purpose: text,
  basis: { ...text, maxLength: 300, description: 'On which legal basis data is shared: an article, an agreement' },
  expires: time,
};
const typeSummary = {
  type: text,
  title: text,
  description: text,
  family: text,
  version: { type: 'integer' },
  status: { enum: ['draft', 'active', 'deprecated', 'retired'] },
  dates: { type: 'object', additionalProperties: text },
  replacedby: text,
  datacontenttype: text,
  owner: text,
  schema: text,
  details: text,
  digest: text,
};

/** The shapes of bodies and answers. */
export const SCHEMAS: Readonly<Record<string, object>> = {
  ...REPEAT_SCHEMAS,
  ...CARE_SCHEMAS,
  ...DELIVERY_SCHEMAS,
  ...PROOF_SCHEMAS,
  ...STUCK_SCHEMAS,
  ...STAGE_SCHEMAS,
  CloudEvent: open(['id', 'source', 'specversion', 'type', 'time'], {
    id: text,
    source: { ...text, description: 'urn:ods:<ODS code>:<application>, or an absolute URI' },
    specversion: { const: '1.0' },
    type: text,
    time,
    datacontenttype: text,
    correlationid: { ...text, description: 'The journey' },
    causationid: text,
    supersedes: text,
    targetorg: text,
    urgency: { enum: URGENCIES },
    sourcestatus: text,
    dataref: { type: 'string', format: 'uri' },
    data: {},
    data_base64: text,
  }),
  Accepted: open(['id', 'source', 'journey', 'state', 'duplicate'], accepted),
  BatchItem: {
    oneOf: [
      open(['status', 'id', 'source', 'journey', 'state', 'duplicate'], { status: { const: 202 }, ...accepted }),
      ref('Problem'),
    ],
  },
  Verdict: open(['valid', 'findings'], { valid: flag, type: text, code: text, findings: listOf(ref('Finding')) }),
  Finding: open(['path', 'rule', 'expected', 'fix', 'doc'], {
    path: { ...text, description: 'JSON Pointer' },
    rule: text,
    expected: text,
    fix: text,
    doc: text,
  }),
  Problem: open(['type', 'title', 'status', 'code', 'detail'], {
    type: text,
    title: text,
    status: { type: 'integer' },
    code: { enum: Object.keys(PROBLEMS) },
    detail: text,
    findings: listOf(ref('Finding')),
    traceid: text,
  }),
  LedgerAnswer: { type: 'object', description: 'As the ledger answers it' },
  TokenRequest: open(['grant_type', 'client_assertion_type', 'client_assertion'], {
    grant_type: { const: 'client_credentials' },
    client_assertion_type: { const: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' },
    client_assertion: text,
  }),
  Token: open(['access_token', 'token_type', 'expires_in'], {
    access_token: text,
    token_type: { const: 'Bearer' },
    expires_in: { type: 'integer', description: 'Seconds' },
  }),
  NewSubscription: strict(['types', 'protocol'], {
    types,
    ...wish,
    protocol,
    start: {
      ...text,
      description: 'now (default), or a time as RFC 3339 has it: what was recorded since then is given too',
    },
  }),
  SubscriptionChange: strict([], { types, ...wish, source: { type: ['string', 'null'] }, protocol }),
  Subscription: open(['id', 'types', 'protocol', 'status', 'created', 'updated'], {
    id: text,
    ods: text,
    application: text,
    types,
    ...wish,
    protocol,
    status: { enum: ['pending', 'active', 'paused', 'disabled'] },
    statusReason: text,
    start: { type: 'object', additionalProperties: { type: 'integer' } },
    sinksecrets: { ...listOf(text), description: 'Only in the answer that made them' },
    warning: {
      ...open(['condition', 'stage', 'since', 'sentence', 'advice'], {
        condition: text,
        stage: { type: 'integer' },
        since: time,
        sentence: text,
        advice: text,
      }),
      description: 'While its endpoint fares badly, when it is read; all of it is in GET /subscriptions/{id}/health',
    },
    created: time,
    updated: time,
  }),
  FilterTest: strict(['types'], {
    types,
    source: text,
    filters: listOf({ type: 'object' }),
    last: { type: 'integer', minimum: 1, maximum: 10_000, default: 100 },
  }),
  FilterTested: open(['looked', 'matched', 'items'], {
    looked: { type: 'integer', description: 'Events that were looked at' },
    matched: { type: 'integer' },
    items: listOf(
      open(['source', 'id', 'type', 'time', 'matches', 'why'], {
        source: text,
        id: text,
        type: text,
        time,
        matches: flag,
        why: open(['reason', 'detail'], { reason: text, detail: text, filters: listOf(text) }),
      }),
    ),
  }),
  PullRequest: strict([], {
    limit: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
    waitms: { type: 'integer', minimum: 0, maximum: 120_000, default: 0 },
  }),
  Pulled: open(['items', 'more'], {
    items: listOf(
      open(['event', 'position'], {
        event: ref('CloudEvent'),
        position: open(['stream', 'sequence'], {
          stream: text,
          sequence: { type: 'integer' },
          late: { ...text, description: 'Id of a newer version that was known' },
          corrects: { ...text, description: 'Id of the event that it corrects or withdraws' },
        }),
      }),
    ),
    cursor: { ...text, description: 'To be acknowledged once every item is dealt with; absent when nothing came' },
    more: { ...flag, description: 'Whether more was there at once' },
  }),
  Acknowledgement: strict([], { cursor: text, source: text, id: text }),
  NewOrganisation: strict(['ods', 'name'], { ods: text, name: text, ...details }),
  OrganisationChange: strict([], { name: text, active: flag, ...details }),
  Organisation: open(['ods', 'name', 'active'], { ...organisation, ...details }),
  NewApplication: strict(['id', 'name', 'keys'], { id: text, name: text, keys, natskeys }),
  ApplicationChange: strict([], { name: text, active: flag, keys, natskeys }),
  Application: open(['ods', 'id', 'name', 'active', 'keys'], { ...organisation, id: text, keys, natskeys }),
  NewGrant: strict(['action', 'types', 'purpose'], grant),
  Grant: open(['id', 'ods', 'application', 'action', 'types', 'purpose'], { id: text, ods: text, ...grant }),
  ...PEOPLE_SCHEMAS,
  ...DEADLINE_SCHEMAS,
  ...OUTAGE_SCHEMAS,
  TypeSummary: open(['type', 'title', 'family', 'version', 'status', 'schema'], typeSummary),
  TypeDetails: open(['type', 'title', 'rules', 'examples'], {
    ...typeSummary,
    classification: text,
    requires: listOf(text),
    rules: listOf(text),
    readme: text,
    examples: { type: 'object' },
  }),
  Health: open(['state', 'components'], {
    state: { enum: ['up', 'degraded', 'down'] },
    components: { type: 'object', additionalProperties: open(['state', 'sentence'], { state: text, sentence: text }) },
  }),
};
