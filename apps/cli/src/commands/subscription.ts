import type { Delivery, FollowedStep, Health, Subscription, TestOutcome } from '@signalbox/client';

import { carefully } from '../careful.js';
import type { CarefulOptions } from '../careful.js';
import type { Context, Identity } from '../context.js';
import { stepLine } from '../event-text.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { positive } from '../input.js';
import { listed } from '../listing.js';
import { withPrefix } from '../types.js';

/** `subscription list` */
export async function listSubscriptions(context: Context, options: Identity): Promise<ExitCode> {
  const client = await context.client(options);
  const all = await client.subscriptions.list();
  const code = listed(context, all, subscriptionRow, ['id', 'protocol', 'status', 'types', 'sent to']);
  const [first] = all;
  if (first !== undefined) context.terminal.next(`signalbox subscription health ${first.id}${context.again(options)}`);
  return code;
}

/** One subscription in a line: what tells it from others, and whether something is wrong with it. */
export function subscriptionRow({ id, protocol, status, statusReason, warning, types, sink }: Subscription): string[] {
  const why = statusReason ?? warning?.condition;
  return [id, protocol, why === undefined ? status : `${status} (${why})`, types.join(', '), sink ?? '-'];
}

/** `subscription health <id>` */
export async function health(context: Context, options: Identity, id: string): Promise<ExitCode> {
  const client = await context.client(options);
  const told = await client.subscriptions.health(id);
  context.terminal.result(
    told,
    healthText(told, (text) => context.terminal.styleResult('bold', text)),
  );
  if (told.stage > 0) {
    const again = context.again(options);
    context.terminal.next(`signalbox subscription attempts ${id}${again}`, `signalbox parked list ${id}${again}`);
  }
  return EXIT_CODES.done;
}

/** The condition in words, then what is known of the queue; what is not told is left out. */
export function healthText(told: Health, bold: (text: string) => string = (text) => text): string {
  const stage = told.stage === 0 ? '' : `, stage ${told.stage} of 3`;
  const since = told.since === undefined ? '' : ` since ${told.since}`;
  const status = told.status === told.condition ? '' : `  (${told.status})`;
  const facts = [
    ['reason', told.statusReason],
    ['waiting', told.more ? `${String(told.waiting)} or more` : told.waiting],
    ['unsettled', told.unsettled],
    ['oldest', told.oldest],
    ['circuit', told.circuit],
    ['attempts at once', told.limit],
    ['told by a relay', told.updated],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`  ${String(name).padEnd(16)}  ${String(value)}`]));
  return [`${bold(told.condition)}${stage}${since}${status}`, told.sentence, told.advice, ...facts].join('\n');
}

interface AttemptsOptions extends Identity {
  readonly event?: string;
  readonly source?: string;
  readonly state?: string;
  readonly reason?: string;
  readonly limit: string;
}

/** `subscription attempts <id>`: the last deliveries, or one delivery attempt by attempt. */
export async function attempts(context: Context, o: AttemptsOptions, id: string): Promise<ExitCode> {
  const client = await context.client(o);
  if (o.event !== undefined) {
    const source = o.source === undefined ? {} : { source: o.source };
    const history = await client.subscriptions.attempts(id, { id: o.event, ...source });
    context.terminal.result(history, historyText(history.delivery, history.attempts));
    return EXIT_CODES.done;
  }
  const { deliveries, next } = await client.subscriptions.deliveries(id, {
    limit: positive(o.limit, '--limit'),
    ...(o.state !== undefined && { state: [o.state] }),
    ...(o.reason !== undefined && { reason: o.reason }),
  });
  const code = listed(context, deliveries, deliveryRow, ['state', 'since', 'attempts', 'answer', 'event', 'type']);
  if (next !== undefined && !context.terminal.json) context.terminal.note('There are more: raise --limit.');
  const [first] = deliveries;
  if (first !== undefined)
    context.terminal.next(`signalbox subscription attempts ${id} --event ${first.id}${context.again(o)}`);
  return code;
}

function deliveryRow(one: Delivery): string[] {
  const marks = [
    one.replay === undefined ? [] : 'replay',
    one.corrects === undefined ? [] : 'correction',
    one.late === undefined ? [] : 'late',
  ].flat();
  const answer = [one.status, one.latencyms === undefined ? undefined : `${one.latencyms} ms`, one.reason];
  return [
    [one.state, ...marks].join(', '),
    one.since,
    String(one.attempts),
    answer.filter((part) => part !== undefined).join(' ') || '-',
    one.id,
    one.type,
  ];
}

function historyText(delivery: Delivery, steps: readonly FollowedStep[]): string {
  const reason = delivery.reason === undefined ? '' : `, ${delivery.reason}`;
  const next = delivery.nextattempt === undefined ? '' : `; next attempt ${delivery.nextattempt}`;
  const heading = `${delivery.id}  ${delivery.type}  is ${delivery.state} since ${delivery.since}${reason}${next}`;
  return [heading, ...steps.flatMap((step) => [`  ${stepLine(step)}`, ...answerLines(step)])].join('\n');
}

function answerLines({ answer, by, note }: FollowedStep): string[] {
  return [
    answer === undefined ? [] : `      answered: ${answer.replace(/\s+/g, ' ')}`,
    by === undefined ? [] : `      by ${by}${note === undefined ? '' : `: ${note}`}`,
  ].flat();
}

/** `subscription test <id>`: done if the receiver took the test, failed if not. */
export async function test(context: Context, o: Identity & { readonly type?: string }, id: string): Promise<ExitCode> {
  const client = await context.client(o);
  const told = await client.subscriptions.test(id, o.type === undefined ? {} : { type: withPrefix(o.type) });
  const taken = told.outcome === 'delivered';
  context.terminal.result(told, context.terminal.styleResult(taken ? 'green' : 'red', testText(told)));
  return taken ? EXIT_CODES.done : EXIT_CODES.failed;
}

/** What the receiver did with a test, and what the same would mean for an event. */
export function testText(told: TestOutcome): string {
  const words: Readonly<Record<TestOutcome['outcome'], string>> = {
    delivered: 'The receiver took the test',
    retry: 'The receiver did not take the test; an event would be tried again',
    refused: 'The receiver refused the test; an event would be parked',
  };
  const facts = [
    told.status === undefined ? undefined : `status ${told.status}`,
    told.latencyms === undefined ? undefined : `${told.latencyms} ms`,
    told.reason,
  ].filter((part) => part !== undefined);
  return [
    `${words[told.outcome]}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}.`,
    ...(told.detail === undefined ? [] : [told.detail]),
    ...(told.answer === undefined || told.answer === '' ? [] : [`It answered: ${told.answer.replace(/\s+/g, ' ')}`]),
    `Sent: ${told.type}  ${told.id}`,
  ].join('\n');
}

/** `subscription pause <id>` */
export async function pause(context: Context, options: Identity, id: string): Promise<ExitCode> {
  const client = await context.client(options);
  const paused = await client.subscriptions.pause(id);
  context.terminal.result(paused, `${id} is ${paused.status}: what comes from now on is kept for it.`);
  context.terminal.next(`signalbox subscription resume ${id}${context.again(options)}`);
  return EXIT_CODES.done;
}

/** `subscription resume <id>` */
export async function resume(context: Context, options: Identity, id: string): Promise<ExitCode> {
  const client = await context.client(options);
  const resumed = await client.subscriptions.resume(id);
  const first = resumed.status === 'pending' ? ' Its endpoint is asked first whether it still consents.' : '';
  context.terminal.result(resumed, `${id} is ${resumed.status}: it goes on where it was left.${first}`);
  return EXIT_CODES.done;
}

/** `subscription rotate-secret <id>`: the new secret alone on stdout, so that it can be piped to where it belongs. */
export async function rotateSecret(
  context: Context,
  options: Identity & CarefulOptions & { readonly revoke?: boolean },
  id: string,
): Promise<ExitCode> {
  const client = await context.client(options);
  const { terminal } = context;
  const rotate = async (): Promise<ExitCode> => {
    const rotated = await client.subscriptions.rotateSecret(id, options.revoke === true ? { overlapMs: 0 } : {});
    terminal.result(rotated, rotated.sinksecrets[0] ?? '');
    const until = rotated.oldsecretsuntil;
    const old = until === undefined ? 'The old one signs no more.' : `The old one signs too until ${until}.`;
    if (!terminal.json) terminal.note(`This is shown once. ${old}`);
    return EXIT_CODES.done;
  };
  if (options.revoke !== true) return rotate();
  // Until the receiver has the new secret it refuses everything, and what it refuses is parked.
  return carefully(context, options, {
    plan: () => client.subscriptions.get(id),
    show: () => terminal.note(`The old secret of ${id} would stop at once.`),
    question: () => `Rotate? Until the receiver has the new secret, what it refuses is parked.`,
    carryOut: rotate,
  });
}

/** `subscription delete <id>` */
export async function remove(context: Context, options: Identity & CarefulOptions, id: string): Promise<ExitCode> {
  const client = await context.client(options);
  return carefully(context, options, {
    plan: () => client.subscriptions.get(id),
    show: ({ protocol, status, types }) =>
      context.terminal.resultText(`${id} (${protocol}, ${status}) receives ${types.join(', ')}.`),
    question: () => `End ${id}? What waits for it is not delivered.`,
    carryOut: async () => {
      await client.subscriptions.delete(id);
      context.terminal.result({ id, deleted: true }, `${id} is ended.`);
      return EXIT_CODES.done;
    },
  });
}
