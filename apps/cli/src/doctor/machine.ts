import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { isOpenToOthers, storedKeys } from '../keys.js';
import type { Settings } from '../settings.js';
import type { Check } from './check.js';
import { failed, ok, warning } from './check.js';

const NODE_MINIMUM = [24, 9] as const;

/** What of this machine can be wrong before anything is asked of a server. */
export async function machineChecks(settings: Settings, nodeVersion: string): Promise<Check[]> {
  return [checkNode(nodeVersion), ...(await checkPrograms(settings.house)), await checkKeys(settings.keysFolder)];
}

/** Milliseconds that the search for the two servers may take; each is run once for its version. */
const SEARCH_TIMEOUT_MS = 20_000;

/** The servers that a house here would start, found as the set-up finds them, but never obtained. */
async function checkPrograms(house: string | undefined): Promise<Check[]> {
  if (house === undefined) return [];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [join(house, 'deploy', 'local', 'servers.mjs')], {
      env: { ...process.env, SIGNALBOX_SERVERS_FROM: 'environment,path,unpacked' },
      timeout: SEARCH_TIMEOUT_MS,
    });
    return [ok('servers', stdout.trim().replaceAll('\n', '; '))];
  } catch (error) {
    const said = (error as { stderr?: unknown }).stderr;
    const detail =
      typeof said === 'string' && said.trim() !== '' ? said.trim().split('\n')[0]! : 'they cannot be found';
    return [warning('servers', detail, 'signalbox dev obtains them; nothing is installed on the machine')];
  }
}

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [wantedMajor, wantedMinor] = NODE_MINIMUM;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return ok('node', version);
  return failed(
    'node',
    `${version}, needed is ${NODE_MINIMUM.join('.')} or newer`,
    'run npm ci in the clone, then npx signalbox: it brings the Node that it needs',
  );
}

async function checkKeys(folder: string): Promise<Check> {
  const keys = await storedKeys(folder);
  if (keys.length === 0) {
    return warning(
      'keys',
      `no private key in ${folder}`,
      'signalbox dev makes demo keys; signalbox app add makes one for an application; --keys names another folder',
    );
  }
  const open: string[] = [];
  for (const key of keys) if (await isOpenToOthers(key.file)) open.push(key.file);
  const names = keys.map((key) => `${key.organisation}.${key.application}`).join(', ');
  if (open.length === 0) return ok('keys', names);
  return warning('keys', `others on this machine can read ${open.join(', ')}`, `chmod 600 ${open.join(' ')}`);
}
