import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { newKeyPair } from '@signalbox/client';

import { run } from './run.js';

interface Heard {
  readonly call: string;
  readonly body: unknown;
}

const AT = '2026-11-22T02:00:00.000Z';
const PLAN = { dryrun: true, events: 3, bytes: 900, journeys: 1, duplicates: 1, rate: 10, seconds: 1, range: {} };
const ACT = { dryrun: true, act: 'retry', deliveries: 2, duplicates: 0, more: false, secondperson: false };
const DELIVERY = {
  subscription: 's-1',
  source: 'urn:x',
  id: 'e-1',
  type: 't',
  state: 'parked',
  since: AT,
  attempts: 2,
};

/** What the gateway answers to each call; a function is told the body. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  'GET /subscriptions': { items: [{ id: 's-1', protocol: 'HTTP', status: 'active', types: ['a.*', 'b'] }] },
  'GET /subscriptions/s-1': { id: 's-1', protocol: 'HTTP', status: 'active', types: ['a.*'] },
  'PATCH /subscriptions/s-1': { id: 's-1', protocol: 'PULL', status: 'active', types: ['a.*'] },
  'POST /subscriptions/s-1/pause': { id: 's-1', status: 'paused' },
  'POST /subscriptions/s-1/resume': { id: 's-1', status: 'active' },
  'POST /subscriptions/s-1/rotate-secret': { id: 's-1', sinksecrets: ['whsec_new'], oldsecretsuntil: AT },
  'POST /subscriptions/s-1/test': { outcome: 'refused', type: 't', source: 's', id: 'i', status: 422, latencyms: 1 },
  'GET /subscriptions/s-1/deliveries': { deliveries: [DELIVERY] },
  'GET /subscriptions/s-1/deliveries/attempts': {
    delivery: DELIVERY,
    attempts: [{ kind: 'attempt', time: AT, attempt: 1, status: 500, latencyms: 12, answer: 'oh\nno' }],
  },
  'POST /subscriptions/s-1/seek': { dryrun: true, passedover: 2, again: 0, start: { result: 9 } },
  'POST /subscriptions/s-1/replay': (body: { dryrun: boolean }) => (body.dryrun ? PLAN : { id: 'r-1', ...PLAN }),
  'GET /subscriptions/s-1/replays': {
    items: [
      {
        id: 'r-1',
        status: 'running',
        selection: 'missed',
        planned: 3,
        done: 1,
        gone: 1,
        passed: 0,
        by: 'X:gp',
        created: AT,
      },
    ],
  },
  'POST /subscriptions/s-1/parked/retry': (body: { dryrun: boolean }) => (body.dryrun ? ACT : { ...ACT, changed: 2 }),
  'POST /subscriptions/s-1/parked/handled': (body: { dryrun: boolean }) =>
    body.dryrun ? { ...ACT, act: 'handled', secondperson: true } : { ...ACT, action: 'act-1' },
  'GET /subscriptions/s-1/parked': { items: [] },
  'POST /subscriptions/test-filter': {
    looked: 2,
    matched: 1,
    items: [
      {
        source: 's',
        id: 'e-1',
        type: 't',
        time: AT,
        matches: true,
        why: { reason: 'matches', detail: 'Every filter.' },
      },
      {
        ...{ source: 's', id: 'e-2', type: 't', time: AT, matches: false },
        why: { reason: 'no-match', detail: 'The filters do not let it through.', filters: ['/filters/0'] },
      },
    ],
  },
  'GET /actions': {
    items: [
      { id: 'act-1', status: 'waiting', act: 'retry', deliveries: 60, subscription: 's-1', by: 'X:gp', expires: AT },
    ],
  },
  'GET /events/e-9/recipients': { id: 'e-9', source: 'urn:x', type: 't', recorded: AT, recipients: [] },
  'POST /events/e-9/recipients/handled': ({ dryrun }: { dryrun: boolean }) => ({
    ...{ dryrun, org: 'X9G1P', before: 0 },
    items: [{ subscription: 's-9', reason: 'receiver-ended', since: AT, next: 'Tell the receiver.' }],
    ...(!dryrun && { changed: 1 }),
  }),
  'POST /oauth2/token': { access_token: 'o', token_type: 'Bearer', expires_in: 600 },
  'PATCH /organisations/X9G1P': { ods: 'X9G1P', name: 'Elmfield' },
  'PATCH /organisations/X9G1P/applications/gp': { ods: 'X9G1P', id: 'gp' },
  'POST /actions/act-1/approve': { id: 'act-1', status: 'done', changed: 60 },
  'POST /actions/act-1/reject': { id: 'act-1', status: 'rejected' },
};

let server: Server;
let heard: Heard[];

beforeEach(async () => {
  heard = [];
  server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const isJson = request.headers['content-type'] === 'application/json';
      const body = isJson ? (JSON.parse(text) as unknown) : undefined;
      heard.push({ call: `${request.method ?? ''} ${request.url ?? ''}`, body });
      const answer = ANSWERS[`${request.method ?? ''} ${(request.url ?? '').replace(/\?.*/, '')}`];
      if (request.method === 'DELETE') return void response.writeHead(204).end();
      if (answer === undefined) return void response.writeHead(404).end(JSON.stringify({ code: 'SB-4040' }));
      const told: unknown = typeof answer === 'function' ? (answer as (sent: unknown) => unknown)(body) : answer;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(told));
    })();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function signalbox(
  args: readonly string[],
  o: { readonly answer?: string } = {},
): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const stdin = Object.assign(Readable.from(o.answer === undefined ? [] : [`${o.answer}\n`]), {
    isTTY: o.answer !== undefined,
  });
  const env = {
    SIGNALBOX_GATEWAY_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    SIGNALBOX_TOKEN: 't',
  };
  const code = await run(args, { stdin, stdout, stderr }, env, new AbortController().signal);
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

const calls = (): string[] => heard.map(({ call }) => call);

describe('looking at a subscription', () => {
  test.each<[string, string[], string, RegExp]>([
    [
      'the list',
      ['list'],
      'GET /subscriptions',
      /^id +protocol +status +types +sent to\ns-1 +HTTP +active +a\.\*, b +-\n$/,
    ],
    [
      'its last deliveries',
      ['attempts', 's-1', '--state', 'parked', '--limit', '5'],
      'GET /subscriptions/s-1/deliveries?state=parked&limit=5',
      /\nparked +2026.* 2 +- +e-1 +t\n$/,
    ],
    [
      'the attempts at one event',
      ['attempts', 's-1', '--event', 'e-1', '--source', 'urn:x'],
      'GET /subscriptions/s-1/deliveries/attempts?id=e-1&source=urn%3Ax',
      /e-1 {2}t {2}is parked since .*\n {2}2026.* attempt 1 {2}\[500\] {2}12 ms\n {6}answered: oh no\n$/,
    ],
  ])('shows %s', async (_name, args, call, text) => {
    const { code, out } = await signalbox(['subscription', ...args]);
    expect([code, calls()]).toEqual([0, [call]]);
    expect(out).toMatch(text);
  });

  test('ends a test that the receiver did not take as failed', async () => {
    const { code, out } = await signalbox(['subscription', 'test', 's-1', '--type', 'result.reported.v1']);
    expect(code).toBe(1);
    expect(out).toMatch(/^The receiver refused the test/);
    expect(heard).toEqual([
      { call: 'POST /subscriptions/s-1/test', body: { type: 'org.signalbox.result.reported.v1' } },
    ]);
  });

  test('prints a new secret alone on stdout, and how long the old one holds beside it', async () => {
    const { out, err } = await signalbox(['subscription', 'rotate-secret', 's-1']);
    expect(out).toBe('whsec_new\n');
    expect(err).toMatch(/shown once\. The old one signs too until 2026/);
  });

  test('pauses, and says how to go on', async () => {
    const paused = await signalbox(['subscription', 'pause', 's-1']);
    expect(paused.err).toMatch(/Next: signalbox subscription resume s-1/);
    expect((await signalbox(['subscription', 'resume', 's-1'])).out).toMatch(/s-1 is active/);
  });
});

describe('what changes much', () => {
  const replay = ['subscription', 'replay', 's-1', '--missed'];
  const asked = { call: 'POST /subscriptions/s-1/replay', body: { from: { missed: true }, dryrun: true } };
  const done = { ...asked, body: { ...asked.body, dryrun: false } };

  test('is only shown with --dry-run', async () => {
    const { code, out } = await signalbox([...replay, '--dry-run']);
    expect([code, heard]).toEqual([0, [asked]]);
    expect(out).toMatch(/^3 events \(900 bytes\) of 1 journey would be sent/);
  });

  test('is shown, asked about, and done only after a yes', async () => {
    const refused = await signalbox(replay, { answer: 'n' });
    expect([refused.code, heard]).toEqual([130, [asked]]);
    expect(refused.err).toMatch(/Send 3 events to s-1 again\? \[y\/N\][^]*Nothing was done\./);
    const agreed = await signalbox(replay, { answer: 'y' });
    expect([agreed.code, heard]).toEqual([0, [asked, asked, done]]);
    expect(agreed.out).toMatch(/Replay r-1 is under way/);
  });

  test('is done without a question with --yes', async () => {
    expect((await signalbox([...replay, '--yes'])).code).toBe(0);
    expect(heard).toEqual([asked, done]);
  });

  test.each([[[]], [['--json']]])('is not done where nobody can be asked %j', async (more) => {
    const { code, err } = await signalbox([...replay, ...more]);
    expect([code, heard]).toEqual([2, [asked]]);
    expect(err).toMatch(/nothing was done/);
    expect(err).toMatch(/--yes/);
  });

  test.each<[string, string[], Heard]>([
    [
      'a seek',
      ['subscription', 'seek', 's-1', 'now'],
      { call: 'POST /subscriptions/s-1/seek', body: { to: 'now', dryrun: false } },
    ],
    [
      'a switch',
      ['subscription', 'switch', 's-1', '--to', 'fhir', '--sink', 'https://x', '--config', '{"content":"empty"}'],
      {
        call: 'PATCH /subscriptions/s-1',
        body: { protocol: 'FHIR', sink: 'https://x', config: { content: 'empty' } },
      },
    ],
    ['an end', ['subscription', 'delete', 's-1'], { call: 'DELETE /subscriptions/s-1', body: undefined }],
    [
      'a secret that stops at once',
      ['subscription', 'rotate-secret', 's-1', '--revoke'],
      { call: 'POST /subscriptions/s-1/rotate-secret', body: { overlapms: 0 } },
    ],
    [
      'a retry of one event',
      ['parked', 'retry', 's-1', '--event', 'e-1', '--note', 'mended'],
      {
        call: 'POST /subscriptions/s-1/parked/retry',
        body: { selection: { events: [{ source: 'urn:x', id: 'e-1' }] }, note: 'mended', dryrun: false },
      },
    ],
    [
      'a retry of a group',
      ['parked', 'retry', 's-1', '--reason', 'endpoint-refused'],
      {
        call: 'POST /subscriptions/s-1/parked/retry',
        body: { selection: { reason: 'endpoint-refused' }, dryrun: false },
      },
    ],
    [
      'what a publisher closes with a receiver',
      [
        'recipients',
        'handled',
        'e-9',
        '--receiver',
        'X9G1P',
        '--who',
        'desk',
        '--note',
        'rang',
        '--subscription',
        's-9',
      ],
      {
        call: 'POST /events/e-9/recipients/handled',
        body: { source: 'urn:x', org: 'X9G1P', subscription: 's-9', who: 'desk', note: 'rang', dryrun: false },
      },
    ],
  ])('is %s too', async (_name, args, last) => {
    const looked = await signalbox([...args, '--dry-run']);
    expect(looked.code).toBe(0);
    expect(heard).not.toContainEqual(last);
    const { code } = await signalbox([...args, '--yes']);
    expect([code, heard.at(-1)]).toEqual([0, last]);
  });
});

test('who received an event is still asked for with the options behind it', async () => {
  expect((await signalbox(['recipients', 'e-9', '--source', 'urn:x'])).code).toBe(0);
  expect(calls()).toEqual(['GET /events/e-9/recipients?source=urn%3Ax']);
});

test('the statement without a day is of yesterday, as the exchange counts', async () => {
  await signalbox(['statement', '--csv']);
  expect(calls()).toEqual(['GET /statements/yesterday']);
});

describe('acts on many deliveries', () => {
  test('wait for a second person, whom the next command names', async () => {
    const { code, out, err } = await signalbox(['parked', 'handled', 's-1', '--all', '--note', 'by phone', '--yes']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /A second person has to agree before anything is done\.\nNothing is done yet: action act-1 waits/,
    );
    expect(err).toMatch(/Next: signalbox action approve act-1/);
  });

  test('are listed, agreed to and refused', async () => {
    expect((await signalbox(['action', 'list'])).out).toMatch(/act-1 +waiting +retry +60 +s-1 +X:gp/);
    expect((await signalbox(['action', 'approve', 'act-1'])).out).toMatch(/done: carried out on 60 deliveries/);
    expect((await signalbox(['action', 'reject', 'act-1'])).out).toMatch(/rejected: nothing is done/);
  });

  test.each([
    [['parked', 'retry', 's-1'], /exactly one of --event, --reason, --all/],
    [['parked', 'retry', 's-1', '--all', '--reason', 'x'], /exactly one of/],
    [['parked', 'handled', 's-1', '--all'], /Say with --note/],
    [['parked', 'hand-over', 's-1', '--all'], /required option '--to <name>'/],
    [['subscription', 'seek', 's-1', 'yesterday'], /The place must be a time with a zone/],
    [['subscription', 'switch', 's-1', '--to', 'pigeon'], /Allowed choices are pull, http, fhir, nats/],
    [['subscription', 'switch', 's-1', '--to', 'http', '--config', '[1]'], /--config must be a JSON object/],
    [['statement', 'today'], /yyyy-mm-dd/],
  ])('that are not told clearly are usage errors: %j', async (args, message) => {
    const { code, err } = await signalbox(args);
    expect([code, calls()]).toEqual([2, []]);
    expect(err).toMatch(message);
  });
});

test('filters are tried on events, each with what kept it back', async () => {
  const args = [
    'filter',
    'test',
    'result.*',
    '--sql',
    'TRUE',
    '--filters',
    '[{"exact":{"urgency":"urgent"}}]',
    '--last',
    '9',
  ];
  const { code, out } = await signalbox(args);
  expect(code).toBe(0);
  expect(heard).toEqual([
    {
      call: 'POST /subscriptions/test-filter',
      body: {
        types: ['org.signalbox.result.*'],
        filters: [{ exact: { urgency: 'urgent' } }, { sql: 'TRUE' }],
        last: 9,
      },
    },
  ]);
  expect(out).toMatch(/^Of the last 2 events that you may see, 1 would be given\.\ngiven +2026.* e-1 +t\n/);
  expect(out).toMatch(/left out +2026.* e-2 +t +The filters do not let it through\. \(\/filters\/0\)\n$/);
});

test('replays are listed with how far they have come, and cancelled', async () => {
  expect((await signalbox(['replay', 'list', 's-1'])).out).toMatch(/r-1 +running +missed +1 of 3 \(1 no longer kept\)/);
  expect((await signalbox(['replay', 'cancel', 's-1', 'r-1'])).code).toBe(0);
  expect(calls().at(-1)).toBe('DELETE /subscriptions/s-1/replays/r-1');
});

test('every result is a line of versioned JSON where it is asked for', async () => {
  const { out } = await signalbox(['subscription', 'list', '--json']);
  expect(JSON.parse(out)).toMatchObject({ v: 1, id: 's-1', protocol: 'HTTP' });
  const planned = await signalbox(['parked', 'retry', 's-1', '--all', '--yes', '--json']);
  const lines = planned.out.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { v: 1, dryrun: true },
    { v: 1, changed: 2 },
  ]);
});

describe('what the operator says of an organisation', () => {
  test.each<[string[], Heard]>([
    [
      ['org', 'change', 'X9G1P', '--contact', 'desk', '--egress-allow', '10.1.0.0/16, hook.internal'],
      {
        call: 'PATCH /organisations/X9G1P',
        body: { contact: 'desk', egressAllow: ['10.1.0.0/16', 'hook.internal'] },
      },
    ],
    [
      ['org', 'change', 'X9G1P', '--egress-allow', ''],
      { call: 'PATCH /organisations/X9G1P', body: { egressAllow: [] } },
    ],
    [
      ['app', 'change', 'X9G1P', 'gp', '--nats-keys', 'UA,UB'],
      { call: 'PATCH /organisations/X9G1P/applications/gp', body: { natskeys: ['UA', 'UB'] } },
    ],
  ])('is changed, and only that: %j', async (args, request) => {
    const keys = await mkdtemp(join(tmpdir(), 'signalbox-operator-'));
    await writeFile(join(keys, 'X9S0B.operator.jwk.json'), JSON.stringify((await newKeyPair('ES256')).privateKey));
    const { code } = await signalbox([...args, '--keys', keys]);
    await rm(keys, { recursive: true });
    expect([code, heard.at(-1)]).toEqual([0, request]);
  });

  test('must be told', async () => {
    expect(await signalbox(['org', 'change', 'X9G1P'])).toMatchObject({ code: 2, err: 'Say what to change.\n' });
  });
});
