/** The accounts file of one nats-server: checked, written whole or not at all, and read again by the server. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reloadServer } from '@signalbox/messaging';
import { natsLaunch } from '../local/engines.mjs';

/**
 * @typedef {{ folder: string, config: string, command?: string }} Place
 *   the folder with `nats-server.conf` and `accounts.conf`, the file in it that the server was started with, and the server
 *   itself, where it is at hand for a check
 * @typedef {{ server: string, user: string, password: string }} SystemUser
 */

const FILE = 'accounts.conf';
/** Stands beside the file from before it is replaced until the server has read it. */
const UNREAD = 'accounts.unread';

/** Stand-ins: a check is about the form of the file, and secrets are none of its business. */
const NOBODY = { gateway: 'x', relay: 'x', ledger: 'x', steward: 'x', system: 'x' };

/**
 * Has `nats-server -t` judge the whole configuration with other accounts in it.
 * @param {Place & { command: string }} place
 * @param {string} text
 * @returns {string | undefined} what the server says against it
 */
export function objectionTo({ folder, config, command }, text) {
  const copy = mkdtempSync(join(tmpdir(), 'signalbox-accounts-'));
  try {
    cpSync(folder, copy, { recursive: true });
    writeFileSync(join(copy, FILE), text);
    const launch = natsLaunch({
      command,
      port: 4222,
      monitorPort: 8222,
      store: join(copy, 'store'),
      passwords: NOBODY,
      config: join(copy, config),
      args: ['-t'],
    });
    const env = { ...launch.env, ...process.env };
    const { status, stderr, error } = spawnSync(launch.command, launch.args, { encoding: 'utf8', env });
    if (status === 0) return undefined;
    return (error?.message ?? stderr.trim()).replaceAll(copy, folder);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @returns {string} the accounts as the server has them on disk; empty where there is no file yet
 */
function currentAccounts(folder) {
  const file = join(folder, FILE);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/**
 * @param {string} folder
 * @param {string} text
 */
function write(folder, text) {
  const file = join(folder, FILE);
  // Written beside, synced and renamed: a server that starts in this moment reads one or the other.
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/** @param {string} text @returns {string} what the server heeds of it */
function withoutRemarks(text) {
  return text.replace(/^[ \t]*(#.*)?\n/gm, '');
}

/**
 * Whether the server runs these accounts already, since it started with them or has read them after: a reload that changes
 * nothing would still be felt for a moment.
 * @param {Place} place
 * @param {string} text
 */
export function isInForce({ folder }, text) {
  const isUnread = existsSync(join(folder, UNREAD));
  return !isUnread && withoutRemarks(currentAccounts(folder)) === withoutRemarks(text);
}

/**
 * Puts the accounts in place and has the server read them; where it does not take them, the former ones are put back.
 * @param {Place} place
 * @param {SystemUser} system
 * @param {string} text
 * @throws Error with the server's words; what was there before then stands
 */
export async function applyAccounts(place, system, text) {
  const objection = place.command === undefined ? undefined : objectionTo({ ...place, command: place.command }, text);
  if (objection !== undefined) throw new Error(`nats-server does not take the accounts: ${objection}`);
  const before = currentAccounts(place.folder);
  const unread = join(place.folder, UNREAD);
  writeFileSync(unread, '', { flush: true });
  write(place.folder, text);
  try {
    await reloadServer(system);
    rmSync(unread);
  } catch (error) {
    write(place.folder, before);
    throw error;
  }
}
