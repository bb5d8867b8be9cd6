import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { waitFor } from './condition.js';

export interface Launch {
  command: string;
  args: string[];
  env: Record<string, string>;
}

/** How much of a server's output is kept to explain a failed start. */
const KEPT_OUTPUT = 8_192;
const STOP_WITHIN_MS = 10_000;

/** One real server process under test: its output, and ways to end it that return when it has ended. */
export class ServerProcess {
  private readonly child: ChildProcess;
  private readonly launch: Launch;
  private text = '';

  constructor(launch: Launch) {
    this.launch = launch;
    this.child = spawn(launch.command, launch.args, {
      env: { ...process.env, ...launch.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.on('error', (error) => (this.text += error.message));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.text = (this.text + chunk.toString()).slice(-KEPT_OUTPUT);
      });
    }
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** The last part of what it printed. */
  get output(): string {
    return this.text;
  }

  get running(): boolean {
    return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Throws with the server's own words if it has ended. */
  assertRunning(): void {
    if (!this.running) throw new ServerEnded(`${this.launch.command} ended: ${this.text.trim()}`);
  }

  /** Sends the signal and waits for the end; a server that ignores an orderly signal is killed after 10 s. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    const last = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN_MS);
    await ended;
    clearTimeout(last);
  }

  /** A server that hangs without being gone. Resolves when none of its threads does anything any more. */
  async freeze(): Promise<void> {
    this.child.kill('SIGSTOP');
    await waitFor('the server to stand still', () => this.#threads().every((state) => state.startsWith('T')), {
      every: 1,
    });
  }

  /** It goes on where it stood. */
  thaw(): void {
    this.child.kill('SIGCONT');
  }

  /** States as `ps` and the kernel write them. */
  #threads(): string[] {
    const pid = String(this.child.pid);
    const tasks = `/proc/${pid}/task`;
    if (!existsSync(tasks)) return [spawnSync('ps', ['-o', 'state=', '-p', pid], { encoding: 'utf8' }).stdout.trim()];
    return readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/stat`, 'utf8').split(') ')[1] ?? '');
  }
}

/** The server ended while it was waited for; there is no point in waiting on. */
export class ServerEnded extends Error {}
