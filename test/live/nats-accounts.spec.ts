import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projectFolder } from '../../deploy/local/places.mjs';
import { askDoor, connectTenant, newNatsKey, startHouse, type TestHouse, waitFor } from '../support/index.js';

const LABORATORY = 'X9L3B';
const PRACTICE = 'X9G1P';

describe('the accounts of organisations that speak NATS', () => {
  let house: TestHouse;

  beforeAll(async () => {
    house = await startHouse({ apps: ['gateway'] });
    await house.enrol({ ods: LABORATORY, grants: [['publish', '*']] });
    await house.enrol({ ods: PRACTICE, grants: [] });
  });
  afterAll(() => house.stop());

  const patch = async (ods: string, natskeys: unknown): Promise<{ status: number; body: Record<string, unknown> }> => {
    const answer = await fetch(`${house.urls.gateway}/organisations/${ods}/applications/system`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${await house.operator.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ natskeys }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  const run = async (verb: string): Promise<{ code: number; said: string }> => {
    const env = {
      ...process.env,
      SIGNALBOX_NATS_URL: house.urls.nats,
      SIGNALBOX_DATA_FOLDER: house.folders.data,
      SIGNALBOX_KEYS_FOLDER: house.folders.keys,
      SIGNALBOX_NATS_SERVER: house.servers.nats.command,
    };
    const command = [join(projectFolder, 'apps/cli/bin/signalbox.js'), 'engine', verb];
    const child = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, said };
  };

  /** How often the server has read its configuration again. */
  const reloads = (): number =>
    readFileSync(join(house.folders.logs, 'nats.log'), 'utf8').split('Reloaded server configuration').length - 1;

  const file = (name: string): string => join(house.folders.data, 'engine', name);
  /** Until the server has read the accounts to the end; while it does, nobody responds. */
  const inForce = (what: string, wanted: (text: string) => boolean): Promise<boolean> =>
    waitFor(what, () => wanted(readFileSync(file('accounts.conf'), 'utf8')) && !existsSync(file('accounts.unread')));

  /** Until it has looked at the registry and the file anew. */
  const killSteward = async (): Promise<void> => {
    rmSync(file('applied'));
    await house.kill('steward');
    await house.ready();
  };

  it('are not read again while there is nothing new in them, at the first start and when the steward starts again', async () => {
    expect(reloads()).toBe(0);
    await (await house.nats(LABORATORY)).close();
    await waitFor('the second time that a new account takes', () => reloads() === 2);
    await waitFor('the steward to have noted it', () => readFileSync(file('applied'), 'utf8') === '1\n');
    await killSteward();
    expect(reloads()).toBe(2);
  });

  it('are read again by a steward that was killed before the server had done so', async () => {
    const before = reloads();
    writeFileSync(file('accounts.unread'), '');
    await killSteward();
    await waitFor('the server to have read them again', () => reloads() === before + 2);
  });

  it('come and go with the keys in the registry, without a restart and without a word to other connections', async () => {
    const { pid } = house.processes['nats']!;
    const laboratory = await house.nats(LABORATORY);
    const disturbed: string[] = [];
    void (async () => {
      for await (const { type } of laboratory.status()) disturbed.push(type);
    })();
    const practice = await house.nats(PRACTICE);
    const { status } = await askDoor(practice, 'publish.org.signalbox.result.reported.v1', '{');
    expect(status).toBe('400');
    expect((await patch(PRACTICE, [])).status).toBe(200);
    await practice.closed();
    await inForce('the key to be gone', (text) => !text.includes(PRACTICE));
    expect((await askDoor(laboratory, 'publish.org.signalbox.result.reported.v1', '{')).status).toBe('400');
    expect(disturbed).toEqual([]);
    expect(house.processes['nats']!.pid).toBe(pid);
    await laboratory.close();
  });

  it('stand after the server was killed and started again', async () => {
    const key = newNatsKey();
    await patch(LABORATORY, [key.publicKey]);
    const connected = () =>
      waitFor('the account', () => connectTenant(house.urls.nats, key, 'system'), { within: 30_000 });
    await (await connected()).close();
    await house.kill('nats');
    await house.ready();
    const laboratory = await connected();
    const asked = () => askDoor(laboratory, 'publish.org.signalbox.result.reported.v1', '{').catch(() => undefined);
    await waitFor('the gateway to be back', async () => (await asked())?.status === '400');
    await laboratory.close();
  });

  it('are refused at the gateway for a key that is none, a seed, or somebody else’s, and the value is not told', async () => {
    const key = newNatsKey();
    expect((await patch(LABORATORY, [key.publicKey])).status).toBe(200);
    const seed = new TextDecoder().decode(key.seed);
    for (const wrong of [seed, `${key.publicKey}\n}`, key.publicKey.toLowerCase()]) {
      const { status, body } = await patch(PRACTICE, [wrong]);
      expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'SB-4000' });
      expect(JSON.stringify(body)).not.toContain(wrong);
    }
    const taken = await patch(PRACTICE, [key.publicKey]);
    expect(taken).toMatchObject({ status: 422, body: { code: 'SB-4220', findings: [{ path: '/natskeys/0' }] } });
  });

  it('can be rendered, checked and applied by hand', async () => {
    const key = newNatsKey();
    await patch(LABORATORY, [key.publicKey]);
    const accounts = file('accounts.conf');
    await inForce('the steward to have applied it', (text) => text.includes(key.publicKey));
    expect(await run('render')).toEqual({ code: 0, said: readFileSync(accounts, 'utf8') });
    expect(await run('check')).toEqual({ code: 0, said: '1 accounts; nats-server takes them.\n' });
    writeFileSync(accounts, '# taken away by hand\n');
    expect(await run('apply')).toEqual({ code: 0, said: '1 accounts are in force.\n' });
    expect(readFileSync(accounts, 'utf8')).toContain(key.publicKey);
  });
});
