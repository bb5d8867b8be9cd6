import { spawn } from 'node:child_process';
import { join } from 'node:path';

import type { Context } from './context.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';

/**
 * Runs a script of the clone's deploy/ folder with our own streams. It stands in a process group of its own, so that a
 * Ctrl-C reaches it once, through us: to the house, a second signal means to end at once instead of in good order.
 * @param path - its place below deploy/
 * @returns its exit code
 * @throws CommandFailure where this command is not part of a clone
 */
export function runHouseScript(
  { settings: { house, keysFolder }, signal }: Context,
  path: readonly string[],
  args: readonly string[] = [],
): Promise<number> {
  if (house === undefined) {
    throw new CommandFailure(
      EXIT_CODES.failed,
      'This command is not part of a clone of Signalbox, so there is no house to start or to look after.',
      'clone the repository and run it in there, or name a house with --gateway',
    );
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(house, 'deploy', ...path), ...args], {
      cwd: house,
      env: { ...process.env, SIGNALBOX_KEYS_FOLDER: keysFolder },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      resolve(code ?? 1);
    });
  });
}
