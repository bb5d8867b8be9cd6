import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isOperations } from '@signalbox/contracts';
import { playDemo } from '../../deploy/local/demo/play.mjs';
import { projectFolder } from '../../deploy/local/places.mjs';
import { readRecords, type Records, startHouse, type TestHouse, violations } from '../support/index.js';

type Played = Awaited<ReturnType<typeof playDemo>>;

/** What each event of the demonstration must have come to, by receiving organisation. */
const EXPECTED: Record<string, Record<string, string>> = {
  'referral.requested.v1': { X9H2T: 'delivered' },
  'referral.responded.v1': { X9G1P: 'delivered' },
  'booking.booked.v1': { X9G1P: 'delivered' },
  'result.reported.v1': { X9G1P: 'delivered', X9H2T: 'delivered' },
  'result.corrected.v1': { X9G1P: 'delivered', X9H2T: 'delivered' },
  'result.acknowledged.v1': { X9L3B: 'acknowledged' },
};

describe('npm start', () => {
  let house: TestHouse;
  const lines: string[] = [];

  const play = async (): Promise<Played> => {
    const played = await playDemo({
      gateway: house.urls.gateway,
      keysFolder: house.folders.keys,
      schemasFolder: join(projectFolder, 'schemas'),
      port: house.ports.receiver,
      tell: (line) => lines.push(line),
    });
    await played.stop();
    return played;
  };

  const recorded = () => {
    const { nats } = house.urls;
    return readRecords({ url: nats, user: 'ledger', password: house.secrets.natsPasswords.ledger });
  };

  /** What the exchange tells about itself meanwhile is no part of it. */
  const played = ({ events }: Records) => events.filter(({ event }) => !isOperations(String(event.attributes['type'])));

  beforeAll(async () => {
    house = await startHouse();
  });
  afterAll(async () => {
    await house.stop();
  });

  it('plays a journey that arrives at every organisation it is meant for, and says so', async () => {
    const { journey, settled, events } = await play();
    expect(settled).toBe(true);
    const states = Object.fromEntries(
      events.map(({ type, deliveries }) => [
        type.replace('org.signalbox.', ''),
        Object.fromEntries(deliveries.map(({ org, state }) => [org, state])),
      ]),
    );
    expect(states).toMatchObject(EXPECTED);
    expect(lines.join('\n')).toContain(journey);
  });

  it('plays another one on a later start, with the organisations and subscriptions that are there', async () => {
    const { settled } = await play();
    expect(settled).toBe(true);
    expect(lines).toContainEqual(expect.stringMatching(/^Found the organisations/));
  });

  it('loses nothing when every process is killed', async () => {
    const before = await recorded();
    for (const name of ['gateway', 'relay', 'ledger', 'redis', 'nats'] as const) await house.kill(name);
    await house.ready();
    const { settled, events } = await play();
    expect(settled).toBe(true);

    const after = await recorded();
    const accepted = [...before.events.map(({ event }) => event.attributes), ...events];
    expect(
      violations({ accepted: accepted.map(({ source, id }) => ({ source: String(source), id: String(id) })) }, after),
    ).toEqual([]);
    expect(played(after)).toHaveLength(played(before).length + Object.keys(EXPECTED).length);
  }, 180_000);
});
