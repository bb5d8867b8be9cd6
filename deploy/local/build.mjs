/**
 * Builds libraries and apps: `tsc -b`, then the event validators. It does nothing when no source has changed since
 * the last build that succeeded.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pinnedNode, projectEnv } from './dependencies.mjs';
import { homeFolder, projectFolder } from './places.mjs';

const VALIDATORS = join('libs', 'contracts', 'scripts', 'compile-validators.mjs');
const SKIPPED = new Set(['node_modules', 'dist', 'README.md']);

/** @param {string} folder @returns {string[]} */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
}

/** @returns {string[]} folders that `tsc -b` builds */
function rooms() {
  const { references } = JSON.parse(readFileSync(join(projectFolder, 'tsconfig.json'), 'utf8'));
  return references.map((/** @type {{ path: string }} */ { path }) => join(projectFolder, path));
}

/** Changes whenever a rebuild could give something else. Contents are compared, since a checkout renews every date. */
function fingerprint() {
  const hash = createHash('sha256');
  const roots = ['package-lock.json', 'tsconfig.base.json', 'tsconfig.json'].map((name) => join(projectFolder, name));
  const sources = [...rooms(), join(projectFolder, 'schemas')]
    .filter((folder) => existsSync(folder))
    .flatMap(filesBelow);
  for (const file of [...roots, ...sources].sort()) {
    hash.update(relative(projectFolder, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/**
 * @param {string[]} args
 * @param {string} failure
 */
function runNode(args, failure) {
  const { status } = spawnSync(pinnedNode(), args, {
    cwd: projectFolder,
    env: projectEnv(),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(failure);
}

/** @param {string} record */
function builtBefore(record) {
  const complete = rooms().every((room) => existsSync(join(room, 'dist')));
  return complete && existsSync(record) ? readFileSync(record, 'utf8') : undefined;
}

/**
 * @param {(line: string) => void} say
 * @throws Error when the compiler or the validators fail; their messages have been printed
 */
export function build(say) {
  const record = join(homeFolder, 'built');
  const now = fingerprint();
  if (builtBefore(record) === now) return;
  rmSync(record, { force: true });
  say('Building libraries, apps and event validators (5 to 30 s).');
  // A folder without its output but with the compiler's memory of it would be taken for built.
  for (const room of rooms())
    if (!existsSync(join(room, 'dist'))) rmSync(join(room, 'tsconfig.tsbuildinfo'), { force: true });
  runNode(
    [join('node_modules', 'typescript-native', 'bin', 'tsc'), '-b'],
    'The build failed; the compiler says why above.',
  );
  if (statSync(join(projectFolder, VALIDATORS), { throwIfNoEntry: false })) {
    runNode([VALIDATORS], 'Compiling the event validators failed; the reason is above.');
  }
  mkdirSync(homeFolder, { recursive: true });
  writeFileSync(record, now);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    build((line) => console.error(line));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
