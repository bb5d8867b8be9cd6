/** What an app hands back once it runs. */
export interface Running {
  close(): Promise<void>;
}

/** Exit codes of every app. `sysexits`: 78 is a configuration error. */
export const EXIT = { ok: 0, failed: 1, settings: 78, closeTimedOut: 70 } as const;

/** Longest orderly stop before the process ends anyway, in milliseconds. */
const LAST_RESORT_MS = 30_000;

/**
 * Starts an app and closes it in order on SIGTERM or SIGINT; a second signal ends it at once. A start that fails prints
 * one line for each reason (bad settings: one for each variable) and ends with a non-zero exit code; so does an error that
 * nobody caught, told by name and place only.
 */
export function runUntilSignal(start: () => Promise<Running>, closeTimeoutMs = LAST_RESORT_MS): void {
  let stopping = false;
  // Begun only after the signals are heard.
  const started = Promise.resolve().then(start);
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(EXIT.failed);
    stopping = true;
    const timer = setTimeout(() => {
      process.stderr.write(`${signal}: not stopped within ${String(closeTimeoutMs)} ms; ending\n`);
      process.exit(EXIT.closeTimedOut);
    }, closeTimeoutMs);
    timer.unref();
    started
      .then((running) => running.close())
      .then(
        () => process.exit(EXIT.ok),
        (error: unknown) => {
          process.stderr.write(`${signal}: ${reasonOf(error)}\n`);
          process.exit(EXIT.failed);
        },
      );
  };
  process.on('uncaughtException', endOnFault);
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  started.catch((error: unknown) => {
    if (stopping) return;
    process.stderr.write(`cannot start: ${reasonOf(error)}\n`);
    process.exit(error instanceof Error && error.name === 'SettingsError' ? EXIT.settings : EXIT.failed);
  });
}

/**
 * An error that nobody caught ends the process: what was accepted is on disk, and a supervisor starts it again. Node would
 * print the message, which may quote what was sent; here its name and place are told.
 */
function endOnFault(error: unknown): void {
  const { name, stack } = error instanceof Error ? error : { name: typeof error, stack: '' };
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  process.stderr.write(`ended by an error that was not caught: ${[name, ...frames.slice(0, 8)].join('\n')}\n`);
  process.exit(EXIT.failed);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown reason';
}
