import { Option } from 'commander';
import type { Command } from 'commander';

import type { Context } from '../context.js';
import type { ExitCode } from '../exit-codes.js';

/** A command's work: its arguments, its options, and what it ends with. */
export type Work<O> = (context: Context, options: O, ...args: string[]) => Promise<ExitCode>;

/** Loads the work of a command when it is run, and only then: `--help` must not wait for it. */
export type Loader<O> = () => Promise<Work<O>>;

/** What every file of this folder adds its verbs to. */
export interface Verbs {
  readonly program: Command;
  readonly verb: <O>(command: Command, load: Loader<O>) => Command;
}

/** A verb that signs in takes whose key to use. */
export function signingIn(command: Command): Command {
  return command
    .addOption(new Option('--org <ods>', 'organisation whose key to use (ODS code)'))
    .addOption(new Option('--app <id>', 'application whose key to use, where the organisation has several'));
}

/** Names an event exactly, where several publishers use the same id. */
export function bySource(command: Command): Command {
  return command.option('--source <uri>', 'source of the event, where several publishers use the same id');
}

/** A verb that changes much shows first what it would do, and asks. */
export function carefully(command: Command): Command {
  return command.option('--dry-run', 'say what would be done, and do nothing').option('--yes', 'do it without asking');
}
