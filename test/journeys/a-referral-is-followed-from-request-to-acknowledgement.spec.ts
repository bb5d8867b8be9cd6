import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaultSchemasFolder } from '@signalbox/contracts';
import { writeJourney } from '../../deploy/local/demo/journey.mjs';
import { DEMO, ensureOrganisations } from '../../deploy/local/demo/organisations.mjs';
import { signIn, startHouse, type TestHouse, waitFor } from '../support/index.js';

type Clients = Awaited<ReturnType<typeof ensureOrganisations>>['clients'];
type Role = keyof Clients;

const { practice, hospital, laboratory } = DEMO;

/** After each act of the journey: who has it, and what it waits for. */
const STORY: { says: string; state: string; holders: string[]; waitsfor?: RegExp }[] = [
  {
    says: 'requested: with the hospital, which has to answer or to book',
    state: 'awaited',
    holders: [hospital.ods],
    waitsfor: /answer the referral or to book/,
  },
  {
    says: 'answered: still with the hospital, which has to book',
    state: 'awaited',
    holders: [hospital.ods],
    waitsfor: /book an appointment/,
  },
  {
    says: 'booked: with the hospital, until the appointment has taken place',
    state: 'awaited',
    holders: [hospital.ods],
    waitsfor: /appointment to take place/,
  },
  {
    says: 'a result is reported: with everyone who received it, until somebody takes note',
    state: 'awaited',
    holders: [practice.ods, hospital.ods],
    waitsfor: /take note of the result/,
  },
  {
    says: 'the result is corrected: with everyone who received the correction',
    state: 'awaited',
    holders: [practice.ods, hospital.ods],
    waitsfor: /take note of the correction/,
  },
  {
    says: 'the practice takes note: what is left is the appointment, with the hospital',
    state: 'awaited',
    holders: [hospital.ods],
    waitsfor: /appointment to take place/,
  },
];

describe('a referral, seen by everyone who has a part in it', () => {
  const scenes = writeJourney(defaultSchemasFolder());
  const journey = String(scenes[0]?.event['correlationid']);
  const ending = new AbortController();
  const receiving: Promise<void>[] = [];
  let house: TestHouse;
  let clients: Clients;

  beforeAll(async () => {
    house = await startHouse();
    ({ clients } = await ensureOrganisations(house.urls.gateway, house.folders.keys));
    for (const client of Object.values(clients)) {
      const { id } = await client.subscriptions.create({ types: ['org.signalbox.*'], protocol: 'PULL' });
      const how = { subscription: id, waitMs: 1_000, signal: ending.signal };
      receiving.push(client.subscribe(() => undefined, how));
    }
  });
  afterAll(async () => {
    ending.abort();
    await Promise.all(receiving);
    await house.stop();
  });

  const isAcknowledged = async (role: Role, id: string): Promise<boolean> => {
    const event = await clients[role].event(id).catch(() => undefined);
    if (event?.state !== 'accepted') return false;
    const meant = event.deliveries.filter(({ state }) => state !== 'filtered');
    return meant.length > 0 && meant.every(({ state }) => state === 'acknowledged');
  };

  const page = async (ods: string): Promise<string> => {
    const { cookie } = await signIn(house, ods, 'viewer');
    return (
      await fetch(`${house.urls.ledger}/journeys/${journey}`, { headers: { cookie, accept: 'text/html' } })
    ).text();
  };

  it.each(STORY.map((step, index) => ({ ...step, index })))('$says', async ({ index, state, holders, waitsfor }) => {
    const { act, event } = scenes[index]!;
    await clients[act.by].publish({ ...event, time: new Date().toISOString() });
    await waitFor('every receiver to have acknowledged', () => isAcknowledged(act.by, String(event['id'])));

    const { heading, events } = await clients[act.by].journey(journey);
    expect(heading).toMatchObject({ state, holders: [...holders].sort(), problems: [] });
    expect(heading.waitsfor).toMatch(waitsfor!);
    expect(events.at(-1)).toMatchObject({ id: event['id'], sourceorg: DEMO[act.by].ods });
    const [who] = heading.sentence.split(' for ');
    expect(await page(DEMO[act.by].ods)).toContain(who);
  });

  it('is told to each from request to acknowledgement, as far as it has a part in it', async () => {
    const typesFor = async (role: Role) => {
      const { events } = await clients[role].journey(journey);
      return events.map(({ type }) => type.replace('org.signalbox.', ''));
    };
    const [referral, answer, booking, result, correction, note] = scenes.map(({ act }) => act.type);
    expect(await typesFor('practice')).toEqual([referral, answer, booking, result, correction, note]);
    expect(await typesFor('hospital')).toEqual([referral, answer, booking, result, correction]);
    expect(await typesFor('laboratory')).toEqual([result, correction, note]);
  });

  it('names every event and every organisation on the page, and marks what was replaced', async () => {
    const { events } = await clients.practice.journey(journey);
    const shown = await page(practice.ods);
    for (const { title } of events) expect(shown).toContain(title);
    for (const { ods } of [practice, hospital, laboratory]) expect(shown).toContain(ods);
    const [reported, corrected] = [scenes[3]!.event['id'], scenes[4]!.event['id']];
    expect(events.find(({ id }) => id === reported)?.supersededby).toEqual([corrected]);
    expect(shown).toMatch(/acknowledged by system/i);
    expect(shown).not.toMatch(/seen by a person/i);
  });
});
