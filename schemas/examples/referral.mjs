/** Recipes of the referral family. */
import { broken, eventOf, faults, message, place, resource, without } from './events.mjs';
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
} from './people.mjs';
import { clinicalBackground } from './background.mjs';

const CATEGORY = 'https://fhir.nhs.uk/CodeSystem/message-category-servicerequest';
const USE_CASE = 'https://fhir.nhs.uk/CodeSystem/usecases-categories-bars';
const TIME = '2026-03-02T09:30:00+00:00';

const category = (code) => [
  { coding: [{ system: CATEGORY, code }] },
  { coding: [{ system: USE_CASE, code: code === 'referral' ? 'a8t1' : 'a4t1' }] },
];

const serviceRequest = (name, { status, kind, priority, reason, note }) => ({
  resourceType: 'ServiceRequest',
  identifier: [{ system: 'https://example.org/id/referral', value: `REF-${name.toUpperCase()}` }],
  status,
  intent: 'plan',
  category: category(kind),
  priority,
  code: snomed('3457005', 'Patient referral'),
  subject: to(`${name} patient`),
  encounter: to(`${name} encounter`),
  authoredOn: TIME,
  requester: to(`${name} referrer role`),
  performer: [to(`${name} service`)],
  reasonCode: [reason],
  ...(note && { note: [{ time: TIME, text: note }] }),
});

const encounter = (name, status) => ({
  resourceType: 'Encounter',
  identifier: [{ system: 'https://example.org/id/encounter', value: `ENC-${name.toUpperCase()}` }],
  status,
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB', display: 'ambulatory' },
  subject: to(`${name} patient`),
  episodeOfCare: [to(`${name} episode`)],
  participant: [{ individual: to(`${name} referrer role`) }],
  period: { start: '2026-03-02T09:00:00+00:00', end: '2026-03-02T09:20:00+00:00' },
  serviceProvider: to('practice'),
});

const episode = (name) => ({
  resourceType: 'EpisodeOfCare',
  status: 'active',
  patient: to(`${name} patient`),
  managingOrganization: to('practice'),
});

const carePlan = (name, status, description) => ({
  resourceType: 'CarePlan',
  status,
  intent: 'plan',
  title: 'Agreed with the patient',
  description,
  subject: to(`${name} patient`),
  encounter: to(`${name} encounter`),
  created: TIME,
  activity: [{ detail: { status: 'not-started', description: 'Await assessment by the receiving service' } }],
});

const service = (name, title) => ({
  resourceType: 'HealthcareService',
  identifier: [{ system: SYSTEMS.dosService, value: '2000099999' }],
  active: true,
  providedBy: to('hospital'),
  name: title,
  telecom: [{ system: 'phone', value: '01632 960210', use: 'work' }],
});

const consent = (name) => ({
  resourceType: 'Consent',
  status: 'active',
  scope: concept('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy', 'Privacy Consent'),
  category: [concept('http://terminology.hl7.org/CodeSystem/consentcategorycodes', 'INFA', 'Information Access')],
  patient: to(`${name} patient`),
  dateTime: TIME,
  policyRule: concept('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'OPTIN', 'opt in'),
});

const KNEE = snomed('239873007', 'Osteoarthritis of knee');
const CHEST = snomed('29857009', 'Chest pain');
const BREAST = snomed('89164003', 'Breast lump');

/** Who and what every referral message holds, before anything clinical. */
function people(name, who, options) {
  return {
    [`${name} patient`]: patient(who, options),
    practice: organisations.practice(),
    hospital: organisations.hospital(),
    [`${name} referrer`]: practitioner('Specimen-Jones', 'Ffion', 'C9999901'),
    [`${name} referrer role`]: practitionerRole(`${name} referrer`, 'practice', ROLES.gp, '999900000101'),
  };
}

function requested(name, { who, title, plan, background = false, options, attributes, ...request }) {
  const data = message({
    name,
    time: TIME,
    event: 'servicerequest-request',
    reason: 'new',
    focus: `${name} request`,
    from: 'practice',
    target: '2000099999',
    resources: {
      [`${name} request`]: serviceRequest(name, { status: 'active', kind: 'referral', ...request }),
      ...people(name, who, options),
      [`${name} encounter`]: encounter(name, 'finished'),
      [`${name} episode`]: episode(name),
      [`${name} plan`]: carePlan(name, 'completed', plan),
      [`${name} service`]: service(name, title),
      [`${name} consent`]: consent(name),
      ...(background && clinicalBackground(name)),
    },
  });
  return eventOf({
    name,
    type: 'referral.requested',
    from: 'practice',
    time: TIME,
    targetorg: 'X9H2T',
    ...attributes,
    data,
  });
}

const knee = requested('knee', {
  who: 'bryn',
  title: 'Trauma and orthopaedics',
  plan: 'Exercises have not helped; surgery to be discussed.',
  priority: 'routine',
  reason: KNEE,
  attributes: { urgency: 'routine' },
});
const breast = requested('breast', {
  who: 'chandra',
  title: 'Breast clinic',
  plan: 'To be seen within two weeks.',
  priority: 'urgent',
  reason: BREAST,
  attributes: { urgency: 'two-week-wait' },
});
const oldSystem = requested('old-system', {
  who: 'erin',
  title: 'Cardiology',
  plan: 'Refer for assessment.',
  priority: 'routine',
  reason: CHEST,
  options: { system: SYSTEMS.oldNhsNumber },
});
const full = requested('full', {
  who: 'amara',
  title: 'Trauma and orthopaedics',
  plan: 'Exercises, weight loss and pain relief over twelve months have not helped enough. The patient wishes to discuss a knee replacement and agrees to the sharing of her record with the hospital.',
  priority: 'routine',
  reason: KNEE,
  background: true,
  note: 'Needs a ground-floor room and transport; hard of hearing, so please send letters rather than phone.',
  attributes: { urgency: 'routine' },
});

/** Cancelling sends the same ServiceRequest again with another status, and little else. */
function cancelled(name, of, status, kind = 'referral') {
  const data = message({
    name: `${name} cancelled`,
    time: '2026-03-05T08:15:00Z',
    event: 'servicerequest-request',
    reason: 'update',
    focus: `${name} request`,
    from: 'practice',
    target: '2000099999',
    resources: {
      [`${name} request`]: {
        ...serviceRequest(name, { status, kind, priority: 'routine', reason: KNEE }),
        encounter: undefined,
        performer: [to('hospital')],
      },
      ...people(name, of),
    },
  });
  delete data.entry[1].resource.encounter;
  return eventOf({
    name: `${name} cancelled`,
    journey: name,
    type: 'referral.cancelled',
    from: 'practice',
    time: '2026-03-05T08:15:00Z',
    targetorg: 'X9H2T',
    data,
  });
}

function validation(name, { who, reason = 'new', status = 'active', encounterStatus = 'triaged', attributes }) {
  const data = message({
    name: `${name} ${reason}`,
    time: '2026-03-03T22:04:11.250Z',
    event: 'servicerequest-request',
    reason,
    focus: `${name} request`,
    from: 'practice',
    target: '2000088888',
    resources: {
      [`${name} request`]: serviceRequest(name, { status, kind: 'validation', priority: 'urgent', reason: CHEST }),
      ...people(name, who),
      [`${name} encounter`]: encounter(name, encounterStatus),
      [`${name} episode`]: episode(name),
      [`${name} plan`]: carePlan(name, 'active', 'Clinical validation before an ambulance is sent.'),
      [`${name} service`]: service(name, 'Clinical assessment service'),
    },
  });
  return eventOf({
    name: `${name} ${reason}`,
    journey: name,
    type: 'referral.validation-requested',
    from: 'practice',
    time: '2026-03-03T22:04:11.250Z',
    targetorg: 'X9H2T',
    urgency: 'urgent',
    ...attributes,
    data,
  });
}

function responded(name, { who, kind = 'referral', status, encounterStatus, reason = 'new', note }) {
  const validating = kind === 'validation';
  const data = message({
    name: `${name} response`,
    time: '2026-03-04T14:00:00Z',
    event: 'servicerequest-response',
    reason,
    focus: validating ? `${name} encounter` : `${name} request`,
    from: 'hospital',
    target: '2000077777',
    answers: name,
    resources: {
      [`${name} request`]: serviceRequest(name, {
        status,
        kind,
        priority: 'routine',
        reason: validating ? CHEST : KNEE,
        note,
      }),
      ...people(name, who),
      [`${name} encounter`]: encounter(name, encounterStatus ?? 'finished'),
      [`${name} episode`]: episode(name),
      [`${name} service`]: service(name, 'Trauma and orthopaedics'),
    },
  });
  return eventOf({
    name: `${name} response`,
    journey: name,
    type: 'referral.responded',
    from: 'hospital',
    time: '2026-03-04T14:00:00Z',
    causationid: knee.id,
    targetorg: 'X9G1P',
    data,
  });
}

const withdrawnKnee = cancelled('knee', 'bryn', 'revoked');
const newValidation = validation('chest', { who: 'dewi' });
const accepted = responded('knee', { who: 'bryn', status: 'active', note: 'Accepted for an outpatient appointment.' });

const status = (kind, value, nth) => (copy) => (resource(copy, kind, nth).status = value);
const reason = (code) => (copy) => (resource(copy, 'MessageHeader').reason.coding[0].code = code);
const common = (event) => ({
  'header-is-not-first': faults.headerNotFirst(event),
  'nhs-number-fails-modulus-11': faults.badCheckDigit(event),
  'nhs-number-in-subject': faults.numberInSubject(event),
  'request-without-intent': broken(
    event,
    'required',
    place('ServiceRequest', '/intent'),
    (copy) => delete resource(copy, 'ServiceRequest').intent,
  ),
  'subject-is-not-in-the-bundle': broken(
    event,
    'references-resolve',
    place('ServiceRequest', '/subject/reference'),
    (copy) => {
      resource(copy, 'ServiceRequest').subject.reference = 'urn:uuid:00000000-0000-4000-8000-000000000000';
    },
  ),
});

export const referral = {
  'referral/requested': {
    accepts: {
      'routine-orthopaedics': knee,
      'two-week-wait-breast-clinic': breast,
      'older-nhs-number-system': oldSystem,
      'benchmark-referral-18-kB': full,
    },
    rejects: {
      ...common(knee),
      'consent-is-missing': broken(knee, 'message-definition', '/data/entry', (copy) => without(copy, 'Consent')),
      'reason-of-an-update': broken(knee, 'message-definition', place('MessageHeader', '/reason'), reason('update')),
      'request-is-revoked': broken(
        knee,
        'status-matches-type',
        place('ServiceRequest', '/status'),
        status('ServiceRequest', 'revoked'),
      ),
      'time-is-missing': faults.noTime(knee),
      'two-authored-dates-without-zone': broken(
        knee,
        'instant-has-zone',
        place('ServiceRequest', '/authoredOn'),
        (copy) => (resource(copy, 'ServiceRequest').authoredOn = '2026-03-02T09:30:00'),
      ),
      'misspelt-member': broken(
        knee,
        'additionalProperties',
        place('ServiceRequest', '/prioritty'),
        (copy) => (resource(copy, 'ServiceRequest').prioritty = 'routine'),
      ),
    },
  },
  'referral/cancelled': {
    accepts: {
      'request-withdrawn': withdrawnKnee,
      'entered-in-error': cancelled('breast', 'chandra', 'entered-in-error'),
      'validation-withdrawn': cancelled('chest', 'dewi', 'revoked', 'validation'),
    },
    rejects: {
      ...common(withdrawnKnee),
      'request-is-still-active': broken(
        withdrawnKnee,
        'status-matches-type',
        place('ServiceRequest', '/status'),
        status('ServiceRequest', 'active'),
      ),
      'reason-delete': broken(withdrawnKnee, 'message-definition', place('MessageHeader', '/reason'), reason('delete')),
    },
  },
  'referral/validation-requested': {
    accepts: {
      'chest-pain': newValidation,
      'chest-pain-updated': validation('chest', {
        who: 'dewi',
        reason: 'update',
        encounterStatus: 'in-progress',
        attributes: { supersedes: newValidation.id },
      }),
      'put-on-hold': validation('fall', { who: 'bryn', reason: 'update', status: 'on-hold' }),
    },
    rejects: {
      ...common(newValidation),
      'care-plan-is-completed': broken(
        newValidation,
        'status-matches-type',
        place('CarePlan', '/status'),
        status('CarePlan', 'completed'),
      ),
      'category-referral': broken(
        newValidation,
        'message-definition',
        place('ServiceRequest', '/category'),
        (copy) => (resource(copy, 'ServiceRequest').category[0].coding[0].code = 'referral'),
      ),
      'unknown-urgency': broken(newValidation, 'urgency', '/urgency', (copy) => (copy.urgency = 'asap')),
    },
  },
  'referral/responded': {
    accepts: {
      'referral-accepted': accepted,
      'did-not-attend': responded('missed', { who: 'erin', status: 'revoked', note: 'The patient did not attend.' }),
      'validation-interim': responded('chest', {
        who: 'dewi',
        kind: 'validation',
        status: 'active',
        encounterStatus: 'in-progress',
      }),
      'validation-final': responded('fall', {
        who: 'bryn',
        kind: 'validation',
        status: 'completed',
        encounterStatus: 'finished',
        reason: 'update',
      }),
    },
    rejects: {
      ...common(accepted),
      'answered-message-is-not-named': broken(
        accepted,
        'message-definition',
        place('MessageHeader', '/response'),
        (copy) => delete resource(copy, 'MessageHeader').response,
      ),
      'event-code-of-a-request': broken(
        accepted,
        'message-definition',
        place('MessageHeader', '/eventCoding'),
        (copy) => (resource(copy, 'MessageHeader').eventCoding.code = 'servicerequest-request'),
      ),
      'request-is-a-draft': broken(
        accepted,
        'status-matches-type',
        place('ServiceRequest', '/status'),
        status('ServiceRequest', 'draft'),
      ),
    },
  },
};
