/**
 * Programs that only longer runs need: a browser for `npm run screens`, PostgreSQL for `npm run bench:ledger`. The first
 * source that works wins: a variable, the machine's own, what an earlier run unpacked, Debian packages unpacked without
 * root. Nothing outside the project's own folder is touched.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectEnv } from './dependencies.mjs';
import { programFromDebian } from './debian.mjs';
import { projectFolder } from './places.mjs';
import { onPath } from './servers.mjs';

/**
 * @typedef {{ title: string, variable: string, packages: string[], own: (path: string | undefined) => string | undefined,
 *   program: (tree: string) => string | undefined }} Tool
 */

/** @param {string} root the versions of PostgreSQL that a Debian has, newest first */
function postgresIn(root) {
  const home = join(root, 'usr/lib/postgresql');
  const versions = existsSync(home) ? readdirSync(home).toSorted((a, b) => Number(b) - Number(a)) : [];
  return versions
    .map((version) => join('usr/lib/postgresql', version, 'bin'))
    .find((bin) => existsSync(join(root, bin, 'initdb')));
}

/** @type {Record<'chromium' | 'initdb', Tool>} */
const TOOLS = {
  chromium: {
    title: 'Chromium',
    variable: 'SIGNALBOX_CHROMIUM',
    packages: ['chromium'],
    own: (path) => onPath('chromium', path) ?? onPath('chromium-browser', path) ?? onPath('google-chrome', path),
    program: (tree) => ['usr/lib/chromium/chromium'].find((path) => existsSync(join(tree, path))),
  },
  initdb: {
    title: 'PostgreSQL',
    variable: 'SIGNALBOX_INITDB',
    packages: ['postgresql'],
    own: (path) => onPath('initdb', path) ?? joined('/', postgresIn('/'), 'initdb'),
    program: (tree) => joined('', postgresIn(tree), 'initdb'),
  },
};

/**
 * @param {string} root
 * @param {string | undefined} folder
 * @param {string} name
 */
function joined(root, folder, name) {
  return folder === undefined ? undefined : join(root, folder, name);
}

/**
 * Path of a program, obtained where it is missing.
 * @param {keyof typeof TOOLS} name
 * @param {{ env?: NodeJS.ProcessEnv, say?: (line: string) => void }} [options]
 * @throws Error with one line that says what to install
 */
export function findTool(name, { env = projectEnv(process.env), say = console.error } = {}) {
  const { title, variable, packages, own, program } = TOOLS[name];
  const folder = join(projectFolder, '.signalbox', 'servers');
  const unpacked = join(folder, 'bin', name);
  const known = env[variable] || own(env['PATH']) || (existsSync(unpacked) ? unpacked : undefined);
  if (known) return known;
  say(`Unpacking ${title} from Debian packages, nothing is installed on the machine (about a minute, once).`);
  const found = programFromDebian({ folder, env }, { name, packages, program });
  if (found) return found;
  throw new Error(`${title} is needed for this and was not found: put it on PATH, or set ${variable} to its path.`);
}
