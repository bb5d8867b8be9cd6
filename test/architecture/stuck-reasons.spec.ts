import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PROBLEMS, STUCK } from '@signalbox/contracts';
import { INELIGIBLE } from '@signalbox/registry';
import { FINDINGS } from '../../apps/ledger/src/proof/ledger-step.js';
import { OVERDUE, PARKED } from '../../apps/ledger/src/proof/work-table.js';
import { LEADS, NOTHING, whyOverdue, whyRefused, whyStuck } from '../../apps/ledger/src/stuck/why.js';
import { CLOCKS } from '@signalbox/contracts';
import { REASONS } from '../../apps/relay/src/deliveries/reasons.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** Reasons of steps that stand as words in the code of the apps, beside their tables. */
function writtenOut(): string[] {
  const files = globSync('apps/{gateway,relay,ledger}/src/**/*.ts', { cwd: ROOT }).filter(
    (file) => !file.endsWith('.spec.ts') && !/\/(?:stuck|watching|spans)\//.test(file),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return [...text.matchAll(/\breason: [`'](?:subscription-\$\{status\}|([a-z]+(?:-[a-z]+)+))[`']/g)].flatMap(
      ([, reason]) => reason ?? [],
    );
  });
}

/** Reasons of a test event, which is no delivery. */
const OF_TEST_EVENTS = new Set(['relay-stops']);
const STUCK_REASONS = new Set(Object.keys(STUCK));

/** The reasons that a delivery can have in a state, as the rooms write them. */
const WRITTEN: readonly (readonly [state: keyof typeof LEADS, reasons: readonly string[]])[] = [
  ['waiting', Object.keys(REASONS).filter((one) => !(one in INELIGIBLE))],
  ['parked', [...Object.keys(REASONS).filter((one) => !(one in INELIGIBLE)), ...Object.keys(PARKED)]],
  ['expired', Object.entries(FINDINGS).flatMap(([one, { kind }]) => (kind === 'expired' ? one : []))],
  ['filtered', Object.entries(FINDINGS).flatMap(([one, { kind }]) => (kind === 'filtered' ? one : []))],
  ['filtered', Object.keys(INELIGIBLE).filter((one) => one !== 'no-grant')],
  ['suppressed', ['no-grant']],
  ['paused', Object.keys(OVERDUE).flatMap((one) => (one === 'active' || one === 'pull' ? [] : `subscription-${one}`))],
];

describe('the closed list of why something is stuck', () => {
  it('has a place for every state and reason that relay, gateway and ledger can write', () => {
    const undecided = WRITTEN.flatMap(([state, reasons]) =>
      reasons.filter((reason) => LEADS[state]?.[reason] === undefined).map((reason) => `${state} ${reason}`),
    );
    expect(undecided).toEqual([]);
  });
  it('has a place for every reason that stands in their code', () => {
    const decided = new Set(Object.values(LEADS).flatMap((leads) => Object.keys(leads)));
    const found = writtenOut();
    expect(found).toEqual(expect.arrayContaining(['sought-past', 'retention-over', 'no-grant', 'parked-by-person']));
    expect(found.filter((reason) => !decided.has(reason) && !OF_TEST_EVENTS.has(reason))).toEqual([]);
  });
  it('leads to nothing that is unknown, and to nothing that is not in the list', () => {
    for (const leads of Object.values(LEADS)) {
      for (const lead of Object.values(leads)) {
        expect(lead).not.toBe('unknown');
        expect(lead === NOTHING || STUCK_REASONS.has(lead)).toBe(true);
      }
    }
    for (const [state, reasons] of WRITTEN) {
      for (const reason of reasons) {
        const delivery = { org: 'X9H2T', state, since: '2026-11-21T10:00:00Z', attempts: 1, reason };
        const event = { sourceorg: 'X9G1P', targetorg: 'X9H2T' };
        const subscription = state === 'paused' ? undefined : ({ status: 'active', protocol: 'HTTP' } as const);
        const facts = { delivery, event, subscription, now: new Date(), patienceMs: 0 };
        const why = whyStuck(facts, 'X9S0B');
        expect(`${state} ${reason}: ${why?.reason ?? NOTHING}`).not.toMatch(/unknown$/);
      }
    }
  });
  it('has a place for every refusal at the door and for every clock', () => {
    for (const code of Object.keys(PROBLEMS)) expect(STUCK_REASONS.has(whyRefused(code))).toBe(true);
    for (const clock of Object.keys(CLOCKS)) expect(whyOverdue(clock)).not.toBe('unknown');
  });
  it('says for every reason what it means, what its clock counts and what to do next, each in a sentence', () => {
    for (const { meaning, clock, next } of Object.values(STUCK)) {
      expect(meaning).toMatch(/^[A-Z].*\.$/);
      expect(next).toMatch(/^[A-Z].*\.$/);
      expect(clock).toMatch(/^(Since .*\.|Ended\.)$/);
    }
  });
});
