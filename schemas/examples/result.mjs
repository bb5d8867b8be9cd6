/** Recipes of the result family. */
import { broken, document, eventOf, faults, messageWith, place, resource, SOURCES } from './events.mjs';
import {
  concept,
  organisations,
  patient,
  practitioner,
  practitionerRole,
  ROLES,
  snomed,
  SYSTEMS,
  to,
  uuid,
} from './people.mjs';

const LAB = 'http://terminology.hl7.org/CodeSystem/v2-0074';
const INTERPRETATION = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation';
const CATEGORY = concept('http://terminology.hl7.org/CodeSystem/observation-category', 'laboratory', 'Laboratory');
const REPORT = snomed('721981007', 'Diagnostic studies report');
const TIME = '2026-03-05T16:40:00+00:00';

/** Code, name, value, unit, UCUM unit, low, high. */
const TESTS = {
  haemoglobin: ['1022431000000105', 'Haemoglobin estimation', 104, 'g/L', 'g/L', 120, 160],
  whiteCells: ['1022541000000102', 'Total white cell count', 6.8, '10*9/L', '10*9/L', 4, 11],
  platelets: ['1022651000000100', 'Platelet count', 251, '10*9/L', '10*9/L', 150, 400],
  hba1c: ['999791000000106', 'Haemoglobin A1c level - IFCC standardised', 58, 'mmol/mol', 'mmol/mol', 20, 41],
  sodium: ['1000661000000107', 'Serum sodium level', 139, 'mmol/L', 'mmol/L', 133, 146],
  potassium: ['1000651000000109', 'Serum potassium level', 6.4, 'mmol/L', 'mmol/L', 3.5, 5.3],
  creatinine: ['1000731000000107', 'Serum creatinine level', 88, 'umol/L', 'umol/L', 45, 84],
  crp: ['1001371000000100', 'Serum C reactive protein level', 3, 'mg/L', 'mg/L', 0, 5],
};

function observation(name, [code, display, value, unit, ucum, low, high], status) {
  const flag = value > high ? ['H', 'High'] : value < low ? ['L', 'Low'] : ['N', 'Normal'];
  return {
    resourceType: 'Observation',
    status,
    category: [CATEGORY],
    code: snomed(code, display),
    subject: to(`${name} patient`),
    effectiveDateTime: '2026-03-05T09:12:00Z',
    performer: [to('laboratory')],
    ...(status !== 'cancelled' && {
      valueQuantity: quantity(value, unit, ucum),
      interpretation: [concept(INTERPRETATION, ...flag)],
    }),
    ...(status === 'cancelled' && {
      dataAbsentReason: concept(
        'http://terminology.hl7.org/CodeSystem/data-absent-reason',
        'not-performed',
        'Not Performed',
      ),
    }),
    specimen: to(`${name} specimen`),
    referenceRange: [{ low: quantity(low, unit, ucum), high: quantity(high, unit, ucum) }],
  };
}

const quantity = (value, unit, code) => ({ value, unit, system: SYSTEMS.ucum, code });

const identified = (system, value, code) => ({
  type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] },
  system: `https://example.org/id/${system}`,
  value,
});

/** Everything of a laboratory result but the Composition or MessageHeader. */
function report(name, { who, tests, status, observationStatus, conclusion, noRequester }) {
  const observations = Object.fromEntries(
    tests.map((test) => [`${name} ${test}`, observation(name, TESTS[test], observationStatus)]),
  );
  return {
    [`${name} report`]: {
      resourceType: 'DiagnosticReport',
      identifier: [identified('report', `RPT-${name.toUpperCase()}`, 'FILL')],
      basedOn: [to(`${name} order`)],
      status,
      category: [concept(LAB, 'LAB', 'Laboratory')],
      code: REPORT,
      subject: to(`${name} patient`),
      effectiveDateTime: '2026-03-05T09:12:00Z',
      issued: TIME,
      performer: [to('laboratory')],
      specimen: [to(`${name} specimen`)],
      ...(tests.length > 0 && { result: tests.map((test) => to(`${name} ${test}`)) }),
      ...(conclusion && { conclusion }),
    },
    [`${name} patient`]: patient(who),
    [`${name} order`]: {
      resourceType: 'ServiceRequest',
      identifier: [identified('order', `ORD-${name.toUpperCase()}`, 'PLAC')],
      status: 'active',
      intent: 'order',
      code: snomed('15220000', 'Laboratory test'),
      subject: to(`${name} patient`),
      authoredOn: '2026-03-05T08:55:00Z',
      ...(!noRequester && { requester: to(`${name} requester role`) }),
    },
    [`${name} specimen`]: {
      resourceType: 'Specimen',
      identifier: [identified('specimen', `SPC-${name.toUpperCase()}`, 'FILL')],
      status: 'available',
      type: snomed('122555007', 'Venous blood specimen'),
      subject: to(`${name} patient`),
      receivedTime: '2026-03-05T13:05:00Z',
      collection: { collectedDateTime: '2026-03-05T09:12:00Z' },
    },
    ...observations,
    ...(!noRequester && {
      [`${name} requester`]: practitioner('Specimen-Jones', 'Ffion', 'C9999901'),
      [`${name} requester role`]: practitionerRole(`${name} requester`, 'practice', ROLES.gp, '999900000101'),
    }),
    practice: organisations.practice(),
    laboratory: organisations.laboratory(),
  };
}

const COMPOSITION_STATUS = {
  'entered-in-error': 'entered-in-error',
  cancelled: 'final',
  amended: 'amended',
  corrected: 'amended',
  appended: 'amended',
  final: 'final',
};

function asDocument(name, { status, tests, ...details }) {
  return document({
    name: `${name} ${status}`,
    time: TIME,
    composition: {
      status: COMPOSITION_STATUS[status] ?? 'preliminary',
      type: REPORT,
      subject: to(`${name} patient`),
      date: TIME,
      author: [to('laboratory')],
      title: 'Laboratory report',
      section: [
        {
          title: 'Results',
          code: REPORT,
          entry: [to(`${name} report`), ...tests.map((test) => to(`${name} ${test}`))],
        },
      ],
    },
    resources: report(name, { status, tests, ...details }),
  });
}

function asMessage(name, { status, ...details }) {
  return messageWith({
    name: `${name} ${status}`,
    time: TIME,
    header: {
      eventCoding: {
        system: 'http://terminology.hl7.org/CodeSystem/v2-0003',
        code: 'R01',
        display: 'ORU/ACK - Unsolicited transmission of an observation message',
      },
      sender: to('laboratory'),
      source: { name: 'Signalbox example', endpoint: SOURCES.laboratory },
      focus: [to(`${name} report`)],
    },
    resources: report(name, { status, ...details }),
  });
}

function result(kind, name, { as = asDocument, attributes, ...details }) {
  const data = as(name, {
    observationStatus: details.status === 'partial' ? 'preliminary' : details.status,
    ...details,
  });
  return eventOf({
    name: `${name} ${details.status}`,
    journey: name,
    type: `result.${kind}`,
    from: 'laboratory',
    time: TIME,
    targetorg: 'X9G1P',
    ...attributes,
    data,
  });
}

const bloodCount = result('reported', 'blood-count', {
  who: 'amara',
  tests: ['haemoglobin', 'whiteCells', 'platelets'],
  status: 'final',
  conclusion: 'Low haemoglobin. Suggest ferritin.',
});
const bench = result('reported', 'hba1c', {
  who: 'bryn',
  tests: ['hba1c'],
  status: 'final',
  conclusion: 'Above target. Suggest a repeat in three months.',
});
const critical = result('reported', 'potassium', {
  as: asMessage,
  who: 'dewi',
  tests: ['sodium', 'potassium'],
  status: 'final',
  attributes: { urgency: 'critical', sourcestatus: 'F' },
});
const preliminary = result('reported', 'crp', {
  as: asMessage,
  who: 'chandra',
  tests: ['crp'],
  status: 'preliminary',
  attributes: { sourcestatus: 'P' },
});
const registered = result('reported', 'pending', { who: 'erin', tests: [], status: 'registered' });
const pointer = {
  ...result('reported', 'large', { who: 'erin', tests: ['crp'], status: 'final' }),
  dataref: 'https://results.example.org/documents/6f3a',
};
delete pointer.data;

const corrected = result('corrected', 'blood-count', {
  who: 'amara',
  tests: ['haemoglobin', 'whiteCells', 'platelets'],
  status: 'corrected',
  attributes: { supersedes: bloodCount.id, sourcestatus: 'C' },
  conclusion: 'The earlier haemoglobin belonged to another sample.',
});
const amended = result('corrected', 'hba1c', {
  who: 'bryn',
  tests: ['hba1c'],
  status: 'amended',
  attributes: { supersedes: bench.id },
});
const appended = result('corrected', 'potassium', {
  as: asMessage,
  who: 'dewi',
  tests: ['sodium'],
  status: 'appended',
  observationStatus: 'final',
  attributes: { supersedes: critical.id },
});

const cancelled = result('withdrawn', 'crp', {
  as: asMessage,
  who: 'chandra',
  tests: ['crp'],
  status: 'cancelled',
  conclusion: 'The sample was haemolysed; please repeat.',
  attributes: { supersedes: preliminary.id },
});
const wrongPatient = result('withdrawn', 'blood-count', {
  who: 'amara',
  tests: ['haemoglobin'],
  status: 'entered-in-error',
  attributes: { supersedes: bloodCount.id, urgency: 'urgent', sourcestatus: 'W' },
});
const withoutRequester = result('withdrawn', 'hba1c', {
  who: 'bryn',
  tests: [],
  status: 'entered-in-error',
  noRequester: true,
  attributes: { supersedes: bench.id },
});

/** A Task about the report: `received` by a system, `accepted` when a person has seen it, `completed` when it was acted on. */
function acknowledged(name, { of, status, person, statusReason }) {
  const time = '2026-03-06T08:20:00Z';
  const data = messageWith({
    name: `${name} acknowledgement`,
    time,
    header: {
      eventUri: 'urn:signalbox:result-acknowledged',
      sender: to('practice'),
      source: { endpoint: SOURCES.practice },
      focus: [to(`${name} task`)],
    },
    resources: {
      [`${name} task`]: {
        resourceType: 'Task',
        status,
        ...(statusReason && { statusReason: { text: statusReason } }),
        intent: 'order',
        focus: { type: 'DiagnosticReport', identifier: identified('report', `RPT-${name.toUpperCase()}`, 'FILL') },
        for: to(`${name} patient`),
        authoredOn: time,
        lastModified: time,
        owner: to(person ? `${name} reader role` : 'practice'),
      },
      [`${name} patient`]: patient(of),
      practice: organisations.practice(),
      ...(person && {
        [`${name} reader`]: practitioner('Specimen-Jones', 'Ffion', 'C9999901'),
        [`${name} reader role`]: practitionerRole(`${name} reader`, 'practice', ROLES.gp, '999900000101'),
      }),
    },
  });
  return eventOf({
    name: `${name} acknowledgement`,
    journey: name,
    type: 'result.acknowledged',
    from: 'practice',
    time,
    targetorg: 'X9L3B',
    causationid: uuid(`${name} final event`),
    data,
  });
}

const seen = acknowledged('blood-count', { of: 'amara', status: 'accepted', person: true });
const bySystem = acknowledged('hba1c', { of: 'bryn', status: 'received' });
const actedOn = acknowledged('potassium', { of: 'dewi', status: 'completed', person: true });
const notOurs = acknowledged('crp', { of: 'chandra', status: 'rejected', statusReason: 'Not registered here.' });

const status = (kind, value) => (copy) => (resource(copy, kind).status = value);
const common = (event) => ({
  'nhs-number-fails-modulus-11': faults.badCheckDigit(event),
  'nhs-number-in-subject': faults.numberInSubject(event),
  'report-without-status': broken(
    event,
    'required',
    place('DiagnosticReport', '/status'),
    (copy) => delete resource(copy, 'DiagnosticReport').status,
  ),
  'second-patient': faults.secondPatient(event),
  'two-reports': broken(
    event,
    'one-diagnostic-report',
    (copy) => `/data/entry/${copy.data.entry.length}/resource`,
    (copy) =>
      copy.data.entry.push({
        fullUrl: `urn:uuid:${uuid('second')}`,
        resource: { ...resource(copy, 'DiagnosticReport'), id: uuid('second') },
      }),
  ),
});

export const results = {
  'result/reported': {
    accepts: {
      'final-blood-count': bloodCount,
      'benchmark-result-7.5-kB': bench,
      'critical-potassium-message': critical,
      'preliminary-message': preliminary,
      'registered-no-results-yet': registered,
      'content-by-reference': pointer,
    },
    rejects: {
      ...common(bloodCount),
      'status-of-a-correction': broken(
        bloodCount,
        'status-matches-type',
        place('DiagnosticReport', '/status'),
        status('DiagnosticReport', 'corrected'),
      ),
      'value-and-reason-for-its-absence': broken(
        bloodCount,
        'fhir-invariant',
        place('Observation', '/dataAbsentReason'),
        (copy) => (resource(copy, 'Observation').dataAbsentReason = { text: 'unknown' }),
      ),
      'two-values': broken(
        bloodCount,
        'one-value-per-choice',
        place('Observation', '/valueString'),
        (copy) => (resource(copy, 'Observation').valueString = 'low'),
      ),
      'document-without-identifier': broken(
        bloodCount,
        'bundle-identity',
        '/data/identifier',
        (copy) => delete copy.data.identifier,
      ),
      'day-that-does-not-exist': broken(
        bloodCount,
        'pattern',
        place('Observation', '/effectiveDateTime'),
        (copy) => (resource(copy, 'Observation').effectiveDateTime = '2026-02-31'),
      ),
      'issued-without-zone': broken(
        bloodCount,
        'instant-has-zone',
        place('DiagnosticReport', '/issued'),
        (copy) => (resource(copy, 'DiagnosticReport').issued = '2026-03-05T16:40:00'),
      ),
      'unknown-resource': broken(
        bloodCount,
        'resource-type',
        place('Specimen', '/resourceType'),
        (copy) => (resource(copy, 'Specimen').resourceType = 'Sample'),
      ),
      'plain-json-content-type': broken(
        bloodCount,
        'data-content-type',
        '/datacontenttype',
        (copy) => (copy.datacontenttype = 'application/json'),
      ),
      'no-content-at-all': broken(bloodCount, 'data-required', '/data', (copy) => delete copy.data),
    },
  },
  'result/corrected': {
    accepts: { 'wrong-sample': corrected, 'amended-document': amended, 'appended-message': appended },
    rejects: {
      ...common(corrected),
      'superseded-event-is-not-named': broken(
        corrected,
        'supersedes-required',
        '/supersedes',
        (copy) => delete copy.supersedes,
      ),
      'status-is-final': broken(
        corrected,
        'status-matches-type',
        place('DiagnosticReport', '/status'),
        status('DiagnosticReport', 'final'),
      ),
      'entry-has-the-fullurl-of-another': faults.duplicateFullUrl(corrected),
    },
  },
  'result/withdrawn': {
    accepts: {
      'haemolysed-sample': cancelled,
      'entered-in-error-wrong-patient': wrongPatient,
      'requester-unknown': withoutRequester,
    },
    rejects: {
      ...common(wrongPatient),
      'superseded-event-is-not-named': broken(
        wrongPatient,
        'supersedes-required',
        '/supersedes',
        (copy) => delete copy.supersedes,
      ),
      'status-is-corrected': broken(
        wrongPatient,
        'status-matches-type',
        place('DiagnosticReport', '/status'),
        status('DiagnosticReport', 'corrected'),
      ),
      'timestamp-is-missing': faults.noTimestamp(cancelled),
    },
  },
  'result/acknowledged': {
    accepts: {
      'seen-by-a-person': seen,
      'acknowledged-by-system': bySystem,
      'acted-on': actedOn,
      'not-for-this-recipient': notOurs,
    },
    rejects: {
      'answered-event-is-not-named': broken(
        seen,
        'causation-required',
        '/causationid',
        (copy) => delete copy.causationid,
      ),
      'task-is-only-requested': broken(
        seen,
        'status-matches-type',
        place('Task', '/status'),
        status('Task', 'requested'),
      ),
      'task-without-intent': broken(
        seen,
        'required',
        place('Task', '/intent'),
        (copy) => delete resource(copy, 'Task').intent,
      ),
      'owner-is-not-in-the-bundle': broken(
        seen,
        'references-resolve',
        place('Task', '/owner/reference'),
        (copy) => (resource(copy, 'Task').owner.reference = 'Practitioner/unknown'),
      ),
      'nhs-number-fails-modulus-11': faults.badCheckDigit(seen),
      'answers-itself': broken(seen, 'causationid', '/causationid', (copy) => (copy.causationid = copy.id)),
      'correlation-is-no-uuid': broken(
        seen,
        'correlationid',
        '/correlationid',
        (copy) => (copy.correlationid = 'case 12'),
      ),
      'header-without-event': broken(
        seen,
        'choice-required',
        place('MessageHeader'),
        (copy) => delete resource(copy, 'MessageHeader').eventUri,
      ),
    },
  },
};
