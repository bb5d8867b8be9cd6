import { randomBytes } from 'node:crypto';

import { signWebhook } from '@signalbox/contracts';
import type { ReceivedEvent } from '@signalbox/client';

import type { Context, Identity } from '../context.js';
import { CommandFailure, EXIT_CODES, messageOf } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { positive } from '../input.js';
import type { Terminal } from '../terminal.js';

interface ListenOptions extends Identity {
  readonly forwardTo?: string;
  readonly since?: string;
  readonly max?: string;
  readonly keep?: boolean;
}

/** Where events are handed on, and the secret that signs them there. */
interface Target {
  readonly url: string;
  readonly secret: string;
}

/** How long the local receiver may take for one event, in milliseconds; the exchange's own webhooks allow about as much. */
const FORWARD_TIMEOUT_MS = 15_000;
const PREFIX = 'org.signalbox.';

/**
 * `listen [types…]`: a pull subscription for as long as the command runs. With `--forward-to` each event goes to a
 * local address as the exchange's own webhooks would bring it. A failing receiver is shown, not retried: this is a
 * tool for building receivers.
 */
export async function listen(context: Context, options: ListenOptions, ...rest: unknown[]): Promise<ExitCode> {
  const types = typesOf(rest[0]);
  const max = options.max === undefined ? Infinity : positive(options.max, '--max');
  const target = targetOf(options.forwardTo);
  const client = await context.client(options);
  const ending = new AbortController();
  let received = 0;
  let failed = 0;
  await client.subscribe(
    async (event) => {
      received += 1;
      if (target === undefined) showEvent(context.terminal, event);
      else if (!(await forward(context.terminal, target, event))) failed += 1;
      if (received >= max) ending.abort();
    },
    {
      types,
      batchSize: 1,
      signal: AbortSignal.any([context.signal, ending.signal]),
      ...(options.since !== undefined && { start: options.since }),
      ...(options.keep === true && { keep: true }),
      onReady: (id) => ready(context.terminal, id, types, target, options.keep === true),
      onTrouble: (error) => context.terminal.note(`waiting: ${messageOf(error)}`),
    },
  );
  context.terminal.note(`${received} received${target === undefined ? '' : `, ${failed} not taken by ${target.url}`}.`);
  if (context.signal.aborted) return EXIT_CODES.interrupted;
  if (failed === 0) return EXIT_CODES.done;
  return failed === received ? EXIT_CODES.failed : EXIT_CODES.partly;
}

/** Types as they are subscribed: the common beginning may be left out. */
function typesOf(given: unknown): string[] {
  const types = Array.isArray(given) ? given.map(String) : [];
  if (types.length === 0) return [`${PREFIX}*`];
  return types.map((type) => (type === '*' || type.startsWith(PREFIX) ? type : `${PREFIX}${type}`));
}

function targetOf(url: string | undefined): Target | undefined {
  if (url === undefined) return undefined;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new CommandFailure(EXIT_CODES.usage, '--forward-to must be an http or https address.');
  }
  return { url, secret: `whsec_${randomBytes(32).toString('base64')}` };
}

function ready(terminal: Terminal, id: string, types: string[], target: Target | undefined, keep: boolean): void {
  terminal.note(
    `Ready: ${types.join(', ')} through subscription ${id}${keep ? ' (kept at the end)' : ''}. Ctrl-C ends it.`,
  );
  if (target !== undefined) terminal.note(`Signing secret: ${target.secret}`);
}

function showEvent(terminal: Terminal, event: ReceivedEvent): void {
  if (terminal.json) terminal.raw(`${versioned(event)}\n`);
  else terminal.resultText(`${event.time ?? ''}  ${event.type}  ${event.id}  journey ${event.journey ?? '-'}`);
}

/** The event as it came, on one line, beside the version: its content is put in as text, never parsed and written again. */
function versioned(event: ReceivedEvent): string {
  const text = Buffer.from(event.structured()).toString('utf8');
  return `{"v":1,"event":${singleLine(text)}}`;
}

/** Line ends in JSON stand only between tokens (inside strings they are escaped), so a space may take their place. */
function singleLine(json: string): string {
  return json.replace(/[\r\n]+/g, ' ');
}

/** One round trip, shown as it happens; true if the receiver took the event. */
async function forward(terminal: Terminal, target: Target, event: ReceivedEvent): Promise<boolean> {
  if (!terminal.json) terminal.resultText(`--> ${event.type}  ${event.id}`);
  const started = performance.now();
  const status = await post(target, event);
  const latencyms = Math.round(performance.now() - started);
  const taken = typeof status === 'number' && status >= 200 && status < 300;
  const shown = terminal.styleResult(taken ? 'green' : 'red', `[${status}]`);
  terminal.result(
    { id: event.id, source: event.source, type: event.type, taken, [taken ? 'status' : 'answer']: status, latencyms },
    `<-- ${shown}  ${latencyms} ms`,
  );
  return taken;
}

/** The status of the answer, or a word for why there was none. */
async function post(target: Target, event: ReceivedEvent): Promise<number | string> {
  const body = event.structured();
  const signed = signWebhook({ id: event.id, body, secrets: [target.secret] });
  try {
    const answer = await fetch(target.url, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/cloudevents+json', ...signed },
      body: body as Uint8Array<ArrayBuffer>,
      signal: AbortSignal.timeout(FORWARD_TIMEOUT_MS),
    });
    await answer.body?.cancel();
    return answer.status;
  } catch (error) {
    return (error as { name?: unknown }).name === 'TimeoutError' ? 'no answer in time' : 'nobody listens there';
  }
}
