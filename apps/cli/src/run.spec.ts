import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { PassThrough, Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { run } from './run.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-cli-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line in this process, as if at no terminal (or at one). */
async function signalbox(
  args: readonly string[],
  o: { readonly stdin?: string; readonly env?: NodeJS.ProcessEnv; readonly tty?: boolean } = {},
): Promise<Ended> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()].map((stream) =>
    Object.assign(stream, { isTTY: o.tty === true, columns: 80 }),
  );
  const streams = { stdin: Readable.from([Buffer.from(o.stdin ?? '')]), stdout: stdout!, stderr: stderr! };
  const env = { SIGNALBOX_KEYS_FOLDER: folder, SIGNALBOX_GATEWAY_URL: 'http://127.0.0.1:1', ...o.env };
  const code = await run(args, streams, env, new AbortController().signal);
  return { code, out: String(stdout!.read() ?? ''), err: String(stderr!.read() ?? '') };
}

/** Files that are loaded before any verb is run, from main.ts on. */
function loadedAtStart(file: string, seen = new Set<string>(), packages = new Set<string>()): Set<string> {
  seen.add(file);
  const source = readFileSync(file, 'utf8');
  for (const [, name] of source.matchAll(/^import (?!type\b)[^;]*?from '([^']+)';/gm)) {
    if (!name!.startsWith('.')) packages.add(name!);
    else {
      const next = resolve(dirname(file), name!.replace(/\.js$/, '.ts'));
      if (!seen.has(next)) loadedAtStart(next, seen, packages);
    }
  }
  return packages;
}

describe('the command line', () => {
  test('prints help on stdout when it is asked for, with the exit codes', async () => {
    const { code, out, err } = await signalbox(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/publish.*\n[^]*Exit codes:\n {2}0 +done\n/);
  });

  test.each([
    ['an unknown verb', ['publis', 'x'], /Did you mean publish/],
    ['a missing argument', ['publish'], /missing required argument 'file'/],
    ['an unknown option', ['catalogue', '--frob'], /unknown option/],
    ['an option out of its list', ['grant', 'add', 'X9G1P', '--action', 'fly', '--purpose', 'x'], /Allowed choices/],
    ['an address that is none', ['catalogue', '--gateway', 'nowhere'], /--gateway or SIGNALBOX_GATEWAY_URL must be/],
    ['a file that is not there', ['publish', '/no/such/file'], /There is no file/],
    ['a number that is none', ['publish', '-', '--batch', 'many'], /--batch must be a whole number/],
    ['a shell that is unknown', ['completion', 'tcsh'], /bash, zsh, fish/],
    ['nothing to do', [], /Usage: signalbox/],
  ])('answers %s with exit code 2, on stderr alone', async (_name, args, message) => {
    const { code, out, err } = await signalbox(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
  });

  test('compares two versions of a type, and ends with 1 where something breaks', async () => {
    const same = await signalbox(['schema', 'diff', 'operations.nudged@1', 'org.signalbox.operations.nudged.v1']);
    expect(same).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/all are taken\.[^]*all are taken\./) });
    const differs = await signalbox([
      '--json',
      'schema',
      'diff',
      'operations.outage-declared@1',
      'operations.outage-ended@1',
    ]);
    expect(differs.code).toBe(1);
    expect(JSON.parse(differs.out)).toMatchObject({ v: 1, verdict: { forward: false, backward: false } });
    expect(await signalbox(['schema', 'diff', 'operations.nudged@1', 'operations.nudged@9'])).toMatchObject({
      code: 5,
    });
    expect(await signalbox(['schema', 'lint', 'operations.nudged@1'])).toMatchObject({ code: 0 });
  });

  test('loads nothing but commander before a verb is run, so that help comes at once', () => {
    const packages = loadedAtStart(join(import.meta.dirname, 'main.ts'));
    expect([...packages].filter((name) => !name.startsWith('node:'))).toEqual(['commander']);
  });

  test('says how to sign in where there is no key', async () => {
    const { code, err } = await signalbox(['token', '--org', 'X9G1P']);
    expect(code).toBe(4);
    expect(err).toMatch(/no key for X9G1P[^]*Next: signalbox dev/);
  });

  test('tells an unreachable gateway apart, and where to look', async () => {
    const { code, err } = await signalbox(['catalogue']);
    expect(code).toBe(6);
    expect(err).toMatch(/^unreachable .*\nNext: signalbox doctor/);
  });

  test('writes one line of versioned JSON for results and for errors', async () => {
    const known = await signalbox(['explain', 'SB-2003', '--json']);
    expect(known.err).toBe('');
    expect(JSON.parse(known.out)).toMatchObject({ v: 1, code: 'SB-2003', status: 422, retryable: false });
    const failed = await signalbox(['catalogue', '--json']);
    expect(failed.out).toBe('');
    expect(failed.err.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(failed.err)).toMatchObject({ v: 1, error: { code: 'unreachable' } });
  });

  test('never shows a stack of an unforeseen error, unless it is asked to', async () => {
    const file = join(folder, 'X9G1P.gp.jwk.json');
    await mkdir(file);
    const plain = await signalbox(['token', '--org', 'X9G1P']);
    expect(plain.code).toBe(1);
    expect(plain.err).toMatch(/Something unforeseen[^]*Add --debug/);
    expect(plain.err).not.toMatch(/^\s+at /m);
    const debugged = await signalbox(['token', '--org', 'X9G1P', '--debug']);
    expect(debugged.err).toMatch(/^\s+at /m);
    await rm(file, { recursive: true });
  });

  test('says that a key cannot be used without showing anything of it', async () => {
    const file = join(folder, 'X9G1P.gp.jwk.json');
    await writeFile(file, '{"kty":"EC","crv":"P-256","x":"x","y":"y","kid":"k","d":"not-a-key"}');
    const { code, err } = await signalbox(['token', '--org', 'X9G1P']);
    expect(code).toBe(4);
    expect(err).toMatch(/^SB-3004 {2}The private key must be/);
    expect(err).not.toContain('not-a-key');
    await rm(file);
  });

  test('colours only at a terminal, and never with NO_COLOR', async () => {
    const escape = '\u001b[';
    expect((await signalbox(['explain', 'SB-2003'])).out).not.toContain(escape);
    expect((await signalbox(['explain', 'SB-2003'], { tty: true })).out).toContain(escape);
    const refused = await signalbox(['explain', 'SB-2003'], { tty: true, env: { NO_COLOR: '1' } });
    expect(refused.out).not.toContain(escape);
  });

  test.each(['SB-2003', 'sb-2003', '2003'])('explains a code however it is written: %s', async (code) => {
    expect((await signalbox(['explain', code])).out).toMatch(/^SB-2003 {2}The content does not meet/);
  });

  test('says that there is no such code, and what else is taken for the id of an event', async () => {
    expect(await signalbox(['explain', 'SB-9999'])).toMatchObject({
      code: 5,
      err: expect.stringMatching(/no such code/),
    });
    const taken = await signalbox(['explain', 'no-such-reason']);
    expect(taken).toMatchObject({ code: 4, err: expect.stringMatching(/no code, rule or reason.*There is no key/) });
  });

  test('says where a version must lie whose folder is in no folder of schemas', async () => {
    const alone = join(folder, 'alone', 'v2');
    await mkdir(alone, { recursive: true });
    await writeFile(join(alone, 'type.json'), '{}');
    const { code, err } = await signalbox(['schema', 'lint', alone]);
    expect(code).toBe(2);
    expect(err).toMatch(/no folder of schemas: a version lies in/);
  });

  test('explains a rule by its name', async () => {
    expect((await signalbox(['explain', 'nhs-number'])).out).toMatch(/Modulus 11/);
  });
});

describe('publishing from the command line', () => {
  const event = (id: string): string =>
    JSON.stringify({ specversion: '1.0', id, source: 'urn:ods:X9G1P:gp', type: 't' });

  /** A gateway that accepts all events but those whose id begins with "bad". */
  async function withGateway<T>(work: (url: string) => Promise<T>): Promise<T> {
    const verdict = ({ id }: { id: string }) =>
      id.startsWith('bad')
        ? { status: 422, code: 'SB-2003', title: 'no', detail: 'no' }
        : { status: 202, id, source: 's', journey: `j-${id}`, state: 'accepted', duplicate: false };
    const server = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const body = JSON.parse(Buffer.concat(chunks).toString()) as { id: string } | { id: string }[];
        const answer = Array.isArray(body) ? { status: 200, items: body.map(verdict) } : verdict(body);
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      })();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.close();
    }
  }

  test.each([
    ['all accepted', ['a', 'b', 'c'], 0],
    ['some refused', ['a', 'bad', 'c'], 7],
    ['all refused', ['bad-1', 'bad-2'], 3],
    ['one refused', ['bad'], 3],
    ['one accepted', ['a'], 0],
  ])('ends as its events do: %s', async (_name, ids, exitCode) => {
    await withGateway(async (url) => {
      const env = { SIGNALBOX_GATEWAY_URL: url, SIGNALBOX_TOKEN: 't' };
      const stdin = ids.map(event).join('\n');
      const { code, out } = await signalbox(['publish', '-', '--json', '--batch', '2'], { stdin, env });
      expect(code).toBe(exitCode);
      const lines = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { v: number; index: number; state: string });
      const states = ids.map((id) => (id.startsWith('bad') ? 'refused' : 'accepted'));
      expect(lines.map(({ state }) => state)).toEqual(states);
      expect(lines.map(({ index }) => index)).toEqual(ids.map((_id, index) => index));
    });
  });

  test('keeps what was accepted apart from what broke off later', async () => {
    await withGateway(async (url) => {
      const env = { SIGNALBOX_GATEWAY_URL: url, SIGNALBOX_TOKEN: 't' };
      const stdin = `${event('a')}\n{"id":`;
      const { code, out, err } = await signalbox(['publish', '-', '--batch', '1'], { stdin, env });
      expect(code).toBe(7);
      expect(out).toMatch(/^accepted {2}a /);
      expect(err).toMatch(/Ended early: The input ends in the middle of an event/);
    });
  });

  test('takes every file of a folder, in the order of their names', async () => {
    await withGateway(async (url) => {
      const events = await mkdtemp(join(folder, 'events-'));
      await writeFile(join(events, '2.ndjson'), `${event('b')}\n${event('c')}`);
      await writeFile(join(events, '1.json'), event('a'));
      await writeFile(join(events, 'notes.md'), 'not an event');
      const { code, out } = await signalbox(['publish', events, '--json'], {
        env: { SIGNALBOX_GATEWAY_URL: url, SIGNALBOX_TOKEN: 't' },
      });
      expect(code).toBe(0);
      expect(
        out
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { id: string }).id),
      ).toEqual(['a', 'b', 'c']);
    });
  });

  test('shows a progress bar at a terminal, and none elsewhere', async () => {
    await withGateway(async (url) => {
      const env = { SIGNALBOX_GATEWAY_URL: url, SIGNALBOX_TOKEN: 't' };
      const file = join(folder, 'many.ndjson');
      await writeFile(file, Array.from({ length: 40 }, (_, i) => event(`e${i}`)).join('\n'));
      const watched = await signalbox(['publish', file, '--batch', '10'], { env, tty: true });
      expect(watched.err).toMatch(/█.* %/);
      const piped = await signalbox(['publish', file, '--batch', '10'], { env });
      expect(piped.err).not.toMatch(/[█\r]/);
      expect(piped.err).toMatch(/40 of 40 events accepted.*\nNext: signalbox journey j-e0/s);
    });
  });
});
