/** Plays one journey with real subscribers through the real HTTP API, and tells it as it goes. */
import { setTimeout as pause } from 'node:timers/promises';
import { DEMO, ensureOrganisations, ensurePeople } from './organisations.mjs';
import { startReceivers } from './receivers.mjs';
import { writeJourney } from './journey.mjs';

/**
 * @typedef {import('@signalbox/client').Client} Client
 * @typedef {Awaited<ReturnType<Client['journey']>>['events'][number]} SeenEvent
 * @typedef {Record<keyof typeof DEMO, Client>} Clients
 * @typedef {{ gateway: string, keysFolder: string, keptIn?: string, schemasFolder: string, port: number, issuer?: string,
 *   tell: (line: string) => void }} Stage
 */

/** Nothing moves any more: every state that a delivery ends in, and those that only a person ends. */
const SETTLED = new Set([
  'delivered',
  'acknowledged',
  'filtered',
  'suppressed',
  'parked',
  'expired',
  'handled-outside',
]);
const ARRIVED = new Set(['delivered', 'acknowledged']);
const ACTIVE_WITHIN_MS = 30_000;
const SETTLED_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 250;

/**
 * @template T
 * @param {() => Promise<T | undefined>} look
 * @param {number} within milliseconds
 * @returns {Promise<T | undefined>} undefined when the time is up
 */
async function until(look, within) {
  const deadline = Date.now() + within;
  for (;;) {
    const answer = await look();
    if (answer !== undefined || Date.now() > deadline) return answer;
    await pause(LOOK_EVERY_MS);
  }
}

/**
 * An endpoint has to consent before its subscription is active; what is published before that is not lost, but late.
 * @param {Clients} clients
 * @param {Set<string>} own ids of the demonstration's subscriptions; there may be others, made by whoever tries things out
 */
async function untilActive(clients, own) {
  const active = await until(async () => {
    const lists = await Promise.all(Object.values(clients).map((client) => client.subscriptions.list()));
    const mine = lists.flat().filter(({ id }) => own.has(id));
    return mine.every(({ status }) => status === 'active') ? true : undefined;
  }, ACTIVE_WITHIN_MS);
  if (!active) throw new Error('A subscription of the demonstration did not become active; see the log of the relay.');
}

/** What is fetched has arrived when it is acknowledged. @param {SeenEvent['deliveries'][number]} delivery */
const isSettled = ({ state, channel }) => SETTLED.has(state) && !(channel === 'pull' && state === 'delivered');

/**
 * Waits until the ledger shows every event, and an end for every delivery to a subscription of the demonstration.
 * @param {Clients} clients
 * @param {import('./journey.mjs').Scene[]} scenes
 * @param {string} journey
 * @param {Set<string>} own
 */
async function untilSettled(clients, scenes, journey, own) {
  const look = async () => {
    const views = await Promise.all(
      Object.values(clients).map((client) => client.journey(journey).catch(() => undefined)),
    );
    const seen = scenes.flatMap(({ act, event }) => {
      const view = views[Object.keys(clients).indexOf(act.by)];
      return view?.events.filter(({ id }) => id === event['id']) ?? [];
    });
    const complete = seen.length === scenes.length && seen.every(({ deliveries }) => deliveries.length > 0);
    const mine = views
      .flatMap((view) => view?.events ?? [])
      .flatMap(({ deliveries }) => deliveries.filter(({ subscription }) => own.has(subscription ?? '')));
    return { seen, complete: complete && mine.every(isSettled) };
  };
  const settled = await until(async () => ((await look()).complete ? true : undefined), SETTLED_WITHIN_MS);
  // The views of one look are not of one moment: what one organisation saw last another may have been asked before.
  return { settled: settled === true, events: (await look()).seen };
}

/**
 * Publishes the scenes in order; each is on disk before the next begins.
 * @param {Clients} clients
 * @param {import('./journey.mjs').Scene[]} scenes
 * @param {(line: string) => void} tell
 */
async function publish(clients, scenes, tell) {
  for (const [index, { act, event }] of scenes.entries()) {
    const began = performance.now();
    const answer = await clients[act.by].publish({ ...event, time: new Date().toISOString() });
    const took = Math.round(performance.now() - began);
    const duplicate = answer.duplicate ? ', a duplicate' : '';
    tell(`  ${index + 1}. ${DEMO[act.by].name} ${act.says}`);
    tell(`       ${act.type}  accepted: on disk after ${took} ms${duplicate}`);
  }
}

/**
 * @param {import('./journey.mjs').Scene[]} scenes
 * @param {SeenEvent[]} events
 * @param {(line: string) => void} tell
 */
function tellDeliveries(scenes, events, tell) {
  for (const { act, event } of scenes) {
    const deliveries = events.find(({ id }) => id === event['id'])?.deliveries ?? [];
    const to = (/** @type {(state: string) => boolean} */ fits) =>
      deliveries.filter(({ state }) => fits(state)).map(({ org, state }) => `${org} ${state}`);
    const arrived = to((state) => ARRIVED.has(state));
    const pending = to((state) => !SETTLED.has(state));
    tell(`  ${act.type.padEnd(26)} ${[...arrived, ...pending].join(', ') || 'nobody'}`);
  }
}

/**
 * @param {Stage} stage
 * @returns {Promise<{ journey: string, settled: boolean, events: SeenEvent[],
 *   stop: () => Promise<void> }>}
 */
export async function playDemo({ gateway, keysFolder, keptIn, schemasFolder, port, issuer, tell }) {
  const { clients, made } = await ensureOrganisations(gateway, keysFolder);
  if (issuer !== undefined) await ensurePeople(gateway, keysFolder, issuer);
  const names = Object.values(DEMO).map(({ name, ods }) => `${name} (${ods})`);
  tell(`${made > 0 ? 'Made' : 'Found'} the organisations ${names.join(', ')}.`);
  /** @type {Map<string, number>} */
  const received = new Map();
  const receivers = await startReceivers({
    clients,
    port,
    keysFolder,
    ...(keptIn !== undefined && { keptIn }),
    told: (receiver) => received.set(receiver, (received.get(receiver) ?? 0) + 1),
  });
  try {
    const own = new Set(receivers.subscriptions);
    await untilActive(clients, own);
    const scenes = writeJourney(schemasFolder);
    const journey = String(scenes[0]?.event['correlationid']);
    tell(`\nOne journey, through the HTTP API (${journey}):`);
    await publish(clients, scenes, tell);
    const { settled, events } = await untilSettled(clients, scenes, journey, own);
    const counts = [...received].map(([receiver, count]) => `${receiver} ${count}`).join(', ');
    tell(settled ? `\nDelivered, as the ledger has it (received: ${counts}):` : '\nNot all of it has arrived yet:');
    tellDeliveries(scenes, events, tell);
    return { journey, settled, events, stop: receivers.stop };
  } catch (error) {
    await receivers.stop();
    throw error;
  }
}
