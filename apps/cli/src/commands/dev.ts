import { spawn } from 'node:child_process';
import { join } from 'node:path';

import type { Context } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';

/** `dev`: what `npm start` does: obtains the servers where they are missing, then keeps the house running until Ctrl-C. */
export async function dev(context: Context): Promise<ExitCode> {
  const { house } = context.settings;
  if (house === undefined) {
    throw new CommandFailure(
      EXIT_CODES.failed,
      'This command is not part of a clone of Signalbox, so there is no house to start.',
      'clone the repository and run npx signalbox dev in it, or name a house with --gateway',
    );
  }
  for (const script of ['setup.mjs', 'house.mjs']) {
    const code = await runScript(join(house, 'deploy', 'local', script), house, context.signal);
    if (context.signal.aborted) return EXIT_CODES.interrupted;
    if (code !== 0) throw new CommandFailure(EXIT_CODES.failed, `deploy/local/${script} ended with exit code ${code}.`);
  }
  return EXIT_CODES.done;
}

/** Runs with our own streams. Ctrl-C at a terminal reaches the child by itself; a signal to us alone is handed on. */
function runScript(script: string, cwd: string, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { cwd, stdio: 'inherit' });
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      resolve(code ?? 1);
    });
  });
}
