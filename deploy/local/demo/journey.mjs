/** One journey as a clinic would cause it, from our own synthetic examples, with identities of its own. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO } from './organisations.mjs';

/**
 * @typedef {keyof typeof DEMO} Role
 * @typedef {{ type: string, by: Role, to?: Role, says: string, answers?: number, replaces?: number }} Act
 * @typedef {{ act: Act, event: Record<string, unknown> }} Scene
 */

/** Who does what, in order; `answers` and `replaces` name an earlier act by its place. @type {Act[]} */
export const ACTS = [
  { type: 'referral.requested.v1', by: 'practice', to: 'hospital', says: 'asks the hospital to see a patient' },
  { type: 'referral.responded.v1', by: 'hospital', to: 'practice', says: 'answers the referral', answers: 0 },
  { type: 'booking.booked.v1', by: 'hospital', to: 'practice', says: 'books an appointment', answers: 0 },
  { type: 'result.reported.v1', by: 'laboratory', says: 'reports a result', answers: 2 },
  { type: 'result.corrected.v1', by: 'laboratory', says: 'corrects it', answers: 3, replaces: 3 },
  {
    type: 'result.acknowledged.v1',
    by: 'hospital',
    to: 'laboratory',
    says: 'takes note of the correction',
    answers: 4,
  },
];

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
/** NHS numbers of test patients, which all examples use. */
const TEST_PATIENT = /\b999\d{7}\b/g;

/**
 * @param {string} schemasFolder
 * @param {string} type short name, such as `referral.requested.v1`
 * @returns {Record<string, unknown>} the first accepted example
 */
function exampleOf(schemasFolder, type) {
  const folder = join(schemasFolder, ...type.split('.'), 'accepts');
  const [first] = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .sort()
    : [];
  if (!first) throw new Error(`The catalogue has no accepted example of ${type}.`);
  return JSON.parse(readFileSync(join(folder, first), 'utf8'));
}

/**
 * The acts of one journey as events: one correlation, one patient, new identifiers throughout.
 * @param {string} schemasFolder
 * @returns {Scene[]}
 */
export function writeJourney(schemasFolder) {
  const correlationid = randomUUID();
  const ids = ACTS.map(() => randomUUID());
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
    return JSON.parse(patient ? text.replaceAll(TEST_PATIENT, patient) : text);
  };
  return ACTS.map((act, index) => {
    const example = exampleOf(schemasFolder, act.type);
    const { ods, application } = DEMO[act.by];
    const event = {
      specversion: '1.0',
      id: ids[index],
      source: `urn:ods:${ods}:${application}`,
      type: `org.signalbox.${act.type}`,
      datacontenttype: example['datacontenttype'] ?? 'application/fhir+json',
      correlationid,
      ...(act.to ? { targetorg: DEMO[act.to].ods } : {}),
      ...(act.answers === undefined ? {} : { causationid: ids[act.answers] }),
      ...(act.replaces === undefined ? {} : { supersedes: ids[act.replaces] }),
      data: renew(example['data']),
    };
    return { act, event };
  });
}
