import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Client, type ReceivedEvent, receiveWebhook, webhookListener } from '@signalbox/client';
import { daysSince, startHouse, type TestHouse, waitFor } from '../support/index.js';
import { CommandLine, type Ended, lines, resultExample, type Running } from './fixtures/command-line.js';

const LABORATORY = ['--org', 'X9L3B', '--app', 'lims'];
const PRACTICE = ['--org', 'X9G1P', '--app', 'gp'];
const REPORTED = 'org.signalbox.result.reported.v1';
/** Another application of the practice: the second person. */
const OFFICE = ['--org', 'X9G1P', '--app', 'office'];

/** How the receiver of the practice behaves now. */
type Behaviour = 'takes' | 'refuses' | 'takes-replays';

const began = new Date();
let house: TestHouse;
let commands: CommandLine;
let laboratory: Client;
let practice: Client;
let receiver: Server;
let behaviour: Behaviour = 'takes';
const received: ReceivedEvent[] = [];
const secrets: string[] = [];
let subscription: string;

const signalbox = (...args: string[]): Promise<Ended> => commands.run(...args);

async function served(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

/** The receiver of the practice, made with the SDK as a supplier would make it. */
function receiving(): RequestListener {
  const keep = (event: ReceivedEvent): void => void received.push(event);
  const listeners: Readonly<Record<Behaviour, RequestListener>> = {
    takes: (request, response) => webhookListener(keep, { secrets })(request, response),
    'takes-replays': (request, response) => webhookListener(keep, { secrets, acceptReplays: true })(request, response),
    refuses: (_request, response) => void response.writeHead(422).end('unknown message format'),
  };
  return (request, response) => listeners[behaviour](request, response);
}

async function publish(...ids: string[]): Promise<void> {
  for (const id of ids) await laboratory.publish(Buffer.from(await resultExample('final-blood-count.json', id)));
}

const ids = (): string[] => received.map(({ id }) => id);

/** The state of a delivery as the ledger tells it to the practice. */
async function stateOf(event: string): Promise<string | undefined> {
  const told = await practice.subscriptions.deliveries(subscription);
  return told.deliveries.find(({ id }) => id === event)?.state;
}

beforeAll(async () => {
  house = await startHouse({ env: { SIGNALBOX_BULK_SECOND_PERSON: '1' } });
  commands = new CommandLine(house);
  laboratory = await house.enrol({
    ods: 'X9L3B',
    application: 'lims',
    grants: [['publish', 'org.signalbox.result.*']],
  });
  practice = await house.enrol({
    ods: 'X9G1P',
    application: 'gp',
    grants: [['subscribe', 'org.signalbox.result.*']],
  });
  await signalbox('org', 'change', 'X9G1P', '--contact', 'results desk, extension 4');
  await signalbox('app', 'add', 'X9G1P', 'office');
  await signalbox('grant', 'add', 'X9G1P', '--action', 'subscribe', '--purpose', 'direct care');
  const { server, url } = await served(receiving());
  receiver = server;
  const made = await practice.subscriptions.create({ types: ['org.signalbox.result.*'], protocol: 'HTTP', sink: url });
  secrets.push(...made.sinksecrets!);
  subscription = made.id;
  await waitFor('the consent of the receiver', async () => {
    return (await practice.subscriptions.get(subscription)).status === 'active';
  });
});

afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await house.stop();
});

describe('a receiver looks after its subscription', () => {
  test('finds it, has its endpoint tested, and the test is not taken for an event', async () => {
    const listed = lines((await signalbox('subscription', 'list', '--json', ...PRACTICE)).out);
    expect(listed).toMatchObject([{ v: 1, id: subscription, protocol: 'HTTP', status: 'active' }]);
    const tested = await signalbox('subscription', 'test', subscription, ...PRACTICE);
    expect(tested).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^The receiver took the test \(status 200, \d+ ms\)/),
    });
    expect(received).toEqual([]);
  });

  test('rotates its secret, and takes events under the new one alone', async () => {
    const { out, err } = await signalbox('subscription', 'rotate-secret', subscription, ...PRACTICE);
    expect(err).toMatch(/The old one signs too until/);
    secrets.splice(0, secrets.length, out.trim());
    await publish('under-new-secret');
    await waitFor('the event', () => ids().includes('under-new-secret'));
  });

  test('pauses and resumes without losing what came between', async () => {
    expect((await signalbox('subscription', 'pause', subscription, ...PRACTICE)).out).toMatch(/is paused/);
    await publish('while-paused');
    await waitFor('the delivery to wait', async () => (await stateOf('while-paused')) === 'paused');
    expect((await signalbox('subscription', 'health', subscription, ...PRACTICE)).out).toMatch(/^paused/);
    expect((await signalbox('subscription', 'resume', subscription, ...PRACTICE)).out).toMatch(
      /it goes on where it was left/,
    );
    await waitFor('the event', () => ids().includes('while-paused'));
  });
});

describe('what the receiver refuses', () => {
  beforeAll(async () => {
    behaviour = 'refuses';
    await publish('refused-1', 'refused-2');
    for (const id of ['refused-1', 'refused-2']) {
      await waitFor('the delivery to be parked', async () => (await stateOf(id)) === 'parked');
    }
    behaviour = 'takes';
  });

  test('is seen with the answer of the receiver, by cause, and as work', async () => {
    const history = await signalbox('subscription', 'attempts', subscription, '--event', 'refused-1', ...PRACTICE);
    expect(history.out).toMatch(/refused-1 {2}org\.signalbox\.result\.reported\.v1 {2}is parked/);
    expect(history.out).toMatch(/\[422\] {2}\d+ ms[^]*answered: unknown message format/);
    const parked = await signalbox('parked', 'list', subscription, ...PRACTICE);
    expect(parked.out).toMatch(/^2 deliveries {2}endpoint-refused {2}of 1 journey/);
    expect(parked.out).toMatch(/the move is with the receiver: Organisation X9G1P, results desk, extension 4/);
    const work = await signalbox('work-items', '--json', ...PRACTICE);
    expect(lines(work.out).map(({ kind, yours }) => [kind, yours])).toEqual([
      ['parked', true],
      ['parked', true],
    ]);
  });

  test('is delivered again one by one after a look, which changes nothing', async () => {
    const retry = ['parked', 'retry', subscription, '--event', 'refused-1', ...PRACTICE];
    const looked = await signalbox(...retry);
    expect(looked).toMatchObject({ code: 2, out: expect.stringMatching(/^It is about 1 delivery\./) });
    expect(await stateOf('refused-1')).toBe('parked');
    expect((await signalbox(...retry, '--event', 'refused-2', '--dry-run')).out).toMatch(/^It is about 2 deliveries\./);
    const done = await signalbox(...retry, '--note', 'the ward is known now', '--yes');
    expect(done).toMatchObject({ code: 0, out: expect.stringMatching(/1 delivery will be delivered again/) });
    await waitFor('the event', () => ids().includes('refused-1'));
    await waitFor('its end on record', async () => (await stateOf('refused-1')) === 'delivered');
  });

  test('is handled in bulk only when a second person agrees, and who it was stays on record', async () => {
    behaviour = 'refuses';
    await publish('refused-3');
    await waitFor('the delivery to be parked', async () => (await stateOf('refused-3')) === 'parked');
    behaviour = 'takes';
    const handle = ['parked', 'handled', subscription, '--all', '--note', 'by phone', '--yes', '--json', ...PRACTICE];
    const [, asked] = lines<{ action: string }>((await signalbox(...handle)).out);
    expect(await stateOf('refused-2')).toBe('parked');
    expect(await signalbox('action', 'approve', asked!.action, ...PRACTICE)).toMatchObject({
      code: 5,
      err: expect.stringMatching(/^SB-3008/),
    });
    const approved = await signalbox('action', 'approve', asked!.action, ...OFFICE);
    expect(approved).toMatchObject({ code: 0, out: expect.stringMatching(/done: carried out on 2 deliveries/) });
    await waitFor('the end on record', async () => (await stateOf('refused-2')) === 'handled-outside');
    const history = await signalbox('subscription', 'attempts', subscription, '--event', 'refused-2', ...PRACTICE);
    expect(history.out).toMatch(/by X9G1P:gp: by phone Agreed to by X9G1P:office/);
  });
});

describe('a replay', () => {
  const replay = (...more: string[]): Promise<Ended> =>
    signalbox('subscription', 'replay', subscription, '--from', '2020-01-01T00:00:00Z', ...more, ...PRACTICE);
  const isDone = async (): Promise<boolean> =>
    (await practice.subscriptions.replays.list(subscription)).every(({ status }) => status === 'done');

  test('says first what it would bring, and what of it is there already', async () => {
    const { code, out } = await replay('--dry-run');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^5 events \(\d+(\.\d)? kB\) of 1 journey would be sent\.\nIt has got 3 events of them already/,
    );
  });

  test('is refused by a receiver that has not opted in, which is told as the cause', async () => {
    const before = received.length;
    expect((await replay('--yes')).out).toMatch(/Replay \S+ is under way/);
    await waitFor('the replay to end', isDone);
    expect(received).toHaveLength(before);
    await waitFor(
      'the parked deliveries',
      async () => (await practice.subscriptions.parked.list(subscription))[0]?.count === 5,
    );
    const history = await signalbox('subscription', 'attempts', subscription, '--event', 'refused-1', ...PRACTICE);
    expect(history.out).toMatch(/\[422\][^]*answered: .*Replays are not accepted here/);
    const listed = await signalbox('replay', 'list', subscription, ...PRACTICE);
    expect(listed.out).toMatch(/ done +time +5 of 5 /);
  });

  test('comes marked and in order to one that has', async () => {
    behaviour = 'takes-replays';
    received.splice(0);
    await replay('--yes');
    await waitFor('the replay to end', isDone);
    expect(ids()).toEqual(['under-new-secret', 'while-paused', 'refused-1', 'refused-2', 'refused-3']);
    expect(received.every(({ marks }) => marks.replay !== undefined)).toBe(true);
    behaviour = 'takes';
  });
});

describe('a receiver behind a firewall', () => {
  let local: Server;
  let listening: Running;
  let answers: number[];
  let secret = '';
  const here: string[] = [];

  beforeAll(async () => {
    answers = [503];
    const { server, url } = await served((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const { id } = receiveWebhook(request.headers, Buffer.concat(chunks), secret);
        const status = answers.shift() ?? 204;
        if (status === 204) here.push(id);
        response.writeHead(status).end();
      })();
    });
    local = server;
    const switched = await signalbox('subscription', 'switch', subscription, '--to', 'pull', '--yes', ...PRACTICE);
    expect(switched).toMatchObject({ code: 0, out: expect.stringMatching(/delivered by PULL/) });
    listening = commands.start(['listen', '--subscription', subscription, '--forward-to', url, ...PRACTICE]);
    secret = await waitFor('the signing secret', () => /Signing secret: (\S+)/.exec(listening.err())?.[1]);
  });

  afterAll(() => {
    local.closeAllConnections();
    local.close();
  });

  test('gets its events from the place where the webhook stopped, again until they are taken, and no content is shown', async () => {
    expect(listening.err()).toMatch(/read by stream\. Ctrl-C ends it; the subscription stays/);
    await publish('behind-firewall');
    await waitFor('the event', () => here.includes('behind-firewall'));
    expect(here).toEqual(['behind-firewall']);
    await waitFor('the acknowledgement', async () => (await stateOf('behind-firewall')) === 'acknowledged');
    listening.interrupt();
    const { code, out } = await listening.ended;
    expect(code).toBe(130);
    expect(out).toMatch(
      /^--> org\.signalbox\.result\.reported\.v1 {2}behind-firewall\n<-- 503 {2}\d+ ms {2}failed, again in 1 s\n<-- 204 {2}\d+ ms\n$/,
    );
    expect(out + listening.err()).not.toMatch(/resourceType|\b999\d{7}\b/);
  });

  test('acknowledges nothing after an event that was refused, so that it comes again', async () => {
    answers = [400];
    const url = `http://127.0.0.1:${(local.address() as AddressInfo).port}/hook`;
    const twice = commands.start([
      'listen',
      '--subscription',
      subscription,
      '--forward-to',
      url,
      '--max',
      '2',
      ...PRACTICE,
    ]);
    secret = await waitFor('the signing secret', () => /Signing secret: (\S+)/.exec(twice.err())?.[1]);
    await publish('not-taken', 'taken-after-it');
    const { code, out, err } = await twice.ended;
    expect(code).toBe(7);
    expect(out).toMatch(/<-- 400 {2}\d+ ms {2}refused: the exchange would park this event/);
    expect(err).toMatch(/From here on nothing is acknowledged/);
    const again = await practice.subscriptions.pull(subscription, { waitMs: 0 });
    expect(again.events.map(({ id }) => id)).toEqual(['not-taken', 'taken-after-it']);
  });

  test('passes over what it does not want, which is told before and stays on record', async () => {
    await publish('unwanted');
    const { code, out } = await signalbox('subscription', 'seek', subscription, 'now', '--yes', ...PRACTICE);
    expect(code).toBe(0);
    expect(out).toMatch(/3 events would be passed over and never be given/);
    await waitFor('the state', async () => (await stateOf('unwanted')) === 'filtered');
  });
});

describe('everybody can prove what became of everything', () => {
  test('a filter is tried on real events before it is used', async () => {
    const { code, out } = await signalbox('filter', 'test', 'result.*', '--sql', "id LIKE 'refused-%'", ...PRACTICE);
    expect(code).toBe(0);
    expect(out).toMatch(/^Of the last 9 events that you may see, 3 would be given\.\n/);
    expect(out).toMatch(/given +\S+ +refused-1 /);
    expect(out).toMatch(/left out +\S+ +unwanted .*\(\/filters\/0\)/);
    expect(out).not.toMatch(/resourceType/);
  });

  test('the publisher sees who received an event and whether it was acknowledged', async () => {
    const { out } = await signalbox('recipients', 'behind-firewall', ...LABORATORY);
    expect(out).toMatch(/^behind-firewall {2}org\.signalbox\.result\.reported\.v1, accepted/);
    expect(out).toMatch(/X9G1P .*acknowledged {2}delivered \d.*acknowledged \d/);
    expect((await signalbox('recipients', 'behind-firewall', ...PRACTICE)).code).toBe(5);
  });

  test('the day of the publisher sums, as text and as CSV', async () => {
    let sum = 0;
    for (const day of daysSince(began)) {
      const [json] = lines<{ published: { sent: number } }>(
        (await signalbox('statement', day, '--json', ...LABORATORY)).out,
      );
      const { sent } = json!.published;
      sum += sent;
      if (sent === 0) continue;
      const told = await signalbox('statement', day, ...LABORATORY);
      expect(told.out).toContain(`${REPORTED}  ${sent} sent  = ${sent} accepted + 0 refused + 0 repeated`);
      const csv = await signalbox('statement', day, '--csv', ...LABORATORY);
      expect(csv.out).toContain(`,published,accepted,,${REPORTED},${sent}\r\n`);
    }
    expect(sum).toBe(9);
  });

  test('the operator sees that everything sums', async () => {
    await waitFor(
      'a whole proof of all 9 events',
      async () => {
        const { whole, publishers } = await house.operator.proof.reconciliation();
        return whole && publishers.some(({ org, accepted }) => org === 'X9L3B' && accepted === 9);
      },
      { every: 200 },
    );
    const proven = await signalbox('reconcile');
    expect(proven.code).toBe(0);
    expect(proven.out).toMatch(/X9L3B {2}9 accepted {2}= 9 read {2}agrees/);
    expect(proven.out).toMatch(/^Everything sums\./);
    expect(proven.out).not.toMatch(/DOES NOT AGREE/);
  });
});
