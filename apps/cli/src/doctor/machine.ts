import { isOpenToOthers, storedKeys } from '../keys.js';
import type { Settings } from '../settings.js';
import type { Check } from './check.js';
import { failed, ok, warning } from './check.js';

const NODE_MINIMUM = [24, 9] as const;

/** What of this machine can be wrong before anything is asked of a server. */
export async function machineChecks(settings: Settings, nodeVersion: string): Promise<Check[]> {
  return [checkNode(nodeVersion), await checkKeys(settings.keysFolder)];
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
