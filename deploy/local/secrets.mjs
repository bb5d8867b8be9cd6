/** Secrets and keys of one machine: made once, kept in files that only their owner may read. */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {{ [member: string]: string } & { kid: string, alg: string, kty: string }} Jwk
 * @typedef {import('./engines.mjs').NatsPasswords} NatsPasswords
 * @typedef {{ folder: string, natsPasswords: NatsPasswords, natsPasswordFiles: NatsPasswords, pseudonymKeyFile: string,
 *   tokenSigningKeyFile: string, operatorKeyFile: string, consoleSigningKeyFile: string, consoleKeyFile: string,
 *   identitySecretFile: string }} Secrets
 */

/** The organisation that runs the exchange, and the name of its application. */
export const OPERATOR = { ods: 'X9S0B', application: 'operator' };

const NATS_USERS = /** @type {(keyof NatsPasswords)[]} */ (['gateway', 'relay', 'ledger', 'steward', 'system']);

/**
 * @param {string} file
 * @param {() => string} make
 */
function once(file, make) {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const text = make();
  // Written beside, synced and renamed, so that neither an interrupted start nor a power cut leaves half of a key.
  writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  syncFolder(dirname(file));
  return text;
}

/** @param {string} folder */
function syncFolder(folder) {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * The members that a key's thumbprint (RFC 7638) is made of.
 * @param {Record<string, unknown>} jwk
 */
function thumbprint(jwk) {
  const members = jwk['kty'] === 'EC' ? ['crv', 'kty', 'x', 'y'] : ['crv', 'kty', 'x'];
  const text = JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])));
  return createHash('sha256').update(text).digest('base64url');
}

/** @param {'ES256' | 'EdDSA'} alg @returns {Jwk} */
function privateJwk(alg) {
  const { privateKey } =
    alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  const jwk = /** @type {Record<string, string>} */ (privateKey.export({ format: 'jwk' }));
  return { ...jwk, kty: jwk['kty'] ?? '', kid: thumbprint(jwk), alg, use: 'sig' };
}

/** @param {Jwk} jwk @returns {Jwk} without the private part */
export function publicJwk(jwk) {
  const { d: _private, ...rest } = jwk;
  return /** @type {Jwk} */ (rest);
}

/**
 * The private key of an organisation's application, made if there is none yet.
 * @param {string} folder
 * @param {string} ods
 * @param {string} application
 * @param {'ES256' | 'EdDSA'} [alg]
 * @returns {Jwk}
 */
export function applicationKey(folder, ods, application, alg = 'ES256') {
  const file = join(folder, `${ods}.${application}.jwk.json`);
  return JSON.parse(once(file, () => JSON.stringify(privateJwk(alg), null, 2)));
}

/** @returns {string} a secret that may stand in an environment variable and in a URL */
function secret() {
  return randomBytes(32).toString('base64url');
}

/**
 * @param {string} folder
 * @returns {Secrets}
 */
export function ensureSecrets(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const natsPasswordFiles = /** @type {NatsPasswords} */ (
    Object.fromEntries(NATS_USERS.map((user) => [user, join(folder, `nats-${user}.password`)]))
  );
  const natsPasswords = /** @type {NatsPasswords} */ (
    Object.fromEntries(NATS_USERS.map((user) => [user, once(natsPasswordFiles[user], secret)]))
  );
  const pseudonymKeyFile = join(folder, 'pseudonym.key');
  once(pseudonymKeyFile, secret);
  const tokenSigningKeyFile = join(folder, 'token-signing.private.json');
  once(tokenSigningKeyFile, () => JSON.stringify(privateJwk('EdDSA'), null, 2));
  const operator = applicationKey(folder, OPERATOR.ods, OPERATOR.application);
  const operatorKeyFile = join(folder, 'operator.public.json');
  once(operatorKeyFile, () => JSON.stringify(publicJwk(operator), null, 2));
  const identitySecretFile = join(folder, 'identity-client.secret');
  once(identitySecretFile, secret);
  const keyFiles = {
    pseudonymKeyFile,
    identitySecretFile,
    tokenSigningKeyFile,
    operatorKeyFile,
    ...consoleKeys(folder),
  };
  return { folder, natsPasswords, natsPasswordFiles, ...keyFiles };
}

/**
 * The key with which the console signs for whoever is signed in: private for the ledger, public for the gateway.
 * @param {string} folder
 */
function consoleKeys(folder) {
  const consoleSigningKeyFile = join(folder, 'console-signing.private.json');
  const key = /** @type {Jwk} */ (JSON.parse(once(consoleSigningKeyFile, () => JSON.stringify(privateJwk('EdDSA')))));
  const consoleKeyFile = join(folder, 'console-signing.public.json');
  once(consoleKeyFile, () => JSON.stringify(publicJwk(key), null, 2));
  return { consoleSigningKeyFile, consoleKeyFile };
}

/**
 * What only a deployment needs beside the rest: the ledger's PostgreSQL.
 * @param {string} folder
 */
function ensureDatabaseSecrets(folder) {
  const password = once(join(folder, 'postgres.password'), secret);
  once(join(folder, 'ledger-database.url'), () => `postgres://ledger:${password}@postgres:5432/ledger`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = process.argv[2];
  if (folder) {
    ensureSecrets(resolve(folder));
    ensureDatabaseSecrets(resolve(folder));
    console.log(`Every secret of a deployment lies in ${resolve(folder)}; what was there already was left as it is.`);
  } else {
    console.error('Say into which folder:  node deploy/local/secrets.mjs deploy/secrets');
    process.exitCode = 2;
  }
}
