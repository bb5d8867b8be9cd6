import { createServer, type Server } from 'node:http';
import { readFile, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { receiveWebhook, type ReceivedEvent } from '@signalbox/client';
import { startHouse, temporaryFolder, type TestHouse, waitFor } from '../support/index.js';
import { CommandLine, type Ended, lines, resultExample, type Running } from './fixtures/command-line.js';

const LABORATORY = ['--org', 'X9L3B'];
const PRACTICE = ['--org', 'X9G1P'];

let house: TestHouse;
let commands: CommandLine;
const folder = temporaryFolder('command-line');

const start = (args: readonly string[], stdin?: string): Running => commands.start(args, stdin);
const signalbox = (...args: string[]): Promise<Ended> => commands.run(...args);

beforeAll(async () => {
  house = await startHouse();
  commands = new CommandLine(house);
});

afterAll(async () => {
  await house.stop();
  folder.remove();
});

test('an operator brings two organisations in, and their private keys are for their owner alone', async () => {
  for (const [ods, name, app, action] of [
    ['X9L3B', 'North Vale Pathology', 'lims', 'publish'],
    ['X9G1P', 'Elmfield Surgery', 'gp', 'subscribe'],
  ] as const) {
    expect((await signalbox('org', 'add', ods, name)).code).toBe(0);
    expect((await signalbox('app', 'add', ods, app)).code).toBe(0);
    const grant = ['--action', action, '--types', 'org.signalbox.result.*', '--purpose', 'direct care'];
    expect((await signalbox('grant', 'add', ods, ...grant)).code).toBe(0);
    expect((await stat(join(house.folders.keys, `${ods}.${app}.jwk.json`))).mode & 0o777).toBe(0o600);
  }
  const organisations = lines((await signalbox('org', 'list', '--json')).out);
  expect(organisations.map(({ ods }) => ods)).toEqual(expect.arrayContaining(['X9L3B', 'X9G1P']));
  expect((await signalbox('app', 'list', 'X9G1P')).out).toMatch(/^gp {2}active {2}1 key/);
  expect((await signalbox('grant', 'list', 'X9G1P')).out).toMatch(/subscribe {2}org\.signalbox\.result\.\*/);
  const again = await signalbox('org', 'add', 'X9L3B', 'Another');
  expect(again).toMatchObject({ code: 1, err: expect.stringMatching(/^SB-4091/) });
});

test('the doctor finds nothing wrong with a house that runs, and names a token that is refused', async () => {
  const well = await signalbox('doctor', '--json', ...LABORATORY);
  expect(lines(well.out).filter(({ state }) => state === 'failed')).toEqual([]);
  expect(lines(well.out)).toContainEqual(expect.objectContaining({ name: 'nats sync', state: 'ok' }));
  expect(well.code).toBe(0);

  const stranger = await house.enrol({ ods: 'X9Z9Z', grants: [] });
  expect(await stranger.token()).toMatch(/^ey/);
  await writeFile(
    join(house.folders.keys, 'X9Z9Z.nobody.jwk.json'),
    await readFile(join(house.folders.keys, 'X9Z9Z.system.jwk.json')),
    { mode: 0o600 },
  );
  const ill = await signalbox('doctor', '--org', 'X9Z9Z');
  expect(ill.code).toBe(1);
  expect(ill.out).toMatch(/^FAILED +token of X9Z9Z\.nobody .*SB-3007.*\n +register it:/);
});

test('a token from the command line opens the API to curl', async () => {
  const { code, out } = await signalbox('token', ...PRACTICE);
  expect(code).toBe(0);
  const answer = await fetch(`${house.urls.gateway}/subscriptions`, {
    headers: { authorization: `Bearer ${out.trim()}` },
  });
  expect(answer.status).toBe(200);
});

describe('a result that is published from a file', () => {
  const received: ReceivedEvent[] = [];
  let receiver: Server;
  let listening: Running;
  let secret: string;
  let published: string;

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        received.push(receiveWebhook(request.headers, Buffer.concat(chunks), secret));
        response.writeHead(204).end();
      })();
    });
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    listening = start(['listen', 'result.*', '--forward-to', url, ...PRACTICE]);
    secret = await waitFor('the signing secret', () => /Signing secret: (\S+)/.exec(listening.err())?.[1]);
    published = await resultExample('final-blood-count.json', 'first-event');
  });

  afterAll(() => {
    receiver.close();
  });

  test('is judged first, then accepted, and the next command is suggested', async () => {
    const judged = await start(['validate', '-', '--json'], published).ended;
    expect(judged.code).toBe(0);
    expect(lines(judged.out)).toMatchObject([{ v: 1, valid: true, type: 'org.signalbox.result.reported.v1' }]);
    const accepted = await start(['publish', '-', ...LABORATORY], published).ended;
    expect(accepted).toMatchObject({ code: 0, out: expect.stringMatching(/^accepted {2}first-event {2}journey /) });
    expect(accepted.err).toMatch(/Next: signalbox journey /);
    const again = await start(['publish', '-', '--json'], published).ended;
    expect(lines(again.out)).toMatchObject([{ id: 'first-event', duplicate: true }]);
  });

  test('reaches the listener as a signed webhook with the very bytes of its content', async () => {
    await waitFor('the webhook', () => received.length > 0);
    const text = (value: unknown): string => Buffer.from(value as Uint8Array).toString('utf8');
    const sent = JSON.parse(published) as { data: unknown };
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ id: 'first-event', source: 'urn:ods:X9L3B:lims' });
    expect(text(received[0]!.raw)).toBe(JSON.stringify(sent.data));
  });

  test('is told as a journey, as an event and as a story, each on its own side only', async () => {
    const journey = await waitFor('the acknowledgement in the ledger', async () => {
      const { out, code } = await signalbox('event', 'first-event', '--json', ...LABORATORY);
      if (code !== 0) return undefined;
      const [event] = lines<{ journey: string; deliveries: { state: string }[] }>(out);
      return event?.deliveries[0]?.state === 'acknowledged' && event.journey;
    });
    // The sentence says for how long and, once its clock runs, by when: between two looks it may become another.
    const told = await waitFor('the same sentence for people and for programs', async () => {
      const followed = await signalbox('journey', journey, '--json', ...PRACTICE);
      const text = await signalbox('journey', journey, ...PRACTICE);
      const [{ heading }] = lines<{ heading: { sentence: string } }>(followed.out) as [
        { heading: { sentence: string } },
      ];
      return text.out.split('\n')[0] === heading.sentence && text;
    });
    expect(told.code).toBe(0);
    expect(told.out).toMatch(/-> X9G1P {2}acknowledged since/);
    const story = await signalbox('explain', 'first-event', ...LABORATORY);
    expect(story.out).toMatch(/from X9L3B was accepted: it is on disk since/);
    expect(story.out).toMatch(/For X9G1P it was acknowledged by the receiving system/);
    expect(await signalbox('journey', journey, '--org', 'X9Z9Z', '--app', 'system')).toMatchObject({ code: 5 });
    expect(await signalbox('event', 'no-such-event', ...LABORATORY)).toMatchObject({
      code: 5,
      err: expect.stringMatching(/^SB-4040/),
    });
  });

  test('leaves no subscription behind when the listener is interrupted', async () => {
    listening.interrupt();
    const { code, out } = await listening.ended;
    expect(code).toBe(130);
    expect(out).toMatch(/^--> org\.signalbox\.result\.reported\.v1 {2}first-event\n<-- 204 {2}\d+ ms\n$/);
    expect(await house.client('X9G1P', 'gp').subscriptions.list()).toEqual([]);
  });
});

describe('an event that is refused', () => {
  test('names every finding with its place and its mending, and can be explained afterwards', async () => {
    const good = JSON.parse(await resultExample('final-blood-count.json', 'refused-event')) as Record<string, unknown>;
    const bad = JSON.stringify({ ...good, urgency: 'very-soon', causationid: 'refused-event' });
    const { code, out, err } = await start(['publish', '-'], bad).ended;
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toMatch(/^SB-2004 /);
    for (const place of ['urgency', 'causationid']) expect(err).toMatch(new RegExp(`\\n {2}/${place} {2}\\[`));
    expect(err).not.toMatch(/very-soon/);
    const validated = await start(['validate', '-', '--json'], bad).ended;
    expect(validated.code).toBe(3);
    expect(lines(validated.out)).toMatchObject([{ valid: false, code: 'SB-2004' }]);
    const story = await waitFor('the refusal in the ledger', async () => {
      const told = await signalbox('explain', 'refused-event', ...LABORATORY);
      return told.code === 0 ? told : undefined;
    });
    expect(story.out).toMatch(/was refused .*never accepted/);
    expect(story.out).toMatch(/\/urgency/);
  });

  test('among others is told in its place, and the exit code says partly', async () => {
    const events = [
      await resultExample('final-blood-count.json', 'many-1'),
      JSON.stringify({ specversion: '1.0', id: 'many-2', source: 'urn:ods:X9L3B:lims', type: 'org.example.no.v1' }),
      await resultExample('preliminary-message.json', 'many-3'),
    ];
    const file = join(folder.path, 'many.ndjson');
    await writeFile(file, events.join('\n'));
    const { code, out } = await signalbox('publish', file, '--json');
    expect(code).toBe(7);
    expect(lines(out).map(({ index, state }) => [index, state])).toEqual([
      [0, 'accepted'],
      [1, 'refused'],
      [2, 'accepted'],
    ]);
  });

  test('for want of a grant ends with the exit code for what is not yours', async () => {
    const event = await resultExample('final-blood-count.json', 'no-grant');
    const foreign = event.replaceAll('urn:ods:X9L3B', 'urn:ods:X9G1P');
    expect(await start(['publish', '-', ...PRACTICE], foreign).ended).toMatchObject({
      code: 5,
      err: expect.stringMatching(/^SB-3005/),
    });
  });
});

test('the catalogue lists every type, and shows one by its short name, without a token', async () => {
  const listed = await signalbox('catalogue', '--json');
  expect(lines(listed.out).map(({ type }) => type)).toContain('org.signalbox.result.corrected.v1');
  const shown = await signalbox('catalogue', 'result.corrected.v1');
  expect(shown.out).toMatch(/Result corrected/);
  expect(await signalbox('catalogue', 'result.imagined.v1')).toMatchObject({ code: 5 });
});
