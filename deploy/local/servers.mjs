/**
 * Finds, or obtains, the two servers that Signalbox stands on. The first source that works wins:
 * a path in the environment, PATH, what an earlier start unpacked, Debian packages unpacked without root,
 * `go install`, Homebrew, Docker. Nothing outside the project's own folder is touched.
 * Plain JavaScript for Node 20, since this runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectFolder } from './places.mjs';
import { natsFromDebian, redisFromDebian } from './debian.mjs';

/**
 * @typedef {{ name: 'nats' | 'redis', title: string, programs: string[], minimum: string, variable: string, version: RegExp }} ServerKind
 * @typedef {{ command: string, version: string, from: string }} FoundServer
 * @typedef {{ nats: FoundServer, redis: FoundServer }} FoundServers
 * @typedef {{ folder: string, env: NodeJS.ProcessEnv, say: (line: string) => void }} Search
 */

/** @type {Record<'nats' | 'redis', ServerKind>} */
export const SERVER_KINDS = {
  nats: {
    name: 'nats',
    title: 'nats-server',
    programs: ['nats-server'],
    minimum: '2.12.0',
    variable: 'SIGNALBOX_NATS_SERVER',
    version: /v(\d+\.\d+\.\d+)/,
  },
  redis: {
    name: 'redis',
    title: 'Redis or Valkey',
    programs: ['redis-server', 'valkey-server'],
    minimum: '7.0.0',
    variable: 'SIGNALBOX_REDIS_SERVER',
    version: /v=(\d+\.\d+\.\d+)/,
  },
};

/** The version that `go install` and Docker take; the other sources take what is newest there, never below the minimum. */
const NATS_PIN = '2.15.1';
const REDIS_IMAGE = 'redis:7.4-alpine';
const SOURCES = ['environment', 'path', 'unpacked', 'debian', 'go', 'homebrew', 'docker'];

/**
 * @param {string} version
 * @param {string} minimum
 */
export function isAtLeast(version, minimum) {
  const [have, need] = [version, minimum].map((text) => text.split('.').map(Number));
  for (let part = 0; part < 3; part += 1) {
    const difference = (have?.[part] ?? 0) - (need?.[part] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/**
 * Asks a program for its version; undefined if it cannot be run at all (missing libraries count).
 * @param {ServerKind} kind
 * @param {string} command
 * @param {NodeJS.ProcessEnv} env
 */
function versionOf(kind, command, env) {
  const { stdout, status } = spawnSync(command, ['--version'], { env, encoding: 'utf8', timeout: 60_000 });
  return status === 0 ? kind.version.exec(stdout)?.[1] : undefined;
}

/**
 * @param {ServerKind} kind
 * @param {string | undefined} command
 * @param {string} from
 * @param {NodeJS.ProcessEnv} env
 * @returns {FoundServer | undefined}
 */
function accept(kind, command, from, env) {
  if (!command) return undefined;
  const version = versionOf(kind, command, env);
  return version && isAtLeast(version, kind.minimum) ? { command, version, from } : undefined;
}

/**
 * @param {string} program
 * @param {string | undefined} path
 */
export function onPath(program, path) {
  return (path ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}

/**
 * A path that someone has set is an order: if it does not serve, that is an error, not a reason to look elsewhere.
 * @param {ServerKind} kind
 * @param {Search} search
 */
function fromEnvironment(kind, { env }) {
  const command = env[kind.variable];
  if (!command) return undefined;
  const found = accept(kind, command, kind.variable, env);
  if (found) return found;
  const version = existsSync(command) ? versionOf(kind, command, env) : undefined;
  const reason = version ? `is version ${version}` : 'names no program that can be run';
  throw new Error(`${kind.variable} ${reason}; Signalbox needs ${kind.title} ${kind.minimum} or newer.`);
}

/**
 * @param {ServerKind} kind
 * @param {Search} search
 */
function fromPath(kind, { env }) {
  for (const program of kind.programs) {
    const found = accept(kind, onPath(program, env['PATH']), 'PATH', env);
    if (found) return found;
  }
  return undefined;
}

/**
 * @param {ServerKind} kind
 * @param {Search} search
 */
function fromUnpacked(kind, { folder, env }) {
  for (const program of kind.programs) {
    const found = accept(kind, join(folder, 'bin', program), 'an earlier set-up', env);
    if (found) return found;
  }
  return undefined;
}

/**
 * @param {ServerKind} kind
 * @param {Search} search
 */
function fromDebian(kind, { folder, env, say }) {
  if (!onPath('apt-get', env['PATH']) || !onPath('dpkg', env['PATH'])) return undefined;
  const unpack = kind.name === 'nats' ? natsFromDebian : redisFromDebian;
  const suits = (/** @type {string} */ version) => isAtLeast(version, kind.minimum);
  say(`Unpacking ${kind.title} from Debian packages, nothing is installed on the machine (10 to 60 s, once).`);
  return accept(kind, unpack({ folder, suits, env }), 'Debian packages', env);
}

/**
 * @param {ServerKind} kind
 * @param {Search} search
 */
function fromGo(kind, { folder, env, say }) {
  if (kind.name !== 'nats' || !onPath('go', env['PATH'])) return undefined;
  say(`Building nats-server ${NATS_PIN} with the Go toolchain of this machine (1 to 3 minutes, once).`);
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  // An older Go may fetch the toolchain that the module asks for, unless its owner has decided otherwise.
  const goEnv = { ...env, GOBIN: bin, GOFLAGS: '-trimpath', GOTOOLCHAIN: env['GOTOOLCHAIN'] ?? 'auto' };
  spawnSync('go', ['install', `github.com/nats-io/nats-server/v2@v${NATS_PIN}`], {
    env: goEnv,
    stdio: 'ignore',
    timeout: 600_000,
  });
  return accept(kind, join(bin, 'nats-server'), 'go install', env);
}

/**
 * @param {ServerKind} kind
 * @param {Search} search
 */
function fromHomebrew(kind, { env, say }) {
  if (!onPath('brew', env['PATH'])) return undefined;
  const formula = kind.name === 'nats' ? 'nats-server' : 'redis';
  say(`Installing ${formula} with Homebrew (1 to 3 minutes, once).`);
  spawnSync('brew', ['install', '--quiet', formula], { env, stdio: 'ignore', timeout: 600_000 });
  const prefix = spawnSync('brew', ['--prefix', formula], { env, encoding: 'utf8' }).stdout?.trim();
  return accept(kind, prefix ? join(prefix, 'bin', kind.programs[0] ?? '') : undefined, 'Homebrew', env);
}

/**
 * The container sees the host's network, the project and the temporary folder under their own paths,
 * so that it takes the same arguments as a server on the host.
 * @param {string} image
 * @param {string} program
 */
function dockerLauncher(image, program) {
  return `#!/bin/sh
# Runs ${program} in a container with the arguments, user, folders and SIGNALBOX_* variables of the caller.
for name in $(env | sed -n 's/^\\(SIGNALBOX_[A-Z0-9_]*\\)=.*/\\1/p'); do set -- "$@" --then-variable "$name"; done
variables=''; arguments=''
while [ $# -gt 0 ]; do
  if [ "$1" = --then-variable ]; then variables="$variables -e $2"; shift 2
  else arguments="$arguments '$(printf %s "$1" | sed "s/'/'\\\\\\\\''/g")'"; shift; fi
done
eval "exec docker run --rm --init --network host --user $(id -u):$(id -g) \\
  -v '${projectFolder}:${projectFolder}' -v '\${TMPDIR:-/tmp}:\${TMPDIR:-/tmp}' -w '${projectFolder}' \\
  $variables --entrypoint ${program} ${image} $arguments"
`;
}

/**
 * @param {ServerKind} kind
 * @param {Search} search
 */
function fromDocker(kind, { folder, env, say }) {
  if (!onPath('docker', env['PATH'])) return undefined;
  if (spawnSync('docker', ['info'], { env, stdio: 'ignore', timeout: 20_000 }).status !== 0) return undefined;
  const program = kind.programs[0] ?? '';
  const image = kind.name === 'nats' ? `nats:${NATS_PIN}-alpine` : REDIS_IMAGE;
  say(`Fetching the container image ${image} (about a minute, once).`);
  spawnSync('docker', ['pull', '--quiet', image], { env, stdio: 'ignore', timeout: 600_000 });
  mkdirSync(join(folder, 'bin'), { recursive: true });
  const launcher = join(folder, 'bin', program);
  writeFileSync(launcher, dockerLauncher(image, program));
  chmodSync(launcher, 0o755);
  return accept(kind, launcher, 'Docker', env);
}

/** @type {Record<string, (kind: ServerKind, search: Search) => FoundServer | undefined>} */
const FINDERS = {
  environment: fromEnvironment,
  path: fromPath,
  unpacked: fromUnpacked,
  debian: fromDebian,
  go: fromGo,
  homebrew: fromHomebrew,
  docker: fromDocker,
};

/** @param {string | undefined} wanted */
function sourcesOf(wanted) {
  if (!wanted) return SOURCES;
  const chosen = wanted.split(',').map((name) => name.trim());
  const unknown = chosen.filter((name) => !SOURCES.includes(name));
  if (unknown.length > 0) {
    throw new Error(`SIGNALBOX_SERVERS_FROM knows ${SOURCES.join(', ')}; "${unknown.join(', ')}" is none of them.`);
  }
  return chosen;
}

/** @param {ServerKind[]} missing */
function whatToInstall(missing) {
  const lines = missing.map(
    (kind) => `  ${kind.title} ${kind.minimum} or newer: put it on PATH, or set ${kind.variable} to its path`,
  );
  return [
    'Signalbox found no way to obtain a server that it needs on this machine. Any one of these helps:',
    ...lines,
    '  or a Debian or Ubuntu with a reachable package mirror; Go 1.25 or newer (nats-server); Homebrew; a running Docker engine',
  ].join('\n');
}

/**
 * Finds both servers, obtaining what is missing.
 * @param {{ env?: NodeJS.ProcessEnv, folder?: string, say?: (line: string) => void }} [options]
 * @returns {FoundServers}
 * @throws Error with one message that lists what to install, or names the variable that is wrong
 */
export function findServers(options = {}) {
  const env = options.env ?? process.env;
  const folder = options.folder ?? join(projectFolder, '.signalbox', 'servers');
  const search = { env, folder, say: options.say ?? (() => undefined) };
  const sources = sourcesOf(env['SIGNALBOX_SERVERS_FROM']);
  /** @type {Partial<FoundServers>} */
  const found = {};
  for (const kind of Object.values(SERVER_KINDS)) {
    for (const source of sources) {
      const server = FINDERS[source]?.(kind, search);
      if (!server) continue;
      found[kind.name] = server;
      break;
    }
  }
  const missing = Object.values(SERVER_KINDS).filter((kind) => !found[kind.name]);
  if (missing.length > 0) throw new Error(whatToInstall(missing));
  return /** @type {FoundServers} */ (found);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const servers = findServers({ say: (line) => console.error(line) });
    for (const [name, server] of Object.entries(servers)) {
      console.log(`${name} ${server.version} from ${server.from}: ${server.command}`);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
