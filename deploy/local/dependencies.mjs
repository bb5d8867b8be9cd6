/** Installs the locked dependencies where they are not there yet, and knows the Node that the project runs on. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { projectFolder } from './places.mjs';
import { onPath } from './servers.mjs';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean, resolved?: string }} Locked */

/** A registry that does not answer for a moment costs an attempt and not the set-up: npm keeps what it has fetched. */
const ATTEMPTS = 3;
/** The oldest Node on which the tests run, for platforms without a pinned one. */
const MINIMUM_NODE = [24, 9];
const binFolder = join(projectFolder, 'node_modules', '.bin');

/** PATH without the project's own programs: what the machine itself offers. */
export function machinePath() {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.startsWith(join(projectFolder, 'node_modules')))
    .join(delimiter);
}

/** The environment for everything that the project runs: its own programs first, the pinned Node among them. */
export function projectEnv(env = process.env) {
  return { ...env, PATH: [binFolder, machinePath()].join(delimiter) };
}

/**
 * The pinned Node, or the one that runs this where the platform has none.
 * @throws Error that says what to install
 */
export function pinnedNode() {
  const pinned = join(binFolder, 'node');
  if (existsSync(pinned)) return pinned;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 24 || (major === 24 && minor >= (MINIMUM_NODE[1] ?? 0))) return process.execPath;
  throw new Error(
    `This platform (${process.platform} ${process.arch}) has no pinned Node: install Node ${MINIMUM_NODE.join('.')} or newer; this is ${process.versions.node}.`,
  );
}

/** @param {string} file @returns {Record<string, Locked>} */
function lockedPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/**
 * npm writes down what it installed when it has finished; this compares that record with the lock file, so an install
 * that was interrupted or a lock that has changed since is noticed, and `npm install` by hand is not undone.
 */
function installed() {
  const record = join(projectFolder, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const have = lockedPackages(record);
  const pinnedHere = `node_modules/node-${process.platform}-${process.arch}`;
  return Object.entries(lockedPackages(join(projectFolder, 'package-lock.json')))
    .filter(([path, { optional }]) => path.startsWith('node_modules/') && (!optional || path === pinnedHere))
    .every(([path, { version, integrity, link }]) => {
      const there = have[path];
      return link ? there?.link : there?.version === version && there?.integrity === integrity;
    });
}

/**
 * Runs `npm ci` if anything of the lock file is not in place.
 * @param {(line: string) => void} say
 */
export function ensureDependencies(say) {
  if (installed()) return;
  const path = machinePath();
  if (!onPath('npm', path))
    throw new Error('npm was not found on PATH. Install Node 20 or newer with npm, then try again.');
  say('Installing the locked dependencies with npm ci (about 200 MB, 30 to 120 s, once).');
  // Install scripts of dependencies are not needed, and some of them phone home.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const { status } = spawnSync('npm', args, {
      cwd: projectFolder,
      env: { ...process.env, PATH: path },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status === 0) return;
    if (attempt < ATTEMPTS) say(`npm ci failed; trying again (${attempt + 1} of ${ATTEMPTS}).`);
  }
  throw new Error('npm ci failed; its own message is above. Check the network and try again.');
}
