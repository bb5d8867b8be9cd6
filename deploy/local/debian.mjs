/**
 * Takes servers out of Debian or Ubuntu packages without root and without touching the machine: package lists and
 * archives live in a temporary folder, `dpkg -x` only unpacks. It works where `apt-get update` was never run.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @typedef {{ folder: string, suits: (version: string) => boolean, env: NodeJS.ProcessEnv }} Unpacking
 * @typedef {{ work: string, options: string[], env: NodeJS.ProcessEnv }} Apt
 */

/** A mirror that breaks off or is in the middle of a change costs an attempt and not the set-up. */
const ATTEMPTS = 3;
/** What a slow network takes for the lists of a suite, or for a program with its libraries. */
const STEP_TIMEOUT_MS = 900_000;

/** Suites that may carry a newer build of a program without library dependencies, newest last; by distribution. */
const NEWER_SUITES = {
  debian: { suites: ['testing', 'unstable'], components: 'main' },
  ubuntu: { suites: ['devel'], components: 'main universe' },
};

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ env: NodeJS.ProcessEnv, cwd?: string }} options
 */
function run(command, args, options) {
  const { stdout, status } = spawnSync(command, args, {
    ...options,
    env: { ...options.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
    timeout: STEP_TIMEOUT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { ok: status === 0, out: stdout ?? '' };
}

/**
 * Own package lists and cache, so that neither root nor the machine's own lists are needed.
 * @param {string} work
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} extra
 * @returns {Apt}
 */
function aptIn(work, env, extra = []) {
  mkdirSync(join(work, 'lists', 'partial'), { recursive: true });
  mkdirSync(join(work, 'cache', 'archives', 'partial'), { recursive: true });
  const options = [
    `Dir::State::Lists=${join(work, 'lists')}`,
    `Dir::Cache=${join(work, 'cache')}`,
    // Root would otherwise hand downloads to a user that may not write here; packages are verified by signature either way.
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Acquire::Retries=3',
    ...extra,
  ].flatMap((option) => ['-o', option]);
  return { work, options, env };
}

/**
 * @param {Apt} apt
 * @param {string} name
 */
function candidate(apt, name) {
  const { out } = run('apt-cache', [...apt.options, 'policy', name], { env: apt.env });
  return /Candidate: (?:\d+:)?(\d+\.\d+\.\d+)/.exec(out)?.[1];
}

/**
 * @param {Apt} apt
 * @param {string[]} names
 * @param {string} into
 */
function unpack(apt, names, into) {
  const archives = mkdtempSync(join(apt.work, 'archives-'));
  const download = () => run('apt-get', [...apt.options, 'download', ...names], { env: apt.env, cwd: archives }).ok;
  if (!Array.from({ length: ATTEMPTS }).some(download)) return false;
  return readdirSync(archives)
    .filter((file) => file.endsWith('.deb'))
    .every((file) => run('dpkg', ['-x', join(archives, file), into], { env: apt.env }).ok);
}

/**
 * Fetches the package lists.
 * @param {Apt} apt
 * @returns whether all of them came
 */
function refresh(apt) {
  return run('apt-get', [...apt.options, '-o', 'APT::Update::Error-Mode=any', '-qq', 'update'], apt).ok;
}

/**
 * The machine's own mirror and the keys that it trusts, with a newer suite in place of its own.
 * @param {Apt} own
 * @returns {Apt[]} one set of lists a suite, to be tried in order
 */
function newerSuites(own) {
  const format = '$(REPO_URI) $(CODENAME) $(ORIGIN) $(LABEL)';
  const { out } = run('apt-get', [...own.options, 'indextargets', '--format', format, 'Created-By: Packages'], own);
  const base = out
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, , origin, label]) => (origin === 'Debian' || origin === 'Ubuntu') && origin === label);
  if (!base?.[0] || !base[2]) return [];
  const distribution = base[2] === 'Debian' ? 'debian' : 'ubuntu';
  const { suites, components } = NEWER_SUITES[distribution];
  const keyring = `/usr/share/keyrings/${distribution}-archive-keyring.gpg`;
  const signedBy = existsSync(keyring) ? ` [signed-by=${keyring}]` : '';
  return suites.map((suite) => {
    const work = join(own.work, suite);
    mkdirSync(work, { recursive: true });
    const list = join(work, 'sources.list');
    writeFileSync(list, `deb${signedBy} ${base[0]} ${suite} ${components}\n`);
    return aptIn(work, own.env, [`Dir::Etc::SourceList=${list}`, 'Dir::Etc::SourceParts=-']);
  });
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {(own: Apt, work: string) => string | undefined} action
 */
function withOwnLists(env, action) {
  const work = mkdtempSync(join(env['TMPDIR'] ?? tmpdir(), 'signalbox-apt-'));
  try {
    const own = aptIn(work, env);
    // One unreachable third-party source must not stop the others, so the outcome is judged by what is found.
    for (let attempt = 1; ; attempt += 1) {
      const whole = refresh(own);
      const found = action(own, work);
      if (found !== undefined || whole || attempt === ATTEMPTS) return found;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Puts an unpacked tree in its place at once, so that an interrupted set-up leaves nothing half-done.
 * @param {string} folder
 * @param {string} name
 * @param {string} tree
 * @param {string} program path inside the tree
 */
function settle(folder, name, tree, program) {
  const home = join(folder, name);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(join(folder, 'bin'), { recursive: true });
  renameSync(tree, home);
  const libraries = libraryFolders(home).map((path) => path.replace(home, `$here/../${name}`));
  const launcher = join(folder, 'bin', name);
  writeFileSync(
    `${launcher}.new`,
    `#!/bin/sh
here=$(dirname "$0")
LD_LIBRARY_PATH="${libraries.join(':')}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export LD_LIBRARY_PATH
exec "$here/../${name}/${program}" "$@"
`,
  );
  chmodSync(`${launcher}.new`, 0o755);
  renameSync(`${launcher}.new`, launcher);
  return launcher;
}

/** @param {string} tree */
function libraryFolders(tree) {
  return ['usr/lib', 'lib']
    .map((part) => join(tree, part))
    .filter((path) => existsSync(path))
    .flatMap((path) => [path, ...readdirSync(path).map((name) => join(path, name))])
    .filter((path) => /linux-gnu[^/]*$/.test(path));
}

/**
 * nats-server is one static program, so a build of a newer suite runs anywhere.
 * @param {Unpacking} unpacking
 * @returns {string | undefined} the launcher
 */
export function natsFromDebian({ folder, suits, env }) {
  return withOwnLists(env, (own) => {
    for (const [index, apt] of [own, ...newerSuites(own)].entries()) {
      if (index > 0) Array.from({ length: ATTEMPTS }).some(() => refresh(apt));
      const version = candidate(apt, 'nats-server');
      if (!version || !suits(version)) continue;
      mkdirSync(folder, { recursive: true });
      const tree = mkdtempSync(join(folder, 'unpack-'));
      if (unpack(apt, ['nats-server'], tree)) return settle(folder, 'nats-server', tree, 'usr/sbin/nats-server');
      rmSync(tree, { recursive: true, force: true });
    }
    return undefined;
  });
}

/**
 * Names of the libraries that a program asks for and the machine has not.
 * @param {string} program
 * @param {string} tree
 * @param {NodeJS.ProcessEnv} env
 */
function missingLibraries(program, tree, env) {
  const { out } = run('ldd', [program], { env: { ...env, LD_LIBRARY_PATH: libraryFolders(tree).join(':') } });
  return [...out.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1] ?? '');
}

/**
 * Debian names a library's package after its soname: libjemalloc.so.2 is in libjemalloc2 (or libjemalloc2t64).
 * @param {Apt} apt
 * @param {string[]} packages
 * @param {string[]} sonames
 */
function packagesOf(apt, packages, sonames) {
  const { out } = run(
    'apt-cache',
    [...apt.options, 'depends', '--recurse', '--no-recommends', '--no-suggests', ...packages],
    apt,
  );
  const known = new Set([...out.matchAll(/Depends: (lib[^\s<>]+)/g)].map((match) => match[1] ?? ''));
  return sonames.flatMap((soname) => {
    const stem = soname.replace(/\.so\./, '').replace(/\.so$/, '');
    return [...known].filter((name) => name.replace(/-|t64$/g, '') === stem.replace(/-/g, ''));
  });
}

/**
 * Redis of the machine's own suite (it must fit the machine's C library), with the libraries that the machine lacks.
 * @param {Unpacking} unpacking
 * @returns {string | undefined} the launcher
 */
export function redisFromDebian({ folder, suits, env }) {
  return withOwnLists(env, (own) => {
    for (const name of ['redis', 'valkey']) {
      const version = candidate(own, `${name}-server`);
      if (!version || !suits(version)) continue;
      mkdirSync(folder, { recursive: true });
      const tree = mkdtempSync(join(folder, 'unpack-'));
      const packages = [`${name}-server`, `${name}-tools`];
      const program = join(tree, 'usr/bin', `${name}-server`);
      let complete = unpack(own, packages, tree);
      // Libraries may ask for libraries; three rounds is one more than any suite was seen to need.
      for (let round = 0; complete && round < 3; round += 1) {
        const missing = missingLibraries(program, tree, env);
        if (missing.length === 0) break;
        complete = unpack(own, packagesOf(own, packages, missing), tree);
      }
      if (complete) return settle(folder, `${name}-server`, tree, `usr/bin/${name}-server`);
      rmSync(tree, { recursive: true, force: true });
    }
    return undefined;
  });
}

/**
 * Any program with whatever it needs that the machine has not, as a simulated installation lists it.
 * @param {{ folder: string, env: NodeJS.ProcessEnv }} where
 * @param {{ name: string, packages: string[], program: (tree: string) => string | undefined }} wanted `program`: its path inside the tree
 * @returns {string | undefined} the launcher
 */
export function programFromDebian({ folder, env }, { name, packages, program }) {
  return withOwnLists(env, (own) => {
    const { ok, out } = run('apt-get', [...own.options, '-s', 'install', '--no-install-recommends', ...packages], own);
    const missing = [...out.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '');
    if (!ok || missing.length === 0) return undefined;
    mkdirSync(folder, { recursive: true });
    const tree = mkdtempSync(join(folder, 'unpack-'));
    const path = unpack(own, missing, tree) ? program(tree) : undefined;
    if (path !== undefined) return settle(folder, name, tree, path);
    rmSync(tree, { recursive: true, force: true });
    return undefined;
  });
}
