import { newSecret } from '@signalbox/contracts';
import type { Client, ReceivedEvent } from '@signalbox/client';

import type { Context, Identity } from '../context.js';
import { CommandFailure, EXIT_CODES, isClientError, messageOf } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { positive } from '../input.js';
import { arrivals } from '../listening/arrivals.js';
import type { Arrival } from '../listening/arrivals.js';
import { forward } from '../listening/forwarding.js';
import type { RoundTrip, Target } from '../listening/forwarding.js';
import { answerLine, verdictOf } from '../listening/verdict.js';
import type { Verdict } from '../listening/verdict.js';
import type { Terminal } from '../terminal.js';
import { withPrefix } from '../types.js';

interface ListenOptions extends Identity {
  readonly forwardTo?: string;
  readonly subscription?: string;
  readonly since?: string;
  readonly max?: string;
  readonly attempts?: string;
  readonly keep?: boolean;
  readonly print?: boolean;
}

/** What one run works with. */
interface Session {
  readonly context: Context;
  readonly client: Client;
  readonly subscription: string;
  /** Made for this run, and removed at its end. */
  readonly temporary: boolean;
  readonly target: Target | undefined;
  /** Whether content may be shown. */
  readonly print: boolean;
  readonly max: number;
}

interface Tally {
  received: number;
  /** Not taken. A cursor acknowledges all before it too: after the first of these nothing is acknowledged any more. */
  failed: number;
}

/**
 * `listen [types…]`: reads a pull subscription, made for as long as the command runs or an existing one, as a stream. With
 * `--forward-to` each event goes to a local address as the exchange's own webhooks would bring it, again until it is taken,
 * and is acknowledged only then: a receiver behind a firewall gets what a public one would get.
 */
export async function listen(context: Context, options: ListenOptions, ...rest: unknown[]): Promise<ExitCode> {
  const types = Array.isArray(rest[0]) ? rest[0].map(String) : [];
  const max = options.max === undefined ? Infinity : positive(options.max, '--max');
  const target = targetOf(options);
  const client = await context.client(options);
  const { id, temporary } = await subscriptionFor(client, options, types);
  const print = options.print === true;
  const session: Session = { context, client, subscription: id, temporary, target, print, max };
  const tally: Tally = { received: 0, failed: 0 };
  try {
    await receive(session, tally);
  } finally {
    if (temporary) await remove(session);
  }
  const { received, failed } = tally;
  context.terminal.note(`${received} received${target === undefined ? '' : `, ${failed} not taken by ${target.url}`}.`);
  if (context.signal.aborted) return EXIT_CODES.interrupted;
  if (failed === 0) return EXIT_CODES.done;
  return failed === received ? EXIT_CODES.failed : EXIT_CODES.partly;
}

function targetOf(o: ListenOptions): Target | undefined {
  const { forwardTo: url } = o;
  const attempts = o.attempts === undefined ? Infinity : positive(o.attempts, '--attempts');
  if (url === undefined) return undefined;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new CommandFailure(EXIT_CODES.usage, '--forward-to must be an http or https address.');
  }
  return { url, attempts, secret: newSecret() };
}

async function subscriptionFor(
  client: Client,
  o: ListenOptions,
  types: readonly string[],
): Promise<{ id: string; temporary: boolean }> {
  if (o.subscription === undefined) {
    const { id } = await client.subscriptions.create({
      protocol: 'PULL',
      types: types.length === 0 ? ['org.signalbox.*'] : types.map(withPrefix),
      ...(o.since !== undefined && { start: o.since }),
    });
    return { id, temporary: o.keep !== true };
  }
  if (types.length > 0 || o.since !== undefined) {
    const message = 'A subscription that exists has its own types and position: leave out the types and --since.';
    throw new CommandFailure(EXIT_CODES.usage, message);
  }
  const { id, protocol } = await client.subscriptions.get(o.subscription);
  if (protocol === 'PULL') return { id, temporary: false };
  throw new CommandFailure(
    EXIT_CODES.usage,
    `Subscription ${id} is delivered by ${protocol}; only one of protocol PULL can be listened to.`,
    `signalbox subscription switch ${id} --to pull   (or leave out --subscription: one is made for the session)`,
  );
}

async function receive(session: Session, tally: Tally): Promise<void> {
  const { context, client, subscription, max } = session;
  const { terminal, signal } = context;
  let announced = false;
  const reading = arrivals(client, subscription, {
    signal,
    onReading: (way) => {
      if (!announced) ready(session, way);
      else terminal.note(`Reading on by ${way}.`);
      announced = true;
    },
    onTrouble: (error) => terminal.note(`waiting: ${messageOf(error)}`),
  });
  for await (const arrival of reading) {
    const verdict = await dealtWith(session, arrival);
    if (verdict === undefined) return;
    tally.received += 1;
    if (verdict !== 'taken') {
      tally.failed += 1;
      if (tally.failed === 1)
        terminal.note('From here on nothing is acknowledged, so that what was not taken comes again.');
    } else if (tally.failed === 0) await acknowledge(session, arrival);
    if (verdict === 'gone' || tally.received >= max) return;
  }
}

function ready({ context, subscription, temporary, target }: Session, way: 'stream' | 'pull'): void {
  const { terminal } = context;
  const end = temporary ? 'Ctrl-C ends it and removes the subscription' : 'Ctrl-C ends it; the subscription stays';
  terminal.note(`Ready: subscription ${subscription}, read by ${way}. ${end}.`);
  if (target !== undefined) terminal.note(`Signing secret: ${target.secret}`);
}

/** Shows or hands on one event; undefined where the person ended it first. */
async function dealtWith({ context, target, print }: Session, { event }: Arrival): Promise<Verdict | undefined> {
  const { terminal, signal } = context;
  if (target === undefined) {
    showEvent(terminal, event, print);
    return 'taken';
  }
  terminal.resultText(`--> ${event.type}  ${event.id}${marksText(event)}`);
  if (print) showContent(terminal, event);
  return forward(target, event, signal, (trip) => showTrip(terminal, event, trip));
}

function showTrip(terminal: Terminal, event: ReceivedEvent, { attempt, answer, latencyms, againMs }: RoundTrip): void {
  const taken = verdictOf(answer) === 'taken';
  const { id, source, type, marks } = event;
  const { status } = answer;
  terminal.result(
    {
      id,
      source,
      type,
      ...(Object.keys(marks).length > 0 && { marks }),
      attempt,
      taken,
      ...(status === undefined ? { answer: answer.why } : { status }),
      latencyms,
      ...(againMs !== undefined && { againms: againMs }),
    },
    terminal.styleResult(taken ? 'green' : 'red', answerLine(answer, latencyms, againMs)),
  );
}

function showEvent(terminal: Terminal, event: ReceivedEvent, print: boolean): void {
  const { id, source, type, time, journey, marks } = event;
  if (print && terminal.json) return showContent(terminal, event);
  const fields = { id, source, type, time, journey, ...(Object.keys(marks).length > 0 && { marks }) };
  terminal.result(fields, `${time ?? ''}  ${type}  ${id}  journey ${journey ?? '-'}${marksText(event)}`);
  if (print) showContent(terminal, event);
}

function marksText({ marks }: ReceivedEvent): string {
  const told = Object.entries(marks).map(([name, value]) => (name === 'test' ? name : `${name} ${value}`));
  return told.length === 0 ? '' : `  (${told.join(', ')})`;
}

/** The whole event as it came; its content is never parsed and written again. */
function showContent(terminal: Terminal, event: ReceivedEvent): void {
  const text = Buffer.from(event.structured()).toString('utf8');
  // Line ends in JSON stand only between tokens (inside strings they are escaped), so a space may take their place.
  terminal.raw(terminal.json ? `{"v":1,"event":${text.replace(/[\r\n]+/g, ' ')}}\n` : `${text}\n`);
}

/** What could not be acknowledged comes again; there is no reason to end for it. */
async function acknowledge({ context, client, subscription }: Session, { event, cursor }: Arrival): Promise<void> {
  try {
    await client.subscriptions.acknowledge(subscription, cursor);
  } catch (error) {
    if (!isClientError(error) || !error.retryable) throw error;
    context.terminal.note(`${event.id} could not be acknowledged and may come again: ${messageOf(error)}`);
  }
}

async function remove({ context, client, subscription }: Session): Promise<void> {
  try {
    await client.subscriptions.delete(subscription);
  } catch (error) {
    context.terminal.note(`Subscription ${subscription} could not be removed: ${messageOf(error)}`);
    context.terminal.next(`signalbox subscription delete ${subscription}`);
  }
}
