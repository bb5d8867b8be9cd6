/**
 * Keeps the accounts of one nats-server in line with the registry. Needs a user that reads the registry (`steward`) and one
 * of the system account, and therefore runs beside the server and not in an app:
 *   node deploy/nats/engine.mjs render | check | apply     once, by hand; also as `signalbox engine …`
 *   node deploy/nats/engine.mjs watch                      for good: applies each change of the registry within a second
 * What it reads from the environment stands in deploy/README.md.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Engine, renderAccounts, TENANT_LIMITS } from '@signalbox/messaging';
import { Registry, tenantsOf } from '@signalbox/registry';
import { createLog } from '@signalbox/runtime';
import { homeFolder } from '../local/places.mjs';
import { findServers } from '../local/servers.mjs';
import { applyAccounts, isInForce, objectionTo } from './accounts-file.mjs';

/** Changes that come together are applied together. */
const GATHER_MS = 50;
const AGAIN_MS = 1_000;

const env = process.env;
const folder = env['SIGNALBOX_NATS_FOLDER'] ?? join(env['SIGNALBOX_DATA_FOLDER'] || join(homeFolder, 'data'), 'engine');
const server = env['SIGNALBOX_NATS_URL'] || 'nats://127.0.0.1:4222';
const place = {
  folder,
  config: env['SIGNALBOX_NATS_CONFIG'] || 'nats-server.conf',
  ...(env['SIGNALBOX_NATS_SERVER'] && { command: env['SIGNALBOX_NATS_SERVER'] }),
};

/**
 * @param {'steward' | 'system'} user
 * @returns {string}
 * @throws Error that names the setting
 */
function passwordOf(user) {
  const name = `SIGNALBOX_NATS_PASSWORD_${user.toUpperCase()}`;
  if (env[name]) return env[name];
  const keys = env['SIGNALBOX_KEYS_FOLDER'] || join(homeFolder, 'keys');
  const file = env[`${name}_FILE`] || join(keys, `nats-${user}.password`);
  if (!existsSync(file)) throw new Error(`Set ${name} or ${name}_FILE: there is no file ${file}.`);
  return readFileSync(file, 'utf8').trim();
}

/**
 * @param {string} name
 * @param {number} otherwise
 */
function limitOf(name, otherwise) {
  const value = Number(env[name] || otherwise);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a whole number above 0.`);
  return value;
}

const limits = {
  connections: limitOf('SIGNALBOX_TENANT_CONNECTIONS', TENANT_LIMITS.connections),
  subscriptions: limitOf('SIGNALBOX_TENANT_SUBSCRIPTIONS', TENANT_LIMITS.subscriptions),
  payloadBytes: limitOf('SIGNALBOX_TENANT_PAYLOAD_BYTES', TENANT_LIMITS.payloadBytes),
  leafnodes: limitOf('SIGNALBOX_TENANT_LEAFNODES', TENANT_LIMITS.leafnodes),
};

/** @param {import('@signalbox/runtime').Log} log */
async function openRegistry(log) {
  const engine = await Engine.connect({
    servers: server,
    user: 'steward',
    password: passwordOf('steward'),
    name: 'signalbox-steward',
    log,
    connectTimeoutMs: limitOf('SIGNALBOX_ENGINE_WAIT_MS', 60_000),
  });
  const deadline = Date.now() + limitOf('SIGNALBOX_ENGINE_WAIT_MS', 60_000);
  for (;;) {
    try {
      return { engine, registry: await Registry.open(engine, log) };
    } catch (error) {
      // The gateway makes the registry; everything starts in any order.
      if (Date.now() > deadline) throw error;
      await pause(AGAIN_MS / 4);
    }
  }
}

const system = () => ({ server, user: 'system', password: passwordOf('system') });

/** @type {Record<string, (rendered: import('@signalbox/messaging').RenderedAccounts) => void | Promise<void>>} */
const ONCE = {
  render: ({ text }) => void process.stdout.write(text),
  check: ({ text, accounts }) => {
    const command = place.command ?? findServers().nats.command;
    const objection = objectionTo({ ...place, command }, text);
    if (objection !== undefined) throw new Error(`nats-server does not take the accounts: ${objection}`);
    console.log(`${accounts.length} accounts; nats-server takes them.`);
  },
  apply: async ({ text, accounts }) => {
    await applyAccounts(place, system(), text);
    console.log(`${accounts.length} accounts are in force.`);
  },
};

/** @param {string} verb */
async function once(verb) {
  const { engine, registry } = await openRegistry(createLog('steward', 'fatal'));
  try {
    const rendered = renderAccounts(tenantsOf(registry), limits);
    for (const line of rendered.leftOut) console.error(`left out: ${line}`);
    await ONCE[verb]?.(rendered);
  } finally {
    registry.close();
    await engine.drain();
  }
}

/** Follows the registry until it is told to end. A file beside the accounts says that they were applied. */
async function watch() {
  const log = createLog('steward', 'info');
  const applied = join(folder, 'applied');
  const stopping = new AbortController();
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) process.once(signal, () => stopping.abort());
  const { engine, registry } = await openRegistry(log);
  let changed = Promise.withResolvers();
  for (const kind of /** @type {const} */ (['organisation', 'application']))
    registry.onChange(kind, () => changed.resolve(undefined));
  stopping.signal.addEventListener('abort', () => changed.resolve(undefined));
  let inForce = '';
  while (!stopping.signal.aborted) {
    changed = Promise.withResolvers();
    const { text, accounts, leftOut } = renderAccounts(tenantsOf(registry), limits);
    if (text !== inForce) {
      try {
        if (!isInForce(place, text)) await applyAccounts(place, system(), text);
        inForce = text;
        for (const reason of leftOut) log.warn({ reason }, 'something of the registry was left out of the accounts');
        log.info({ count: accounts.length }, 'the accounts of the registry are in force');
        writeFileSync(applied, `${accounts.length}\n`);
      } catch (error) {
        log.warn({ err: error }, 'the accounts could not be applied; those before stay in force; trying again');
        await pause(AGAIN_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
        continue;
      }
    }
    if (stopping.signal.aborted) break;
    await changed.promise;
    await pause(GATHER_MS);
  }
  rmSync(applied, { force: true });
  registry.close();
  await engine.drain();
}

const [verb = ''] = process.argv.slice(2);
try {
  if (verb === 'watch') await watch();
  else if (verb in ONCE) await once(verb);
  else throw new Error('Say what to do:  engine.mjs render | check | apply | watch');
} catch (error) {
  console.error(`cannot ${verb || 'start'}: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
