import { CommanderError } from 'commander';

import type { SignalboxError } from '@signalbox/client';

import type { Context, Identity } from './context.js';
import { CommandFailure, EXIT_CODES, exitCodeOf, isClientError, messageOf } from './exit-codes.js';
import type { ExitCode } from './exit-codes.js';
import { buildProgram } from './program.js';
import type { GlobalOptions } from './settings.js';
import { readSettings } from './settings.js';
import { Terminal } from './terminal.js';
import type { Streams } from './terminal.js';

/** Runs one command line and tells its exit code; prints everything itself, never a stack unless `--debug`. */
export async function run(
  args: readonly string[],
  streams: Streams,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal = interruption(),
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT_CODES.done;
  const program = buildProgram(streams, async (options, action) => {
    exitCode = await guarded(streams, env, options, signal, action);
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // commander has said what is wrong on stderr, or printed the help that was asked for.
    return error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.usage;
  }
}

async function guarded(
  streams: Streams,
  env: NodeJS.ProcessEnv,
  options: GlobalOptions,
  signal: AbortSignal,
  action: (context: Context) => Promise<ExitCode>,
): Promise<ExitCode> {
  const terminal = new Terminal(streams, env, options.json === true);
  try {
    const settings = readSettings(options, env);
    const context: Context = {
      terminal,
      settings,
      streams,
      signal,
      again: (who) => againOptions(options, who),
      client: async (who) => (await import('./sign-in.js')).signIn(settings, who, tellingOnce(terminal)),
    };
    return await action(context);
  } catch (error) {
    if (signal.aborted) return EXIT_CODES.interrupted;
    await report(error, terminal, options.debug === true);
    return exitCodeOf(error);
  }
}

/** A request that is sent again says why, once: the first pauses are too short for more, and a page of them helps nobody. */
function tellingOnce(terminal: Terminal): (error: SignalboxError) => void {
  let told = false;
  return (error) => {
    if (!told && !terminal.json) terminal.note(`${error.code}: ${error.detail} Trying again for a while.`);
    told = true;
  };
}

function againOptions({ gateway, ledger, keys }: GlobalOptions, { org, app }: Identity): string {
  const given = Object.entries({ org, app, gateway, ledger, keys }).filter(([, value]) => value !== undefined);
  return given
    .map(([name, value]) => ` --${name} ${/\s/.test(String(value)) ? JSON.stringify(value) : value}`)
    .join('');
}

async function report(error: unknown, terminal: Terminal, debug: boolean): Promise<void> {
  if (isClientError(error)) {
    const { nextAfter, problemFields, problemText } = await import('./problems.js');
    terminal.error(problemFields(error), problemText(error, terminal));
    const next = nextAfter(error.code);
    if (next !== undefined) terminal.next(next);
  } else if (error instanceof CommandFailure) {
    terminal.error({ message: error.message, ...(error.next !== undefined && { next: error.next }) }, error.message);
    if (error.next !== undefined) terminal.next(error.next);
  } else {
    const message = messageOf(error);
    terminal.error({ message }, `Something unforeseen went wrong: ${message}`);
    if (!debug) terminal.note('Add --debug for the details.');
  }
  if (debug) terminal.note(stackOf(error));
}

function stackOf(error: unknown): string {
  const stack = (error as { stack?: unknown } | null | undefined)?.stack;
  return typeof stack === 'string' ? stack : messageOf(error);
}

/** Ctrl-C once ends in good order; a second time ends at once, as the default of Node has it. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}
