import { errorOfItem, SignalboxError, wasAccepted } from '@signalbox/client';
import type { Acceptance, Client } from '@signalbox/client';

import type { Context, Identity } from '../context.js';
import { EXIT_CODES, exitCodeOf, exitCodeOfMany, messageOf } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { grouped, openInput, positive, shareOf } from '../input.js';
import type { Input, InputEvent } from '../input.js';
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
  const publishing = new Publishing(context, options, input);
  try {
    for await (const group of grouped(input.events(), size)) await publishing.take(group);
  } catch (error) {
    publishing.endEarly(error);
  }
  return publishing.finish();
}

/** The events of one input on their way, and what became of them so far. */
class Publishing {
  private readonly progress: Progress;
  private readonly codes: ExitCode[] = [];
  private client: Client | undefined;
  private journey: string | undefined;
  private refusal: string | undefined;
  private broken: unknown;

  constructor(
    private readonly context: Context,
    private who: Identity,
    private readonly input: Input,
  ) {
    this.progress = new Progress(context.terminal, 'events');
  }

  async take(group: readonly InputEvent[]): Promise<void> {
    const bytes = group.map((event) => event.bytes);
    this.client ??= await this.signIn(bytes[0]!);
    const outcomes = await send(this.client, bytes, this.context.signal);
    this.progress.clear();
    const isOneOfMany = group.length > 1 || this.codes.length > 0;
    for (const [at, outcome] of outcomes.entries()) this.settle(outcome, isOneOfMany ? group[at]?.name : undefined);
    this.progress.update(shareOf(this.input, group.at(-1)!.readBytes), this.codes.length);
  }

  /** What is reported as accepted stays so: the exit code must not hide it behind the error that came later. */
  endEarly(error: unknown): void {
    this.progress.clear();
    if (!this.codes.includes(EXIT_CODES.done)) throw error;
    this.broken = error;
    this.context.terminal.note(`Ended early: ${messageOf(error)}`);
  }

  finish(): ExitCode {
    const { terminal, signal } = this.context;
    this.progress.clear();
    const accepted = this.codes.filter((code) => code === EXIT_CODES.done).length;
    if (this.codes.length > 1 && !terminal.json) terminal.note(`${accepted} of ${this.codes.length} events accepted.`);
    terminal.next(
      ...(this.journey === undefined ? [] : [`signalbox journey ${this.journey}${this.context.again(this.who)}`]),
      ...(this.refusal === undefined ? [] : [`signalbox explain ${this.refusal}`]),
    );
    if (signal.aborted) return EXIT_CODES.interrupted;
    return exitCodeOfMany(this.broken === undefined ? this.codes : [...this.codes, exitCodeOf(this.broken)]);
  }

  private async signIn(first: Uint8Array): Promise<Client> {
    this.who = await identityFor(this.context.settings, this.who, first);
    return this.context.client(this.who);
  }

  private settle(outcome: Outcome, name: string | undefined): void {
    show(this.context, outcome, this.codes.length, name);
    if (outcome instanceof SignalboxError) {
      this.codes.push(exitCodeOf(outcome));
      this.refusal ??= outcome.code;
    } else {
      this.codes.push(EXIT_CODES.done);
      this.journey ??= outcome.journey;
    }
  }
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

function show({ terminal }: Context, outcome: Outcome, index: number, name: string | undefined): void {
  if (outcome instanceof SignalboxError) {
    if (terminal.json) terminal.result({ index, state: 'refused', ...problemFields(outcome) }, '');
    else terminal.note(`${name === undefined ? '' : `${name}: `}${problemText(outcome, terminal)}`);
    return;
  }
  const { id, source, journey, state, duplicate, findings = [] } = outcome;
  terminal.result(
    { index, id, source, journey, state, duplicate, ...(findings.length > 0 && { findings }) },
    `${terminal.styleResult('green', state)}  ${id}  journey ${journey}${duplicate ? '  (duplicate: recorded before)' : ''}`,
  );
  if (!terminal.json) for (const line of findingLines(findings)) terminal.note(line);
}
