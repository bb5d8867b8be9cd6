import { spawn } from 'node:child_process';
import { join } from 'node:path';

import type { Context } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';

interface DevOptions {
  /** False for `--no-demo`. */
  readonly demo: boolean;
}

/** `dev`: what `npm start` does: obtains the servers where they are missing, then keeps the house running until Ctrl-C. */
export async function dev(context: Context, options: DevOptions): Promise<ExitCode> {
  const { house } = context.settings;
  if (house === undefined) {
    throw new CommandFailure(
      EXIT_CODES.failed,
      'This command is not part of a clone of Signalbox, so there is no house to start.',
      'clone the repository and run npx signalbox dev in it, or name a house with --gateway',
    );
  }
  const scripts = [['setup.mjs'], ['house.mjs', ...(options.demo ? [] : ['--no-demo'])]] as const;
  for (const [script, ...args] of scripts) {
    const code = await runScript([join(house, 'deploy', 'local', script), ...args], house, context.signal);
    if (context.signal.aborted) return EXIT_CODES.interrupted;
    if (code !== 0) throw new CommandFailure(EXIT_CODES.failed, `deploy/local/${script} ended with exit code ${code}.`);
  }
  return EXIT_CODES.done;
}

/**
 * Runs a script with our own streams. It stands in a process group of its own, so that a Ctrl-C reaches it once, through
 * us: to the house, a second signal means to end at once instead of in good order.
 */
function runScript(args: readonly string[], cwd: string, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      resolve(code ?? 1);
    });
  });
}
