/** The two events of the benchmark, from the catalogue's own synthetic examples. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testNhsNumber } from '../../schemas/examples/people.mjs';

const FILES = {
  result: 'result/reported/v1/accepts/benchmark-result-7.5-kB.json',
  referral: 'referral/requested/v1/accepts/benchmark-referral-18-kB.json',
};

/** Stands where each event gets an id of its own. */
export const MARKER = 'THE-ID-OF-THIS-EVENT';

/**
 * @param {string} schemasFolder
 * @param {keyof typeof FILES} name
 * @returns {{ template: string, bytes: number, type: string, sourceorg: string }} one structured CloudEvent as compact JSON
 */
export function benchmarkEvent(schemasFolder, name) {
  const event = JSON.parse(readFileSync(join(schemasFolder, FILES[name]), 'utf8'));
  event.id = MARKER;
  event.time = new Date().toISOString();
  delete event.sourceorg;
  const template = JSON.stringify(event);
  return { template, bytes: template.length, type: event.type, sourceorg: event.source.split(':')[2] };
}

/**
 * Invented patients to take turns in a template: events of one would all wait for one another at their receiver.
 * @param {string} template
 * @param {number} count
 */
export function patientsOf(template, count) {
  const numbers = [];
  for (let serial = 100_000; numbers.length < count; serial += 1) {
    try {
      numbers.push(testNhsNumber(serial));
    } catch {
      // A few serials have no check digit.
    }
  }
  return { former: /999\d{7}/.exec(template)[0], numbers };
}
