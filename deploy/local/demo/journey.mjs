/** One journey as a clinic would cause it, from our own synthetic examples, with identities of its own. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO } from './organisations.mjs';

/**
 * @typedef {keyof typeof DEMO} Role
 * @typedef {{ type: string, example: string, by: Role, to?: string, says?: string, answers?: number, replaces?: number }} Act
 * @typedef {{ act: Act, event: Record<string, unknown> }} Scene
 */

/** Who does what for whom (by ODS code), in order; `answers` and `replaces` name an earlier act by its place. @type {Act[]} */
export const ACTS = [
  {
    type: 'referral.requested.v1',
    example: 'routine-orthopaedics',
    by: 'practice',
    to: DEMO.hospital.ods,
    says: 'asks the hospital to see a patient',
  },
  {
    type: 'referral.responded.v1',
    example: 'referral-accepted',
    by: 'hospital',
    to: DEMO.practice.ods,
    says: 'answers the referral',
    answers: 0,
  },
  {
    type: 'booking.booked.v1',
    example: 'outpatient-after-referral',
    by: 'hospital',
    to: DEMO.practice.ods,
    says: 'books an appointment',
    answers: 0,
  },
  { type: 'result.reported.v1', example: 'final-blood-count', by: 'laboratory', says: 'reports a result', answers: 2 },
  {
    type: 'result.corrected.v1',
    example: 'amended-document',
    by: 'laboratory',
    says: 'corrects it',
    answers: 3,
    replaces: 3,
  },
  {
    type: 'result.acknowledged.v1',
    example: 'seen-by-a-person',
    by: 'practice',
    to: DEMO.laboratory.ods,
    says: 'takes note of the correction',
    answers: 4,
  },
];

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
/** Numbers of reports, orders, specimens, bookings and referrals as all examples write them. */
const NUMBER = /"((?:RPT|ORD|SPC|BKG|REF|ENC)-[A-Z0-9-]+)"/g;
/** NHS numbers of test patients, which all examples use. */
const TEST_PATIENT = /\b999\d{7}\b/g;

/**
 * @param {string} schemasFolder
 * @param {Act} act
 * @returns {Record<string, unknown>} the accepted example that the act is played with
 */
function exampleOf(schemasFolder, { type, example }) {
  const file = join(schemasFolder, ...type.split('.'), 'accepts', `${example}.json`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * The acts of one journey as events: one correlation, one patient, new identifiers throughout.
 * @param {string} schemasFolder
 * @param {Act[]} acts
 * @returns {Scene[]}
 */
export function writeJourney(schemasFolder, acts = ACTS) {
  const correlationid = randomUUID();
  const ids = acts.map(() => randomUUID());
  /** @type {Map<string, string>} */
  const renewed = new Map();
  /** @type {string | undefined} */
  let patient;
  const renew = (/** @type {unknown} */ data) => {
    const text = JSON.stringify(data).replaceAll(UUID, (old) => {
      const known = renewed.get(old.toLowerCase()) ?? randomUUID();
      renewed.set(old.toLowerCase(), known);
      return known;
    });
    patient ??= text.match(TEST_PATIENT)?.[0];
    // A number that another journey has had would make this a version of what that one was about.
    const own = text.replaceAll(NUMBER, (_, number) => `"${number}-${correlationid.slice(0, 8).toUpperCase()}"`);
    return JSON.parse(patient ? own.replaceAll(TEST_PATIENT, patient) : own);
  };
  return acts.map((act, index) => {
    const example = exampleOf(schemasFolder, act);
    const { ods, application } = DEMO[act.by];
    const event = {
      specversion: '1.0',
      id: ids[index],
      source: `urn:ods:${ods}:${application}`,
      type: `org.signalbox.${act.type}`,
      datacontenttype: example['datacontenttype'] ?? 'application/fhir+json',
      correlationid,
      ...(act.to ? { targetorg: act.to } : {}),
      ...(act.answers === undefined ? {} : { causationid: ids[act.answers] }),
      ...(act.replaces === undefined ? {} : { supersedes: ids[act.replaces] }),
      data: renew(example['data']),
    };
    return { act, event };
  });
}
