/**
 * Publishers and receivers of the three demonstration organisations, as vendors would write them: who publishes sends
 * the same event again until it is accepted; who receives sets a repeated identity aside. Both note what they were told.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeJourney } from '../../deploy/local/demo/journey.mjs';
import { DEMO, ensureOrganisations } from '../../deploy/local/demo/organisations.mjs';
import { startReceivers } from '../../deploy/local/demo/receivers.mjs';
import { projectFolder } from '../../deploy/local/places.mjs';
import { testNhsNumber } from '../../schemas/examples/people.mjs';

const PAUSE_MS = 100;
const NHS_NUMBER = /("system":"https:\/\/fhir\.nhs\.uk\/Id\/nhs-number","value":")\d{10}/g;

/** Journeys of different invented patients: those of one would all wait for one another. */
function* patients() {
  for (let serial = 200_000; ; serial += 1) {
    try {
      yield testNhsNumber(serial);
    } catch {
      // A few serials have no check digit.
    }
  }
}

/** The journey of the demonstration, of another patient. */
function journeyOf(patient) {
  return writeJourney(join(projectFolder, 'schemas')).map(({ act, event }) => ({
    act,
    event: JSON.parse(JSON.stringify(event).replace(NHS_NUMBER, `$1${patient}`)),
  }));
}

/**
 * @param {import('../support/house.ts').TestHouse} house
 * @param {number} publishers how many journeys are played at once
 */
export async function startTraffic(house, publishers) {
  const { clients } = await ensureOrganisations(house.urls.gateway, house.folders.keys);
  const accepted = [];
  const received = [];
  const seen = new Set();
  const told = { repeats: 0, failures: 0 };
  const receivers = await startReceivers({
    clients,
    port: house.ports.receiver,
    keysFolder: house.folders.keys,
    told: (receiver, { source, id }, webhookId) => {
      const identity = `${receiver} ${webhookId ?? `${source} ${id}`}`;
      if (seen.has(identity)) return void (told.repeats += 1);
      seen.add(identity);
      received.push({ receiver, source, id, at: Date.now() });
    },
  });
  let publishing = true;
  const publish = async (client, event, journey) => {
    for (;;) {
      try {
        await client.publish(event);
        return void accepted.push({ source: event.source, id: event.id, journey, at: Date.now() });
      } catch (error) {
        // The client has been patient already; somebody with a patient waiting goes on all the same.
        if (error.retryable !== true) throw error;
        told.failures += 1;
      }
    }
  };
  const patient = patients();
  const publisher = async () => {
    while (publishing) {
      for (const { act, event } of journeyOf(patient.next().value)) {
        if (!publishing) return;
        await publish(clients[act.by], { ...event, time: new Date().toISOString() }, event.correlationid);
        await pause(PAUSE_MS * (0.5 + Math.random()));
      }
    }
  };
  const subscriptions = await untilActive(clients);
  const work = Promise.all(Array.from({ length: publishers }, publisher));
  let trouble;
  work.catch((error) => (trouble = error));
  return {
    accepted,
    received,
    subscriptions,
    told,
    /** @throws what a publisher was told that no repetition cures */
    assertWell: () => {
      if (trouble) throw trouble;
    },
    /** Every publisher ends after the event in hand is accepted. */
    stopPublishing: async () => {
      publishing = false;
      await work;
    },
    stop: () => receivers.stop(),
  };
}

/** @returns the subscriptions, each with the name under which its receiver notes what it got */
async function untilActive(clients) {
  for (;;) {
    const lists = await Promise.all(
      Object.entries(clients).map(async ([receiver, client]) =>
        (await client.subscriptions.list()).map(({ id, types, status }) => ({
          id,
          types,
          status,
          receiver,
          org: DEMO[receiver].ods,
        })),
      ),
    );
    if (lists.flat().every(({ status }) => status === 'active')) return lists.flat();
    await pause(100);
  }
}
