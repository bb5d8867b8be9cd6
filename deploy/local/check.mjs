/** Everything that a merge must pass beside the tests. Runs all of it, prints each result, fails if any failed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pinnedNode, projectEnv } from './dependencies.mjs';
import { incompleteOptions } from './lock.mjs';
import { projectFolder } from './places.mjs';

const bin = (/** @type {string[]} */ ...path) => join('node_modules', ...path);
const compiler = bin('typescript-native', 'bin', 'tsc');

/** @type {[name: string, args: string[]][]} */
const TOOLS = [
  ['types', [compiler, '-p', 'tsconfig.check.json']],
  ['types of the set-up', [compiler, '-p', 'deploy/local']],
  ['format', [bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.']],
  ['lint', [bin('eslint', 'bin', 'eslint.js'), '.', '--max-warnings', '0']],
  [
    'dependency rule',
    [bin('dependency-cruiser', 'bin', 'dependency-cruiser.mjs'), '--config', '.dependency-cruiser.mjs'].concat([
      'apps',
      'libs',
      'test',
      'deploy',
    ]),
  ],
  ['unused code', [bin('knip', 'bin', 'knip.js')]],
];

/**
 * @param {string} name
 * @param {() => { ok: boolean, output: string }} run
 */
function report(name, run) {
  const began = Date.now();
  const { ok, output } = run();
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)`);
  if (!ok) console.log(output.trim().replace(/^/gm, '        '));
  return ok;
}

/** @param {string[]} args */
function runTool(args) {
  const { status, stdout, stderr, error } = spawnSync(pinnedNode(), args, {
    cwd: projectFolder,
    env: { ...projectEnv(), NO_COLOR: '1' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { ok: status === 0, output: [stdout, stderr, error?.message].filter(Boolean).join('\n') };
}

function checkLock() {
  const missing = incompleteOptions(join(projectFolder, 'package-lock.json'));
  return { ok: missing.length === 0, output: missing.join('\n') };
}

const outcomes = [report('lock file', checkLock), ...TOOLS.map(([name, args]) => report(name, () => runTool(args)))];
const failed = outcomes.filter((ok) => !ok).length;
console.log(failed === 0 ? 'All checks passed.' : `${failed} of ${outcomes.length} checks failed.`);
process.exitCode = failed === 0 ? 0 : 1;
