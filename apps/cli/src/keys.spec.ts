import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { chooseKey, isOpenToOthers, readPublicKey, storedKeys, writePrivateKey } from './keys.js';

const KEY = { kty: 'EC', kid: 'k', d: 'secret' };
let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'signalbox-keys-')), 'keys');
});

afterEach(async () => {
  await rm(dirname(folder), { recursive: true, force: true });
});

describe('private keys', () => {
  test('are written for their owner alone, and never written over', async () => {
    const file = await writePrivateKey(folder, { org: 'X9G1P', app: 'gp' }, KEY);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await isOpenToOthers(file)).toBe(false);
    await expect(writePrivateKey(folder, { org: 'X9G1P', app: 'gp' }, { kty: 'EC' })).rejects.toThrow(
      /never written over/,
    );
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(KEY);
  });

  test('are found by organisation and application; other files of the folder are left alone', async () => {
    await writePrivateKey(folder, { org: 'X9G1P', app: 'gp' }, KEY);
    await writeFile(join(folder, 'pseudonym.key'), 'x');
    expect(await storedKeys(folder)).toMatchObject([{ organisation: 'X9G1P', application: 'gp' }]);
    expect(await chooseKey(folder, { org: 'X9G1P' })).toMatchObject({ application: 'gp' });
    expect(await chooseKey(folder, {})).toMatchObject({ organisation: 'X9G1P' });
  });

  test('that could both be meant are asked about, by organisation and then by application', async () => {
    for (const [org, app] of [
      ['X9G1P', 'gp'],
      ['X9G1P', 'booking'],
      ['X9H2T', 'pas'],
    ] as const) {
      await writePrivateKey(folder, { org, app }, KEY);
    }
    await expect(chooseKey(folder, {})).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/--org X9G1P, --org X9H2T/),
    });
    await expect(chooseKey(folder, { org: 'X9G1P' })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/--app booking, --app gp/),
    });
  });

  test('of the operator are not taken for one of an organisation', async () => {
    await writePrivateKey(folder, { org: 'X9S0B', app: 'operator' }, KEY);
    await expect(chooseKey(folder, {})).rejects.toMatchObject({ exitCode: 4 });
    expect(await chooseKey(folder, { org: 'X9S0B', app: 'operator' })).toMatchObject({ application: 'operator' });
  });

  test('are never registered by mistake, and their content never stands in an error', async () => {
    const file = await writePrivateKey(folder, { org: 'X9G1P', app: 'gp' }, KEY);
    const refused = readPublicKey(file);
    await expect(refused).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(/holds a private key/) });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringMatching(/secret/) });
  });
});
