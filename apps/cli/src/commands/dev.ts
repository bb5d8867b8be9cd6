import type { Context } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { runHouseScript } from '../house-script.js';

interface DevOptions {
  /** False for `--no-demo`. */
  readonly demo: boolean;
  /** Name of the faults to plant. */
  readonly scenario?: string;
}

/** `dev`: what `npm start` does: obtains the servers where they are missing, then keeps the house running until Ctrl-C. */
export async function dev(context: Context, options: DevOptions): Promise<ExitCode> {
  const { demo, scenario } = options;
  const wishes = [...(demo ? [] : ['--no-demo']), ...(scenario === undefined ? [] : ['--scenario', scenario])];
  const scripts = [['setup.mjs'], ['start.mjs', ...wishes]] as const;
  for (const [script, ...args] of scripts) {
    const code = await runHouseScript(context, ['local', script], args);
    if (context.signal.aborted) return EXIT_CODES.interrupted;
    if (code !== 0) throw new CommandFailure(EXIT_CODES.failed, `deploy/local/${script} ended with exit code ${code}.`);
  }
  return EXIT_CODES.done;
}
