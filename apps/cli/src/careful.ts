import type { Context } from './context.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';
import type { ExitCode } from './exit-codes.js';

/** Options of every verb that changes much. */
export interface CarefulOptions {
  /** Looks only. */
  readonly dryRun?: boolean;
  /** Answers the question beforehand. */
  readonly yes?: boolean;
}

/** A change that is shown before it is made. */
export interface Change<P> {
  /** What would be done; nothing is. */
  plan(): Promise<P>;
  show(plan: P): void;
  /** What to ask before it is done; undefined where there is nothing to do. */
  question(plan: P): string | undefined;
  /** Does it, and tells what was done. */
  carryOut(plan: P): Promise<ExitCode>;
}

/**
 * Shows what a change would do, asks, and does it. `--dry-run` ends after the first, `--yes` leaves out the second. Where
 * nobody can answer (no terminal, `--json`) nothing is done without `--yes`.
 */
export async function carefully<P>(context: Context, o: CarefulOptions, change: Change<P>): Promise<ExitCode> {
  const plan = await change.plan();
  change.show(plan);
  if (o.dryRun === true) return EXIT_CODES.done;
  const question = change.question(plan);
  if (question === undefined) {
    context.terminal.note('There is nothing to do.');
    return EXIT_CODES.done;
  }
  if (o.yes !== true && !(await agreed(context, question))) {
    context.terminal.note('Nothing was done.');
    return EXIT_CODES.interrupted;
  }
  return change.carryOut(plan);
}

/** @throws {@link CommandFailure} (usage) where nobody can be asked. */
async function agreed({ streams, terminal, signal }: Context, question: string): Promise<boolean> {
  if (streams.stdin.isTTY !== true || terminal.json) {
    throw new CommandFailure(
      EXIT_CODES.usage,
      `${question} Nobody can be asked here, and nothing was done.`,
      'the same with --yes to do it, or with --dry-run to look only',
    );
  }
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: streams.stdin, output: streams.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    lines.close();
  }
}
