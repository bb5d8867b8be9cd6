// The client is named as a type only: starting the command must not load it.
import type { SignalboxError } from '@signalbox/client';

/** What the command ends with. Scripts may rely on these numbers; README.md repeats the table and a test compares the two. */
export const EXIT_CODES = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  notSignedIn: 4,
  notFound: 5,
  unavailable: 6,
  partly: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** One line for each exit code, as help and README show it. */
export const EXIT_CODE_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'failed',
  2: 'usage: an option, argument or file is not as the command expects',
  3: 'event(s) refused: the findings say what to mend',
  4: 'not signed in: no key or token, or it was refused',
  5: 'not found, or not yours (no grant included)',
  6: 'unavailable: nothing was done, safe to try again',
  7: 'partly done: the output says which part',
  130: 'interrupted',
};

/** A failure that the command itself foresees: what is wrong, what ends it, and what to do next. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

  constructor(
    readonly exitCode: ExitCode,
    message: string,
    /** A command or sentence that leads on. */
    readonly next?: string,
  ) {
    super(message);
  }
}

/** Codes by which an event itself is refused, rather than a request about something else. */
const EVENT_CODES = /^SB-(1\d{3}|2\d{3}|4090|4130|415\d)$/;

/** The exit code for any error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandFailure) return error.exitCode;
  if (nameOf(error) === 'AbortError') return EXIT_CODES.interrupted;
  if (!isClientError(error)) return EXIT_CODES.failed;
  if (EVENT_CODES.test(error.code)) return EXIT_CODES.refused;
  switch (error.kind) {
    case 'unauthenticated':
      return EXIT_CODES.notSignedIn;
    case 'forbidden':
    case 'not-found':
      return EXIT_CODES.notFound;
    case 'unavailable':
      return EXIT_CODES.unavailable;
    default:
      return error.code === 'aborted' ? EXIT_CODES.interrupted : EXIT_CODES.failed;
  }
}

/** The exit code of several events together, from what each would have ended with alone. */
export function exitCodeOfMany(codes: readonly ExitCode[]): ExitCode {
  const different = new Set(codes);
  const [only] = different;
  if (different.size <= 1) return only ?? EXIT_CODES.done;
  return different.has(EXIT_CODES.done) ? EXIT_CODES.partly : EXIT_CODES.refused;
}

/** Whether this is the client's error, recognised by its name: the class itself is loaded only where it is needed. */
export function isClientError(error: unknown): error is SignalboxError {
  return nameOf(error) === 'SignalboxError';
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : String(error);
}

function nameOf(error: unknown): unknown {
  return (error as { name?: unknown } | null | undefined)?.name;
}
