/** How the runs that kill look at what is left: pauses, and the invariants once everything has come to rest. */
import { setTimeout as pause } from 'node:timers/promises';
import { journeyOf } from '@signalbox/contracts';
import '../support/typescript.mjs';
import { DEMO } from '../../deploy/local/demo/organisations.mjs';

const { ledgerDifferences, readRecords, violations } = await import('../support/index.ts');

const DRAINED_WITHIN_MS = 120_000;

export const seconds = (milliseconds) => Number((milliseconds / 1000).toFixed(2));

/** The longest that nothing happened between two moments. */
export function longestPause(times, from, to) {
  const inside = [from, ...times.filter((at) => at > from && at < to), to].sort((one, other) => one - other);
  return Math.max(...inside.slice(1).map((at, index) => at - inside[index]));
}

/** The ledger's own word on every journey that lies in a stream, those of the exchange's alerts too, to the operator, who sees all sides. */
async function toldByLedger(house, stored) {
  const events = [];
  for (const journey of new Set(stored.map(({ event }) => journeyOf(event))))
    events.push(...(await house.operator.journey(journey)).events);
  return events;
}

/** Everything comes to rest, or the time is up: then what is left is told. */
export async function settled(house, traffic) {
  const { accepted, received, subscriptions } = traffic;
  const grants = Object.values(DEMO).map(({ ods }) => ({ ods, types: 'org.signalbox.*' }));
  const access = { url: house.urls.nats.split(',')[0], user: 'ledger', password: house.secrets.natsPasswords.ledger };
  const deadline = Date.now() + DRAINED_WITHIN_MS;
  for (;;) {
    const records = await readRecords(access);
    const broken = violations({ accepted, refused: 0, settled: subscriptions, grants, received }, records);
    if (broken.length === 0) broken.push(...ledgerDifferences(await toldByLedger(house, records.events), records));
    if (broken.length === 0 || Date.now() > deadline) return { broken, records };
    await pause(1_000);
  }
}
