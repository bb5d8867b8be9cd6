import { errorOfItem, SignalboxError, wasAccepted } from '@signalbox/client';
import type { Acceptance, Client } from '@signalbox/client';

import type { Context, Identity } from '../context.js';
import { EXIT_CODES, exitCodeOf, exitCodeOfMany, messageOf } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { grouped, openInput, positive, shareOf } from '../input.js';
import { findingLines, problemFields, problemText } from '../problems.js';
import { Progress } from '../progress.js';
import { identityFor } from '../sign-in.js';

interface PublishOptions extends Identity {
  readonly batch: string;
}

type Outcome = Acceptance | SignalboxError;

/** `publish <file|->`: one line an event, in their order; the exit code says whether all, some or none were accepted. */
export async function publish(context: Context, options: PublishOptions, file: string): Promise<ExitCode> {
  const size = positive(options.batch, '--batch');
  const input = await openInput(file, context.streams.stdin);
  const progress = new Progress(context.terminal, 'events');
  const codes: ExitCode[] = [];
  let journey: string | undefined;
  let client: Client | undefined;
  try {
    for await (const group of grouped(input.events(), size)) {
      client ??= await context.client(await identityFor(context.settings, options, group[0]!.bytes));
      const outcomes = await send(
        client,
        group.map((event) => event.bytes),
        context.signal,
      );
      progress.clear();
      for (const outcome of outcomes) {
        show(context, outcome, codes.length);
        codes.push(outcome instanceof SignalboxError ? exitCodeOf(outcome) : EXIT_CODES.done);
        if (!(outcome instanceof SignalboxError)) journey ??= outcome.journey;
      }
      progress.update(shareOf(input, group.at(-1)!.readBytes), codes.length);
    }
  } catch (error) {
    // What is reported as accepted stays so; the exit code must not hide it behind the error that came later.
    if (codes.includes(EXIT_CODES.done)) codes.push(exitCodeOf(error));
    else throw error;
    progress.clear();
    context.terminal.note(`Ended early: ${messageOf(error)}`);
  }
  progress.clear();
  summarise(context, codes, journey);
  return context.signal.aborted ? EXIT_CODES.interrupted : exitCodeOfMany(codes);
}

/** What became of each event; throws what concerns none of them in particular (not signed in, nobody there). */
async function send(client: Client, events: Uint8Array[], signal: AbortSignal): Promise<Outcome[]> {
  const [only] = events;
  if (events.length > 1 || only === undefined) {
    const items = await client.publishBatch(events, { signal });
    return items.map((item) => (wasAccepted(item) ? item : errorOfItem(item)));
  }
  try {
    return [await client.publish(only, { signal })];
  } catch (error) {
    if (!(error instanceof SignalboxError)) throw error;
    if (error.kind === 'unauthenticated' || error.kind === 'unavailable' || error.kind === 'failed') throw error;
    return [error];
  }
}

function show({ terminal }: Context, outcome: Outcome, index: number): void {
  if (outcome instanceof SignalboxError) {
    if (terminal.json) terminal.result({ index, state: 'refused', ...problemFields(outcome) }, '');
    else terminal.note(problemText(outcome, terminal));
    return;
  }
  const { id, source, journey, state, duplicate, findings = [] } = outcome;
  terminal.result(
    { index, id, source, journey, state, duplicate, ...(findings.length > 0 && { findings }) },
    `${terminal.styleResult('green', state)}  ${id}  journey ${journey}${duplicate ? '  (duplicate: recorded before)' : ''}`,
  );
  if (!terminal.json) for (const line of findingLines(findings)) terminal.note(line);
}

function summarise({ terminal }: Context, codes: readonly ExitCode[], journey: string | undefined): void {
  const accepted = codes.filter((code) => code === EXIT_CODES.done).length;
  if (codes.length > 1 && !terminal.json) terminal.note(`${accepted} of ${codes.length} events accepted.`);
  if (journey !== undefined) terminal.next(`signalbox journey ${journey}`);
}
