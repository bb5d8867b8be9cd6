import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { KeyCredentials } from '@signalbox/client';

import { CommandFailure, EXIT_CODES } from './exit-codes.js';

/** The organisation that runs the exchange, and its application. */
export const OPERATOR = { org: 'X9S0B', app: 'operator' } as const;

const KEY_FILE = /^([A-Z0-9]+)\.([A-Za-z0-9_-]+)\.jwk\.json$/;

/** A private key on this machine. */
export interface StoredKey {
  readonly organisation: string;
  readonly application: string;
  readonly file: string;
}

/** Keys in the folder, by file name; none where there is no folder. */
export async function storedKeys(folder: string): Promise<StoredKey[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort().flatMap((name) => {
    const [, organisation, application] = KEY_FILE.exec(name) ?? [];
    return organisation === undefined || application === undefined
      ? []
      : [{ organisation, application, file: join(folder, name) }];
  });
}

/**
 * The one key that is meant.
 *
 * @throws {@link CommandFailure} (not signed in) where there is none, (usage) where several fit.
 */
export async function chooseKey(
  folder: string,
  who: { readonly org?: string | undefined; readonly app?: string | undefined },
): Promise<StoredKey> {
  const all = await storedKeys(folder);
  const fitting = all.filter(
    (key) =>
      (who.org === undefined ? key.organisation !== OPERATOR.org : key.organisation === who.org) &&
      (who.app === undefined || key.application === who.app),
  );
  const [only, another] = fitting;
  if (only !== undefined && another === undefined) return only;
  if (only === undefined) {
    throw new CommandFailure(
      EXIT_CODES.notSignedIn,
      `There is no key for ${who.org ?? 'any organisation'}${who.app === undefined ? '' : `, application ${who.app}`} in ${folder}.`,
      all.length === 0
        ? 'signalbox dev   (creates three demo organisations with keys)'
        : `use one of: ${all.map((key) => `--org ${key.organisation} --app ${key.application}`).join(', ')}`,
    );
  }
  const organisations = new Set(fitting.map((key) => key.organisation));
  throw new CommandFailure(
    EXIT_CODES.usage,
    organisations.size > 1
      ? `Say which organisation: ${[...organisations].map((ods) => `--org ${ods}`).join(', ')} (or set SIGNALBOX_ORGANISATION).`
      : `Say which application: ${fitting.map((key) => `--app ${key.application}`).join(', ')}.`,
  );
}

/** Reads a private key. The file's content never appears in an error. */
export async function readCredentials(key: StoredKey): Promise<KeyCredentials> {
  const { organisation, application } = key;
  const privateKey = asJwk(await readFile(key.file, 'utf8'));
  if (privateKey === undefined || privateKey['d'] === undefined) {
    throw new CommandFailure(EXIT_CODES.notSignedIn, `${key.file} is not a private JWK.`);
  }
  return { organisation, application, privateKey };
}

/** A public key that an organisation made itself; refuses a private one, which must never travel. */
export async function readPublicKey(file: string): Promise<Record<string, unknown>> {
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandFailure(EXIT_CODES.usage, `${file} cannot be read${codeOf(error)}.`);
  });
  const key = asJwk(content);
  if (key === undefined) throw new CommandFailure(EXIT_CODES.usage, `${file} is not a JWK (RFC 7517).`);
  if (key['d'] !== undefined) {
    throw new CommandFailure(
      EXIT_CODES.usage,
      `${file} holds a private key. Register the public half only, and keep the private one where it was made.`,
    );
  }
  return key;
}

/**
 * Writes a private key for its owner's eyes only (0600). An existing key is never written over.
 *
 * @returns the file.
 */
export async function writePrivateKey(
  folder: string,
  who: { readonly org: string; readonly app: string },
  key: object,
): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${who.org}.${who.app}.jwk.json`);
  const handle = await open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600).catch(
    (error: unknown) => {
      throw new CommandFailure(
        EXIT_CODES.failed,
        `${file} cannot be written${codeOf(error)}. An existing key is never written over: move it away first.`,
      );
    },
  );
  try {
    await handle.writeFile(`${JSON.stringify(key, null, 2)}\n`);
  } finally {
    await handle.close();
  }
  return file;
}

/** Whether others than the owner may read the file. */
export async function isOpenToOthers(file: string): Promise<boolean> {
  return ((await stat(file)).mode & 0o077) !== 0;
}

function asJwk(content: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(content) as unknown;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && 'kty' in value ? value : undefined;
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? ` (${code})` : '';
}
