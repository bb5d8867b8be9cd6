/** One house to a data folder: who runs there, and what a house that was killed has left behind. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** @typedef {{ pid: number, began: string, processes: { name: string, pid: number, began: string }[] }} Claim */

const LEFTOVERS_WITHIN_MS = 15_000;

/**
 * When a process began, as the system tells it: a number that is used again belongs to another process.
 * @param {number} pid
 * @returns {string | undefined} undefined if there is none, or on systems without /proc
 */
export function beganAt(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** @param {{ pid: number, began: string }} record */
function isSame({ pid, began }) {
  return began !== '' && beganAt(pid) === began;
}

/** @param {string} file @returns {Claim | undefined} */
function read(file) {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Two houses on one data folder would damage each other's streams.
 * @param {string} folder
 * @param {(line: string) => void} say
 * @throws Error if another house runs there
 */
export async function claimFolder(folder, say) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'house.json');
  const earlier = read(file);
  if (earlier && isSame(earlier)) {
    throw new Error(
      `Signalbox already runs on ${folder} (process ${earlier.pid}): end it, or set SIGNALBOX_DATA_FOLDER to another folder.`,
    );
  }
  const left = (earlier?.processes ?? []).filter(isSame);
  if (left.length > 0) {
    say(`Ending what an earlier run left behind: ${left.map(({ name }) => name).join(', ')}.`);
    for (const { pid } of left) process.kill(pid, 'SIGTERM');
    const deadline = Date.now() + LEFTOVERS_WITHIN_MS;
    while (left.some(isSame) && Date.now() < deadline) await pause(50);
    for (const record of left.filter(isSame)) process.kill(record.pid, 'SIGKILL');
  }
  return {
    /** @param {{ name: string, pid: number | undefined }[]} processes */
    record(processes) {
      const known = processes.flatMap(({ name, pid }) => (pid ? [{ name, pid, began: beganAt(pid) ?? '' }] : []));
      const claim = { pid: process.pid, began: beganAt(process.pid) ?? '', processes: known };
      writeFileSync(file, JSON.stringify(claim, null, 2));
    },
    release() {
      rmSync(file, { force: true });
    },
  };
}
