/**
 * Makes a fresh clone ready: dependencies, servers, build. Run before `npm start`, `npm test` and in CI; quiet and
 * quick when everything is in place, and then without the network. Plain JavaScript for Node 20.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { build } from './build.mjs';
import { beganAt } from './claim.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { homeFolder } from './places.mjs';
import { findServers } from './servers.mjs';

const MINIMUM_NODE_MAJOR = 20;
const LOCK = join(homeFolder, 'setup.lock');

/** @param {string} line */
const say = (line) => console.error(line);

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * What the lock says of its holder: a number that is used again belongs to another process.
 * @returns {{ pid: number, isHeld: boolean }}
 */
function holderOfLock() {
  try {
    const [number = '', began = ''] = readFileSync(LOCK, 'utf8').split(' ');
    const pid = Number(number);
    return { pid, isHeld: isAlive(pid) && (began === '' || beganAt(pid) === began) };
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    // Given back in this very moment.
    return { pid: 0, isHeld: false };
  }
}

/** Takes the lock, or answers the process that holds it. @returns {{ pid: number, isHeld: boolean } | undefined} */
function takeLock() {
  mkdirSync(homeFolder, { recursive: true });
  try {
    const file = openSync(LOCK, 'wx');
    writeSync(file, `${process.pid} ${beganAt(process.pid) ?? ''}`.trim());
    closeSync(file);
    return undefined;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    const holder = holderOfLock();
    if (holder.pid !== 0 && !holder.isHeld) rmSync(LOCK, { force: true });
    return holder;
  }
}

/**
 * `npm start` and `npm test` in two terminals must not install into each other.
 * @param {() => void} action
 */
async function alone(action) {
  let told = false;
  for (let holder = takeLock(); holder !== undefined; holder = takeLock()) {
    if (!told && holder.isHeld) say(`Another set-up (process ${holder.pid}) is at work; waiting for it.`);
    told ||= holder.isHeld;
    await pause(200);
  }
  try {
    action();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

function setUp() {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < MINIMUM_NODE_MAJOR) {
    throw new Error(
      `Signalbox needs Node ${MINIMUM_NODE_MAJOR} or newer to set itself up; this is ${process.versions.node}.`,
    );
  }
  ensureDependencies(say);
  let obtained = false;
  const servers = findServers({
    say: (line) => {
      obtained = true;
      say(line);
    },
  });
  if (obtained) say(`Using nats-server ${servers.nats.version} and Redis ${servers.redis.version}.`);
  build(say);
}

try {
  await alone(setUp);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
