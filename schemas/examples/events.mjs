/** Puts resources into Bundles, Bundles into events, and breaks events in one place to make the rejected examples. */
import { SYSTEMS, testNhsNumber, to, urn, uuid } from './people.mjs';

const EVENTS = 'https://fhir.nhs.uk/CodeSystem/message-events-bars';
const REASONS = 'https://fhir.nhs.uk/CodeSystem/message-reason-bars';

export const SOURCES = {
  practice: 'urn:ods:X9G1P:referrals',
  hospital: 'urn:ods:X9H2T:bookings',
  laboratory: 'urn:ods:X9L3B:lims',
  exchange: 'urn:ods:X9S0B:exchange',
};

/** `resources`: name → resource. The name gives the entry its fullUrl, and references by the same name find it. */
function entries(resources, time) {
  return Object.entries(resources).map(([name, resource]) => {
    const { resourceType, ...rest } = resource;
    return { fullUrl: urn(name), resource: { resourceType, id: uuid(name), meta: { lastUpdated: time }, ...rest } };
  });
}

/** A message Bundle as the Booking and Referral Standard has it: the MessageHeader first, then what it is about. */
export function message({ name, time, event, reason, focus, from, target, answers, resources, versionId = '1.0.0' }) {
  const header = {
    resourceType: 'MessageHeader',
    ...(event.startsWith('urn:') ? { eventUri: event } : { eventCoding: { system: EVENTS, code: event } }),
    destination: [{ endpoint: `${SYSTEMS.dosService}|${target}` }],
    sender: to(from),
    source: { name: 'Signalbox example', endpoint: `${SYSTEMS.ods}|${sourceCode(from)}` },
    ...(reason && { reason: { coding: [{ system: REASONS, code: reason }] } }),
    ...(answers && { response: { identifier: uuid(answers), code: 'ok' } }),
    focus: [to(focus)],
  };
  return {
    resourceType: 'Bundle',
    id: uuid(name),
    meta: { versionId, lastUpdated: time },
    type: 'message',
    timestamp: time,
    entry: entries({ [`${name} header`]: header, ...resources }, time),
  };
}

const sourceCode = (organisation) => SOURCES[organisation].split(':')[2];

/** A message Bundle with a MessageHeader of its own making, for content that the national standard does not cover. */
export function messageWith({ name, time, header, resources }) {
  return {
    resourceType: 'Bundle',
    id: uuid(name),
    meta: { lastUpdated: time },
    type: 'message',
    timestamp: time,
    entry: entries({ [`${name} header`]: { resourceType: 'MessageHeader', ...header }, ...resources }, time),
  };
}

/** A document Bundle: the Composition first, then what it is made of. */
export function document({ name, time, composition, resources }) {
  return {
    resourceType: 'Bundle',
    id: uuid(name),
    meta: { lastUpdated: time },
    identifier: { system: 'https://example.org/id/document', value: uuid(`${name} document`) },
    type: 'document',
    timestamp: time,
    entry: entries({ [`${name} composition`]: { resourceType: 'Composition', ...composition }, ...resources }, time),
  };
}

/** The event around the content. `journey` names the case; events of one case share it. */
export function eventOf({ name, type, from, time, journey = name, data, ...attributes }) {
  return {
    specversion: '1.0',
    id: uuid(`${name} event`),
    source: SOURCES[from],
    type: `org.signalbox.${type}.v1`,
    time,
    datacontenttype: 'application/fhir+json',
    correlationid: uuid(`${journey} journey`),
    ...attributes,
    data,
  };
}

/**
 * A rejected example: a valid event, broken in one place.
 *
 * @param change changes the copy; gets helpers to find resources in it
 * @param at the JSON Pointer of the finding, or a function of the copy that makes it
 */
export function broken(event, trips, at, change) {
  const copy = structuredClone(event);
  // The place is found before the change, while everything is still where it belongs.
  const place = typeof at === 'function' ? at(copy) : at;
  change(copy);
  return { trips, at: place, event: copy };
}

export const find = (event, resourceType, nth = 0) => {
  const found = event.data.entry
    .map((entry, index) => ({ entry, index }))
    .filter(({ entry }) => entry.resource.resourceType === resourceType);
  if (!found[nth]) throw new Error(`no ${resourceType} ${nth}`);
  return found[nth];
};
export const resource = (event, resourceType, nth) => find(event, resourceType, nth).entry.resource;
export const place =
  (resourceType, pointer = '', nth = 0) =>
  (event) =>
    `/data/entry/${find(event, resourceType, nth).index}/resource${pointer}`;

/** Takes every resource of a kind out of the Bundle. */
export const without = (event, resourceType) => {
  event.data.entry = event.data.entry.filter((entry) => entry.resource.resourceType !== resourceType);
};

const NUMBER = testNhsNumber(101);
const SPACED_NUMBER = `${NUMBER.slice(0, 3)} ${NUMBER.slice(3, 6)} ${NUMBER.slice(6)}`;
const WRONG_NUMBER = NUMBER.slice(0, 9) + ((Number(NUMBER[9]) + 1) % 10);

/** Faults that any event of the three families may have; a type takes those that suit it. */
export const faults = {
  noTime: (event) => broken(event, 'required', '/time', (copy) => delete copy.time),
  timeWithoutZone: (event) => broken(event, 'instant-has-zone', '/time', (copy) => (copy.time = '2026-03-02T09:30:00')),
  numberInSubject: (event) =>
    broken(event, 'no-patient-identifier', '/subject', (copy) => (copy.subject = `patient ${SPACED_NUMBER}`)),
  badCheckDigit: (event) =>
    broken(
      event,
      'nhs-number',
      place('Patient', '/identifier/0/value'),
      (copy) => (resource(copy, 'Patient').identifier[0].value = WRONG_NUMBER),
    ),
  lowerCaseOds: (event) =>
    broken(
      event,
      'ods-code',
      place('Organization', '/identifier/0/value'),
      (copy) => (resource(copy, 'Organization').identifier[0].value = 'x9-g1p'),
    ),
  duplicateFullUrl: (event) =>
    broken(
      event,
      'bundle-full-url',
      (copy) => `/data/entry/${copy.data.entry.length}/fullUrl`,
      (copy) => copy.data.entry.push(structuredClone(copy.data.entry.at(-1))),
    ),
  headerNotFirst: (event) =>
    broken(event, 'bundle-first-entry', '/data/entry/0/resource', (copy) =>
      copy.data.entry.push(copy.data.entry.shift()),
    ),
  noTimestamp: (event) => broken(event, 'bundle-identity', '/data/timestamp', (copy) => delete copy.data.timestamp),
  secondPatient: (event) =>
    broken(
      event,
      'one-patient',
      (copy) => `/data/entry/${copy.data.entry.length}/resource`,
      (copy) => {
        const stranger = structuredClone(find(copy, 'Patient').entry);
        copy.data.entry.push({
          ...stranger,
          fullUrl: urn('stranger'),
          resource: { ...stranger.resource, id: uuid('stranger') },
        });
      },
    ),
};
