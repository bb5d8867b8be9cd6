/** What `npm install` may leave out of the lock file in silence and `npm ci` then refuses. */
import { readFileSync } from 'node:fs';

/** @typedef {{ packages: Record<string, { optionalDependencies?: Record<string, string> }> }} LockFile */

/**
 * For every package of the lock, each of its optional dependencies must be in the lock too: a platform package that
 * the registry lacked on the day of the install is dropped without a word and breaks every later `npm ci`.
 * @param {string} file a package-lock.json
 * @returns {string[]} one line for each that is missing
 */
export function incompleteOptions(file) {
  /** @type {LockFile} */
  const { packages } = JSON.parse(readFileSync(file, 'utf8'));
  const names = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)));
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !names.has(name))
      .map(
        (name) => `${path || 'the project'} names ${name}, which the lock file lacks: pin a version that is complete.`,
      ),
  );
}
