/**
 * The scenario `stuck`: six faults as they happen between organisations, planted through the real HTTP API, so that the
 * board, the alerts and the runbooks can be tried. All of it is synthetic.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SignalboxError } from '@signalbox/client';
import { writeJourney } from '../demo/journey.mjs';
import { clientOf, DEMO, ensureCast } from '../demo/organisations.mjs';
import { OPERATOR } from '../secrets.mjs';

/**
 * @typedef {import('@signalbox/client').Client} Client
 * @typedef {{ gateway: string, keysFolder: string, schemasFolder: string, tell: (line: string) => void }} Stage
 * @typedef {{ fault: string, reason: import('@signalbox/contracts').StuckReason, publisher: string, receiver?: string, says: string }} Fault
 * @typedef {{ clients: Record<keyof typeof CAST, Client>, stage: Stage }} Cast
 */

/** Whoever takes part beside the three of the demonstration: one whose endpoint goes down, and one whose endpoint refuses. */
const CAST = {
  ...DEMO,
  community: {
    ods: 'X9C5N',
    name: 'Coastal Community Services',
    application: 'intake',
    title: 'Intake of the community services',
    publishes: [],
  },
  clinic: {
    ods: 'X9R6F',
    name: 'Riverside Eye Clinic',
    application: 'appointments',
    title: 'Appointments of the eye clinic',
    publishes: [],
  },
};

/** Keys of those who take part here only: no other house knows them. */
export const ownKeys = [CAST.community, CAST.clinic].map(({ ods, application }) => `${ods}.${application}.jwk.json`);

/** The code of an organisation that does not exist. */
const NOBODY = 'X9Z0Z';

/** What is planted, and what the board has to say about it. @type {Fault[]} */
export const FAULTS = [
  {
    fault: 'schema refusal',
    reason: 'rejected-schema',
    publisher: DEMO.laboratory.ods,
    says: 'The laboratory sends a report without its status, which is refused.',
  },
  {
    fault: 'wrong recipient',
    reason: 'no-recipient',
    publisher: DEMO.practice.ods,
    receiver: NOBODY,
    says: `The practice refers a patient to ${NOBODY}, which nobody is.`,
  },
  {
    fault: 'endpoint down',
    reason: 'subscriber-down',
    publisher: DEMO.practice.ods,
    receiver: CAST.community.ods,
    says: 'The practice refers a patient to the community services, whose endpoint has stopped.',
  },
  {
    fault: 'refused delivery',
    reason: 'subscriber-refused',
    publisher: DEMO.practice.ods,
    receiver: CAST.clinic.ods,
    says: 'The practice refers a patient to the eye clinic, whose endpoint answers 400.',
  },
  {
    fault: 'silent laboratory',
    reason: 'publisher-silent',
    publisher: DEMO.laboratory.ods,
    says: 'The laboratory reports a result every second, and then nothing more.',
  },
  {
    fault: 'unacknowledged correction',
    reason: 'delivered-unacknowledged',
    publisher: DEMO.laboratory.ods,
    receiver: DEMO.practice.ods,
    says: 'The laboratory corrects a result, and the practice does not acknowledge the correction.',
  },
];

/** Nobody waits days for a demonstration: what is learnt from weeks is learnt from seconds here. */
export const environment = {
  SIGNALBOX_RHYTHM_GAPS: '8',
  SIGNALBOX_RHYTHM_SPAN_MS: '0',
  SIGNALBOX_SILENCE_LEAST_MS: '5000',
  SIGNALBOX_ALERT_DOWN_MS: '5000',
};

const REPORTS = 12;
const BETWEEN_REPORTS_MS = 1_000;
/** What the practice allows itself for a correction in this scenario. */
const ACKNOWLEDGED_WITHIN = 'PT5S';
const ACTIVE_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 100;

/**
 * An endpoint that consents and then answers everything with one status.
 * @param {number} status
 */
async function endpoint(status) {
  const server = createServer((request, response) => {
    request.resume();
    if (request.method !== 'OPTIONS') return void response.writeHead(status).end();
    const origin = request.headers['webhook-request-origin'] ?? '*';
    response.writeHead(200, { allow: 'POST, OPTIONS', 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' });
    response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const stop = () =>
    new Promise((resolve) => {
      server.close(() => resolve(undefined));
      server.closeAllConnections();
    });
  return { sink: `http://127.0.0.1:${port}/`, stop };
}

/**
 * A webhook subscription that its endpoint has consented to.
 * @param {Client} client
 * @param {string} sink
 * @param {string[]} types
 */
async function subscribed(client, sink, types) {
  const { id } = await client.subscriptions.create({ protocol: 'HTTP', sink, types });
  const deadline = Date.now() + ACTIVE_WITHIN_MS;
  while ((await client.subscriptions.get(id)).status !== 'active') {
    if (Date.now() > deadline) throw new Error('A subscription of the scenario did not become active.');
    await pause(LOOK_EVERY_MS);
  }
}

/**
 * Publishes the acts of one journey. @returns its id
 * @param {Cast} cast
 * @param {import('../demo/journey.mjs').Act[]} acts
 */
async function play({ clients, stage }, acts) {
  const scenes = writeJourney(stage.schemasFolder, acts);
  for (const { act, event } of scenes) await clients[act.by].publish({ ...event, time: new Date().toISOString() });
  return String(scenes[0]?.event['correlationid']);
}

/** @param {string} to @returns {import('../demo/journey.mjs').Act[]} */
const referralTo = (to) => [{ type: 'referral.requested.v1', example: 'routine-orthopaedics', by: 'practice', to }];

/** @param {Cast} cast */
async function refusedBySchema({ clients, stage }) {
  const file = join(stage.schemasFolder, 'result/reported/v1/rejects/report-without-status.json');
  const { event } = JSON.parse(readFileSync(file, 'utf8'));
  const again = { ...event, id: randomUUID(), correlationid: randomUUID(), time: new Date().toISOString() };
  await clients.laboratory.publish(again).then(
    () => {
      throw new Error('The report without its status was accepted.');
    },
    (error) => {
      if (!(error instanceof SignalboxError) || error.status !== 422) throw error;
    },
  );
}

/** @param {Cast} cast */
async function corrected(cast) {
  const { gateway, keysFolder } = cast.stage;
  const operator = clientOf(gateway, keysFolder, OPERATOR.ods, OPERATOR.application);
  const { ods } = CAST.practice;
  const times = { routine: ACKNOWLEDGED_WITHIN, urgent: ACKNOWLEDGED_WITHIN, critical: ACKNOWLEDGED_WITHIN };
  await operator.deadlines.set(ods, 'org.signalbox.result.corrected.v1', 'acknowledgement', times);
  await play(cast, [
    { type: 'result.reported.v1', example: 'final-blood-count', by: 'laboratory', to: ods },
    { type: 'result.corrected.v1', example: 'amended-document', by: 'laboratory', to: ods, answers: 0, replaces: 0 },
  ]);
}

/**
 * @param {Cast} cast
 * @param {number} everyMs
 */
async function reportedAndSilent(cast, everyMs) {
  for (let count = 0; count < REPORTS; count += 1) {
    await play(cast, [{ type: 'result.reported.v1', example: 'final-blood-count', by: 'laboratory' }]);
    await pause(everyMs);
  }
}

/**
 * Plants every fault. @returns what ends the endpoints of the scenario
 * @param {Stage} stage
 * @param {{ reportEveryMs?: number }} [options] the rhythm of the laboratory; a second if not told
 */
export async function plant(stage, { reportEveryMs = BETWEEN_REPORTS_MS } = {}) {
  const { clients } = await ensureCast(stage.gateway, stage.keysFolder, CAST);
  const cast = { clients, stage };
  const practice = await endpoint(204);
  const clinic = await endpoint(400);
  const community = await endpoint(204);
  await subscribed(clients.practice, practice.sink, ['org.signalbox.result.*']);
  await subscribed(clients.clinic, clinic.sink, ['org.signalbox.referral.*']);
  await subscribed(clients.community, community.sink, ['org.signalbox.referral.*']);
  await community.stop();
  await refusedBySchema(cast);
  for (const to of [NOBODY, CAST.community.ods, CAST.clinic.ods]) await play(cast, referralTo(to));
  await corrected(cast);
  await reportedAndSilent(cast, reportEveryMs);
  for (const [at, { fault, says }] of FAULTS.entries()) stage.tell(`  ${at + 1}. ${fault}: ${says}`);
  return async () => {
    await Promise.all([practice.stop(), clinic.stop()]);
  };
}
