/** Recipes of the booking family. */
import { broken, eventOf, faults, message, messageWith, place, resource, SOURCES, without } from './events.mjs';
import { organisations, patient, snomed, SYSTEMS, to } from './people.mjs';

const USE_CASE = 'https://fhir.nhs.uk/CodeSystem/usecases-categories-bars';
const DELIVERY = 'https://fhir.hl7.org.uk/CodeSystem/UKCore-DeliveryChannel';
const REPLACES = 'https://fhir.example.org/StructureDefinition/appointment-replaces';

/** Start and end of the appointments, by name; local time with its offset, as a patient would read it. */
const TIMES = {
  knee: ['2026-04-14T10:00:00+01:00', '2026-04-14T10:30:00+01:00'],
  breast: ['2026-03-11T08:45:00Z', '2026-03-11T09:30:00Z'],
  phone: ['2026-03-19T14:20:00Z', '2026-03-19T14:35:00Z'],
  moved: ['2026-04-21T15:00:00+01:00', '2026-04-21T15:30:00+01:00'],
};

const [IN_PERSON, TELEPHONE] = [
  { coding: [{ system: DELIVERY, code: 'In-person', display: 'In-person' }] },
  { coding: [{ system: DELIVERY, code: 'Telephone', display: 'Telephone' }] },
];

function appointment(
  name,
  {
    status,
    times = name,
    channel = IN_PERSON,
    replaces,
    cancelationReason,
    patientStatus = 'accepted',
    withSlot = true,
  },
) {
  const [start, end] = TIMES[times];
  return {
    resourceType: 'Appointment',
    ...(replaces && {
      extension: [{ url: REPLACES, valueReference: { type: 'Appointment', identifier: identifier(replaces) } }],
    }),
    identifier: [identifier(name)],
    status,
    ...(cancelationReason && { cancelationReason }),
    serviceCategory: [{ coding: [{ system: USE_CASE, code: 'a7t1' }] }],
    serviceType: [channel],
    description: 'First outpatient appointment',
    start,
    end,
    ...(withSlot && { slot: [to(`${name} slot`)] }),
    created: '2026-03-06T11:20:00Z',
    participant: [
      { actor: to(`${name} patient`), required: 'required', status: patientStatus },
      ...(withSlot ? [{ actor: to(`${name} service`), required: 'required', status: 'accepted' }] : []),
    ],
  };
}

const identifier = (name) => ({ system: 'https://example.org/id/booking', value: `BKG-${name.toUpperCase()}` });

function bookable(name, slotStatus = 'busy', times = name) {
  const [start, end] = TIMES[times];
  return {
    [`${name} slot`]: { resourceType: 'Slot', schedule: to(`${name} schedule`), status: slotStatus, start, end },
    [`${name} schedule`]: { resourceType: 'Schedule', active: true, actor: [to(`${name} service`)] },
    [`${name} service`]: {
      resourceType: 'HealthcareService',
      identifier: [{ system: SYSTEMS.dosService, value: '2000099999' }],
      active: true,
      providedBy: to('hospital'),
      name: 'Outpatients',
    },
  };
}

const people = (name, who) => ({
  [`${name} patient`]: patient(who),
  practice: organisations.practice(),
  hospital: organisations.hospital(),
});

function booking(
  type,
  name,
  { who, reason, time, from = 'hospital', slots = true, referral, slotStatus, attributes, ...details },
) {
  const data = message({
    name: `${name} ${type}`,
    time,
    event: 'booking-request',
    reason,
    focus: `${name} appointment`,
    from,
    target: '2000077777',
    resources: {
      [`${name} appointment`]: {
        ...appointment(name, { withSlot: slots, ...details }),
        ...(referral && { basedOn: [to(`${name} request`)] }),
      },
      ...people(name, who),
      ...(slots && bookable(name, slotStatus, details.times)),
      ...(referral && { [`${name} request`]: referralOf(name, referral) }),
    },
  });
  return eventOf({
    name: `${name} ${type}`,
    journey: name,
    type: `booking.${type}`,
    from,
    time,
    targetorg: 'X9G1P',
    ...attributes,
    data,
  });
}

const referralOf = (name, value) => ({
  resourceType: 'ServiceRequest',
  identifier: [{ system: 'https://example.org/id/referral', value }],
  status: 'active',
  intent: 'plan',
  code: snomed('3457005', 'Patient referral'),
  subject: to(`${name} patient`),
});

const knee = booking('booked', 'knee', {
  who: 'bryn',
  reason: 'new',
  status: 'booked',
  time: '2026-03-06T11:20:00Z',
  referral: 'REF-KNEE',
});
const breast = booking('booked', 'breast', {
  who: 'chandra',
  reason: 'new',
  status: 'booked',
  time: '2026-03-04T16:02:30Z',
  attributes: { urgency: 'two-week-wait' },
});
const phone = booking('booked', 'phone', {
  who: 'dewi',
  reason: 'new',
  status: 'booked',
  time: '2026-03-16T09:00:00Z',
  from: 'practice',
  channel: TELEPHONE,
  slotStatus: 'free',
  attributes: { targetorg: 'X9H2T' },
});

const moved = booking('changed', 'knee', {
  who: 'bryn',
  reason: 'update',
  status: 'booked',
  times: 'moved',
  time: '2026-03-20T10:00:00Z',
  attributes: { supersedes: knee.id },
});
const byTelephone = booking('changed', 'breast', {
  who: 'chandra',
  reason: 'update',
  status: 'booked',
  channel: TELEPHONE,
  time: '2026-03-09T12:00:00Z',
});
const rebooked = booking('changed', 'moved', {
  who: 'erin',
  reason: 'update',
  status: 'booked',
  replaces: 'phone',
  time: '2026-03-20T10:05:00Z',
});

const REASON_CODES = 'http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason';
const byPatient = { coding: [{ system: REASON_CODES, code: 'pat', display: 'Patient' }] };
const cancelledByPatient = booking('cancelled', 'knee', {
  who: 'bryn',
  reason: 'update',
  status: 'cancelled',
  slots: false,
  cancelationReason: byPatient,
  patientStatus: 'declined',
  time: '2026-04-10T07:30:00Z',
});
const inError = booking('cancelled', 'breast', {
  who: 'chandra',
  reason: 'update',
  status: 'entered-in-error',
  slots: false,
  time: '2026-03-04T16:10:00Z',
});
const withReferral = booking('cancelled', 'phone', {
  who: 'dewi',
  reason: 'update',
  status: 'cancelled',
  slots: false,
  referral: 'REF-PHONE',
  time: '2026-03-18T13:00:00Z',
});

/** What came of an appointment: the national standard has no message for it, so the event has a URI of our own. */
function outcome(name, { who, status, note, referral }) {
  const time = '2026-04-14T11:00:00+01:00';
  const data = messageWith({
    name: `${name} outcome`,
    time,
    header: {
      eventUri: 'urn:signalbox:booking-outcome-recorded',
      sender: to('hospital'),
      source: { endpoint: SOURCES.hospital },
      focus: [to(`${name} appointment`)],
    },
    resources: {
      [`${name} appointment`]: {
        ...appointment(name, { status, withSlot: false }),
        ...(note && { comment: note }),
        ...(referral && { basedOn: [to(`${name} request`)] }),
      },
      [`${name} patient`]: patient(who),
      hospital: organisations.hospital(),
      ...(referral && { [`${name} request`]: referralOf(name, referral) }),
    },
  });
  return eventOf({
    name: `${name} outcome`,
    journey: name,
    type: 'booking.outcome-recorded',
    from: 'hospital',
    time,
    targetorg: 'X9G1P',
    data,
  });
}

const attended = outcome('knee', { who: 'bryn', status: 'fulfilled', referral: 'REF-KNEE' });
const missed = outcome('breast', { who: 'chandra', status: 'noshow', note: 'Did not attend and did not ring.' });
const attendedByPhone = outcome('phone', { who: 'dewi', status: 'fulfilled' });

const appointmentOf = (copy) => resource(copy, 'Appointment');
const status = (value) => (copy) => (appointmentOf(copy).status = value);
const common = (event) => ({
  'nhs-number-fails-modulus-11': faults.badCheckDigit(event),
  'nhs-number-in-subject': faults.numberInSubject(event),
  'appointment-without-status': broken(
    event,
    'required',
    place('Appointment', '/status'),
    (copy) => delete appointmentOf(copy).status,
  ),
  'start-without-zone': broken(
    event,
    'instant-has-zone',
    place('Appointment', '/start'),
    (copy) => (appointmentOf(copy).start = '2026-04-14T10:00:00'),
  ),
  'end-before-start': broken(
    event,
    'fhir-invariant',
    place('Appointment', '/end'),
    (copy) => (appointmentOf(copy).end = '2026-03-01T09:00:00Z'),
  ),
});

export const bookings = {
  'booking/booked': {
    accepts: { 'outpatient-after-referral': knee, 'two-week-wait': breast, 'telephone-booked-by-practice': phone },
    rejects: {
      ...common(knee),
      'slot-is-missing': broken(knee, 'message-definition', '/data/entry', (copy) => {
        without(copy, 'Slot');
        delete appointmentOf(copy).slot;
      }),
      'appointment-is-pending': broken(knee, 'status-matches-type', place('Appointment', '/status'), status('pending')),
      'unknown-participant-status': broken(
        knee,
        'enum',
        place('Appointment', '/participant/0/status'),
        (copy) => (appointmentOf(copy).participant[0].status = 'maybe'),
      ),
      'ods-code-in-lower-case': faults.lowerCaseOds(knee),
    },
  },
  'booking/changed': {
    accepts: { 'moved-by-a-week': moved, 'now-by-telephone': byTelephone, 'replaces-an-earlier-booking': rebooked },
    rejects: {
      ...common(moved),
      'reason-of-a-new-booking': broken(
        moved,
        'message-definition',
        place('MessageHeader', '/reason'),
        (copy) => (resource(copy, 'MessageHeader').reason.coding[0].code = 'new'),
      ),
      'supersedes-itself': broken(moved, 'supersedes', '/supersedes', (copy) => (copy.supersedes = copy.id)),
      'extension-with-two-values': broken(
        rebooked,
        'one-value-per-choice',
        place('Appointment', '/extension/0/valueReference'),
        (copy) => (appointmentOf(copy).extension[0].valueString = 'the earlier one'),
      ),
    },
  },
  'booking/cancelled': {
    accepts: { 'by-the-patient': cancelledByPatient, 'entered-in-error': inError, 'after-a-referral': withReferral },
    rejects: {
      ...common(cancelledByPatient),
      'appointment-is-still-booked': broken(
        inError,
        'status-matches-type',
        place('Appointment', '/status'),
        status('booked'),
      ),
      'focus-is-the-patient': broken(
        cancelledByPatient,
        'message-definition',
        place('MessageHeader', '/focus'),
        (copy) => {
          resource(copy, 'MessageHeader').focus[0].reference = appointmentOf(copy).participant[0].actor.reference;
        },
      ),
    },
  },
  'booking/outcome-recorded': {
    accepts: { attended, 'did-not-attend': missed, 'attended-by-telephone': attendedByPhone },
    rejects: {
      ...common(attended),
      'event-uri-of-something-else': broken(
        attended,
        'message-definition',
        place('MessageHeader', '/eventUri'),
        (copy) => (resource(copy, 'MessageHeader').eventUri = 'urn:signalbox:something-else'),
      ),
      'appointment-is-only-booked': broken(
        attended,
        'status-matches-type',
        place('Appointment', '/status'),
        status('booked'),
      ),
      'empty-participant-list': broken(
        attended,
        'minItems',
        place('Appointment', '/participant'),
        (copy) => (appointmentOf(copy).participant = []),
      ),
    },
  },
};
