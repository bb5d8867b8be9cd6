/** One process of the house: started, watched, started again when it ends by itself, ended in order. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * @typedef {import('./engines.mjs').Launch} Launch
 * @typedef {{ name: string, launch: Launch, isReady: () => Promise<boolean>, logFile: string,
 *   say: (line: string) => void, cwd: string, onSpawn?: () => void,
 *   readyWithinMs?: number, stopWithinMs?: number,
 *   niceness?: number }} Plan `niceness`: 0 to 19; the higher, the sooner it gives way where processors are short
 */

/** Waits before starting again: doubled at each failure in a row, forgotten once it has stood for a while. */
const FIRST_BACKOFF_MS = 250;
const LAST_BACKOFF_MS = 10_000;
const QUIET_MS = 15_000;
const READY_EVERY_MS = 50;
/** A start that cannot be is told at once; this is for one that goes on, on however slow a machine. */
export const READY_WITHIN_MS = 120_000;
/** A log that has grown beyond this is set aside at the next start. */
const LOG_BYTES = 20 * 1024 * 1024;
const LAST_LINES = 12;

export class Supervised {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {'stopped' | 'starting' | 'supervised'} */
  #state = 'stopped';
  #failures = 0;
  /** @type {string[]} */
  #lastLines = [];
  /** @type {import('node:fs').WriteStream | undefined} */
  #log;
  /** How often it was started. */
  starts = 0;

  /** @param {Plan} plan */
  constructor(plan) {
    this.plan = plan;
  }

  get name() {
    return this.plan.name;
  }

  get pid() {
    return this.running ? this.#child?.pid : undefined;
  }

  get running() {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** What it said last, for whoever has to explain a failure. */
  get lastLines() {
    return [...this.#lastLines];
  }

  /**
   * Starts it and waits until it is ready.
   * @throws Error with its last lines when it ends or is not ready in time
   */
  async start() {
    this.#state = 'starting';
    this.#openLog();
    this.#spawn();
    try {
      await this.ready();
      this.#state = 'supervised';
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Waits until it is ready; it may be on its way back from a crash. */
  async ready() {
    const within = this.plan.readyWithinMs ?? READY_WITHIN_MS;
    const deadline = Date.now() + within;
    while (!(this.running && (await this.plan.isReady()))) {
      // A start that somebody asked for and that fails is told at once; only a crash is tried again.
      if (this.#state === 'starting' && !this.running) throw new Error(this.#explain('ended while starting'));
      if (Date.now() > deadline) throw new Error(this.#explain(`was not ready within ${within / 1000} s`));
      await pause(READY_EVERY_MS);
    }
  }

  /** @param {string} what */
  #explain(what) {
    const words = this.#lastLines.map((line) => `    ${messageOf(line)}`).join('\n');
    return `${this.name} ${what}. It said last (all of it in ${this.plan.logFile}):\n${words}`;
  }

  #openLog() {
    const { logFile } = this.plan;
    if (this.#log) return;
    mkdirSync(dirname(logFile), { recursive: true });
    if (existsSync(logFile) && statSync(logFile).size > LOG_BYTES) renameSync(logFile, `${logFile}.1`);
    this.#log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  }

  #spawn() {
    const { launch, cwd } = this.plan;
    this.starts += 1;
    const startedAt = Date.now();
    // Its own process group: Ctrl-C reaches the house alone, which then ends everything in order.
    const child = spawn(launch.command, launch.args, {
      cwd,
      env: launch.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    if (this.plan.niceness !== undefined && child.pid !== undefined) setPriority(child.pid, this.plan.niceness);
    this.plan.onSpawn?.();
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => this.#heard(line));
    }
    child.once('error', (error) => {
      this.#heard(error.message);
      void this.#ended(startedAt, error.message);
    });
    child.once('exit', (code, signal) => {
      if (child.pid !== undefined) void this.#ended(startedAt, signal ?? `exit code ${code}`);
    });
  }

  /** @param {string} line */
  #heard(line) {
    this.#log?.write(`${line}\n`);
    this.#lastLines.push(line);
    if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift();
    if (isGrave(line)) this.plan.say(`${this.name}: ${messageOf(line)}`);
  }

  /**
   * @param {number} startedAt
   * @param {string} how
   */
  async #ended(startedAt, how) {
    if (this.#state !== 'supervised' || this.running) return;
    this.#failures = Date.now() - startedAt > QUIET_MS ? 1 : this.#failures + 1;
    const wait = Math.min(FIRST_BACKOFF_MS * 2 ** (this.#failures - 1), LAST_BACKOFF_MS);
    this.plan.say(`${this.name} ended (${how}); starting it again in ${wait / 1000} s.`);
    await pause(wait);
    if (this.#state === 'supervised' && !this.running) this.#spawn();
  }

  /**
   * Sends a signal and, where that ends it, leaves the rest to the supervision: what a crash looks like.
   * @param {NodeJS.Signals} signal
   */
  async kill(signal) {
    const child = this.#child;
    if (!child || !this.running) return;
    const ended = signal === 'SIGSTOP' || signal === 'SIGCONT' ? undefined : once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /**
   * Ends it and keeps it ended until `start`; one that does not end in order is killed.
   * @param {NodeJS.Signals} [signal]
   */
  async stop(signal = 'SIGTERM') {
    this.#state = 'stopped';
    const child = this.#child;
    if (child && this.running) {
      const ended = once(child, 'exit');
      const within = this.plan.stopWithinMs ?? 20_000;
      const last = setTimeout(() => {
        this.plan.say(`${this.name} did not end within ${within / 1000} s; killing it.`);
        child.kill('SIGKILL');
      }, within);
      child.kill(signal);
      await ended;
      clearTimeout(last);
    }
    this.#log?.end();
    this.#log = undefined;
  }

  /** Kills it at once; for the last moment of the house, in which nothing can be waited for. */
  abandon() {
    this.#state = 'stopped';
    if (this.running) this.#child?.kill('SIGKILL');
  }

  async restart() {
    await this.stop();
    await this.start();
  }
}

/**
 * A line that a person should see: an error of an app's log, or a reason that it gave before it had a log.
 * @param {string} line
 */
function isGrave(line) {
  if (!line.startsWith('{')) return /^cannot start|^\[\d+\].*\[(FTL|ERR)\]/.test(line);
  return /"level":(?:"(?:error|fatal)"|[56]0\b)/.test(line);
}

/**
 * The sentence in a JSON log line; the line itself where there is none.
 * @param {string} line
 */
function messageOf(line) {
  if (!line.startsWith('{')) return line;
  try {
    return JSON.parse(line).msg ?? line;
  } catch {
    return line;
  }
}
