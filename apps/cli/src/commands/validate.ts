import { SignalboxError } from '@signalbox/client';
import type { Client, Validation } from '@signalbox/client';

import type { Context, Identity } from '../context.js';
import { EXIT_CODES, exitCodeOf, exitCodeOfMany } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { openInput, shareOf } from '../input.js';
import { storedKeys } from '../keys.js';
import { findingLines, problemText } from '../problems.js';
import { Progress } from '../progress.js';
import { identityFor } from '../sign-in.js';

/** `validate <file|->`: the judgement that publishing would meet, one result an event; nothing is stored. */
export async function validate(context: Context, options: Identity, file: string): Promise<ExitCode> {
  const input = await openInput(file, context.streams.stdin);
  const progress = new Progress(context.terminal, 'events');
  const codes: ExitCode[] = [];
  let client: Client | undefined;
  for await (const { bytes, readBytes, name } of input.events()) {
    client ??= await context.client(await anyoneFor(context, options, bytes));
    const judgement = await judged(client, bytes, context.signal);
    progress.clear();
    codes.push(show(context, judgement, { index: codes.length, name }));
    progress.update(shareOf(input, readBytes), codes.length);
  }
  progress.clear();
  const valid = codes.filter((code) => code === EXIT_CODES.done).length;
  if (codes.length > 1 && !context.terminal.json)
    context.terminal.note(`${valid} of ${codes.length} events are valid.`);
  context.terminal.next(
    valid === codes.length ? `signalbox publish ${file}${context.again(options)}` : 'signalbox explain <code or rule>',
  );
  return exitCodeOfMany(codes);
}

/** A judgement needs a token but no grant, so that where nobody is meant in particular, any key of this machine will do. */
async function anyoneFor({ settings }: Context, options: Identity, event: Uint8Array): Promise<Identity> {
  const meant = await identityFor(settings, options, event);
  const needless = meant.org !== undefined || settings.organisation !== undefined || (settings.token ?? '') !== '';
  const [any] = needless ? [] : await storedKeys(settings.keysFolder);
  return any === undefined ? meant : { org: any.organisation, app: any.application };
}

/** An event that is not even a CloudEvent is refused as a request: for the person at the terminal that is a judgement too. */
async function judged(client: Client, bytes: Uint8Array, signal: AbortSignal): Promise<Validation | SignalboxError> {
  try {
    return await client.validate(bytes, { signal });
  } catch (error) {
    if (error instanceof SignalboxError && exitCodeOf(error) === EXIT_CODES.refused) return error;
    throw error;
  }
}

/** Which of the events it was: its place among all, and its name for people. */
interface Which {
  readonly index: number;
  readonly name: string;
}

function show({ terminal }: Context, judgement: Validation | SignalboxError, which: Which): ExitCode {
  const { findings, code } = judgement;
  if (!(judgement instanceof SignalboxError) && judgement.valid) {
    const text = `${terminal.styleResult('green', 'valid')}  ${which.name}  ${judgement.type ?? ''}`.trimEnd();
    terminal.result(
      { ...which, valid: true, ...(judgement.type !== undefined && { type: judgement.type }), findings },
      text,
    );
    if (!terminal.json) for (const line of findingLines(findings)) terminal.note(line);
    return EXIT_CODES.done;
  }
  const detail = judgement instanceof SignalboxError ? judgement.detail : `The event would be refused.`;
  const told = { code: code ?? 'refused', detail, findings };
  if (terminal.json) terminal.result({ ...which, valid: false, ...told }, '');
  else {
    terminal.resultText(`${terminal.styleResult('red', 'not valid')}  ${which.name}  ${told.code}`);
    terminal.note(problemText(told, terminal));
  }
  return EXIT_CODES.refused;
}
