/** Resident memory: the idle house, and the gateway under a steady load. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { benchmarkEvent, MARKER } from './events.mjs';
import { generate, signalbox } from './subjects.mjs';

const RATE = 500;
const IDLE_SECONDS = 20;

/** Megabytes that a process holds, from the kernel. */
function resident(pid) {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
}

/** @param {string} schemasFolder @param {number} seconds of load; 0 = idle only */
export async function memory(schemasFolder, seconds) {
  const event = benchmarkEvent(schemasFolder, 'result');
  const subject = await signalbox({ sourceorg: event.sourceorg });
  try {
    await pause(IDLE_SECONDS * 1000);
    const rows = Object.entries(subject.house.processes).map(([name, { pid }]) => ({
      what: `${name}, idle`,
      megabytes: resident(pid),
    }));
    rows.push({ what: 'whole house, idle', megabytes: rows.reduce((sum, row) => sum + row.megabytes, 0) });
    if (seconds === 0) return rows;
    const job = {
      ...subject,
      house: undefined,
      clients: undefined,
      stop: undefined,
      template: event.template,
      marker: MARKER,
    };
    const loading = generate({ ...job, connections: 32, rate: RATE, seconds });
    const samples = [];
    for (let sample = 1; sample <= 10; sample += 1) {
      await pause((seconds * 1000) / 10);
      samples.push(resident(subject.house.processes.gateway.pid));
      rows.push({
        what: `gateway after ${Math.round((seconds * sample) / 10)} s at ${RATE}/s`,
        megabytes: samples.at(-1),
      });
    }
    await loading;
    return rows;
  } finally {
    await subject.stop();
  }
}
