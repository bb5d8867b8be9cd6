/** Recipes of the operations family: what the exchange itself tells an organisation about its own side. Plain JSON. */
import { broken, eventOf, faults } from './events.mjs';
import { testNhsNumber, uuid } from './people.mjs';

const LEDGER = 'https://signalbox.example.org';
const REPORTED = 'org.signalbox.result.reported.v1';

const told = (type, name, targetorg, time, data, rest = {}) =>
  eventOf({
    name: `${type} ${name}`,
    type: `operations.${type}`,
    from: 'exchange',
    time,
    datacontenttype: 'application/json',
    targetorg,
    ...rest,
    data,
  });

/** Faults that any event of the family may have. `member` is one that its content must have. */
function brokenOnes(event, member) {
  return {
    'content-is-called-fhir': broken(
      event,
      'data-content-type',
      '/datacontenttype',
      (copy) => (copy.datacontenttype = 'application/fhir+json'),
    ),
    'misspelt-member': broken(event, 'additionalProperties', '/data/organistion', (copy) => {
      copy.data.organistion = 'X9H2T';
    }),
    'nhs-number-in-subject': faults.numberInSubject(event),
    'nhs-number-in-the-content': broken(event, 'no-patient-data', `/data/${member}`, (copy) => {
      copy.data[member] = `${testNhsNumber(101)}`;
    }),
    'nobody-is-told': broken(event, 'attribute-required', '/targetorg', (copy) => delete copy.targetorg),
    'required-member-is-missing': broken(event, 'required', `/data/${member}`, (copy) => delete copy.data[member]),
    'time-is-missing': faults.noTime(event),
  };
}

const alert = (name, severity, title, detail, organisation, about, raised, reminder = 0) => ({
  alert: name,
  id: uuid(`alert ${name}`),
  severity,
  title,
  detail,
  organisation,
  about,
  raised,
  reminder,
  page: `${LEDGER}/alerts/${uuid(`alert ${name}`)}`,
  runbook: `${LEDGER}/runbooks/${name}`,
});

const RAISED = {
  silent: alert(
    'publisher-silent',
    'critical',
    'A publisher has gone silent',
    'X9L3B has sent no event of this type for 41 minutes; at this hour the usual gap is up to 22 minutes.',
    'X9L3B',
    { type: REPORTED },
    '2026-03-09T14:22:00Z',
  ),
  down: alert(
    'subscriber-down',
    'critical',
    'An endpoint does not answer',
    'The endpoint of this subscription has not answered for 5 minutes; 14 deliveries wait.',
    'X9G1P',
    { subscription: uuid('subscription'), count: 14 },
    '2026-03-09T08:05:00Z',
  ),
  missed: alert(
    'deadline-missed',
    'warning',
    'A deadline was missed',
    'Deliveries of one type have missed their deadline.',
    'X9H2T',
    { type: 'org.signalbox.referral.requested.v1', clock: 'delivery', count: 2 },
    '2026-03-09T10:00:00Z',
    3,
  ),
};

const resolved = ({ detail: _detail, reminder: _reminder, runbook: _runbook, ...raised }, at) => ({
  ...raised,
  resolved: at,
});

const outage = (name, organisation, types, reason, began) => ({
  outage: uuid(`outage ${name}`),
  organisation,
  types,
  reason,
  began,
});

const OUTAGES = {
  planned: outage('planned', 'X9L3B', ['org.signalbox.result.*'], 'planned-maintenance', '2026-03-14T22:00:00Z'),
  failure: outage('failure', 'X9L3B', ['*'], 'system-failure', '2026-03-10T05:40:00Z'),
  network: outage('network', 'X9H2T', ['org.signalbox.booking.*'], 'network-failure', '2026-03-11T11:15:00Z'),
};

const stage = (type, before, after, rest = {}) => ({
  organisation: 'X9L3B',
  type,
  before,
  after,
  by: 'X9S0B:operator',
  changed: '2026-03-02T09:00:00Z',
  ...rest,
});

const eventOfResult = { source: 'urn:ods:X9L3B:lims', id: uuid('event'), type: REPORTED };

const shown = (name, organisation, reason) => ({
  disclosure: uuid(`disclosure ${name}`),
  event: eventOfResult,
  organisation,
  by: `${organisation}:person-4f1c0a9b22d07e63`,
  reason,
  shown: '2026-03-09T15:00:00Z',
  until: '2026-03-09T15:15:00Z',
});

const nudge = (organisation, rest = {}) => ({
  event: eventOfResult,
  organisation,
  by: `${organisation}:person-4f1c0a9b22d07e63`,
  asked: '2026-03-09T16:00:00Z',
  ...rest,
});

const accepts = {
  'alert-raised': {
    'a-publisher-is-silent': told('alert-raised', 'silent', 'X9L3B', RAISED.silent.raised, RAISED.silent, {
      urgency: 'critical',
    }),
    'an-endpoint-is-down': told('alert-raised', 'down', 'X9G1P', RAISED.down.raised, RAISED.down, {
      urgency: 'critical',
    }),
    'said-again': told('alert-raised', 'missed', 'X9S0B', '2026-03-09T13:00:00Z', RAISED.missed, { urgency: 'urgent' }),
  },
  'alert-resolved': {
    'a-publisher-is-back': told(
      'alert-resolved',
      'silent',
      'X9L3B',
      '2026-03-09T14:31:00Z',
      resolved(RAISED.silent, '2026-03-09T14:31:00Z'),
    ),
    'an-endpoint-is-back': told(
      'alert-resolved',
      'down',
      'X9G1P',
      '2026-03-09T08:30:00Z',
      resolved(RAISED.down, '2026-03-09T08:30:00Z'),
    ),
    'the-operator-is-told-too': told(
      'alert-resolved',
      'down operator',
      'X9S0B',
      '2026-03-09T08:30:00Z',
      resolved(RAISED.down, '2026-03-09T08:30:00Z'),
    ),
  },
  'outage-declared': {
    'planned-maintenance': told(
      'outage-declared',
      'planned',
      'X9G1P',
      '2026-03-14T22:00:01Z',
      {
        ...OUTAGES.planned,
        expectedend: '2026-03-15T02:00:00Z',
        note: 'Urgent results are telephoned by the laboratory.',
        page: `${LEDGER}/outages/${OUTAGES.planned.outage}`,
      },
      { urgency: 'urgent' },
    ),
    'a-system-has-failed': told('outage-declared', 'failure', 'X9H2T', '2026-03-10T05:41:00Z', OUTAGES.failure),
    'a-network-has-failed': told('outage-declared', 'network', 'X9G1P', '2026-03-11T11:16:00Z', {
      ...OUTAGES.network,
      expectedend: '2026-03-11T13:00:00Z',
    }),
  },
  'outage-ended': {
    'maintenance-is-over': told('outage-ended', 'planned', 'X9G1P', '2026-03-15T01:30:00Z', {
      ...OUTAGES.planned,
      ended: '2026-03-15T01:30:00Z',
    }),
    'a-system-is-back': told('outage-ended', 'failure', 'X9H2T', '2026-03-10T07:00:00Z', {
      ...OUTAGES.failure,
      ended: '2026-03-10T07:00:00Z',
    }),
    'a-network-is-back': told('outage-ended', 'network', 'X9G1P', '2026-03-11T12:00:00Z', {
      ...OUTAGES.network,
      ended: '2026-03-11T12:00:00Z',
      page: `${LEDGER}/outages/${OUTAGES.network.outage}`,
    }),
  },
  'stage-changed': {
    'judged-more-strictly': told(
      'stage-changed',
      'strict',
      'X9L3B',
      '2026-03-02T09:00:00Z',
      stage(REPORTED, 'warn', 'enforce', { impact: { looked: 10_000, wouldrefuse: 312 } }),
    ),
    'from-a-day-on': told(
      'stage-changed',
      'later',
      'X9L3B',
      '2026-03-02T09:00:00Z',
      stage('org.signalbox.result.*', 'observe', 'warn', { from: '2026-04-01T00:00:00Z' }),
    ),
    'taken-back': told(
      'stage-changed',
      'back',
      'X9L3B',
      '2026-03-03T09:00:00Z',
      stage(REPORTED, 'enforce', 'warn', { changed: '2026-03-03T09:00:00Z' }),
    ),
  },
  'values-shown': {
    'for-direct-care': told(
      'values-shown',
      'care',
      'X9L3B',
      '2026-03-09T15:00:00Z',
      shown('care', 'X9H2T', 'direct-care'),
    ),
    'to-find-a-fault': told(
      'values-shown',
      'fault',
      'X9L3B',
      '2026-03-09T15:00:00Z',
      shown('fault', 'X9S0B', 'technical-fault'),
    ),
    'for-a-safety-incident': told(
      'values-shown',
      'incident',
      'X9L3B',
      '2026-03-09T15:00:00Z',
      shown('incident', 'X9G1P', 'safety-incident'),
    ),
  },
  nudged: {
    'a-result-is-not-acknowledged': told(
      'nudged',
      'result',
      'X9G1P',
      '2026-03-09T16:00:00Z',
      nudge('X9L3B', { waits: 'delivered-unacknowledged', since: '2026-03-07T09:00:00Z' }),
    ),
    'with-a-page-to-look-at': told(
      'nudged',
      'page',
      'X9G1P',
      '2026-03-09T16:00:00Z',
      nudge('X9H2T', { page: `${LEDGER}/journeys/${uuid('journey')}` }),
    ),
    'by-the-operator': told('nudged', 'operator', 'X9G1P', '2026-03-09T16:00:00Z', nudge('X9S0B')),
  },
};

/** A text of each content that is of no list and no other form than a text has. */
const MEMBERS = {
  'alert-raised': 'title',
  'alert-resolved': 'title',
  'outage-declared': 'outage',
  'outage-ended': 'outage',
  'stage-changed': 'type',
  'values-shown': 'disclosure',
  nudged: 'organisation',
};

export const operations = Object.fromEntries(
  Object.entries(accepts).map(([type, examples]) => [
    `operations/${type}`,
    { accepts: examples, rejects: brokenOnes(Object.values(examples)[0], MEMBERS[type]) },
  ]),
);
