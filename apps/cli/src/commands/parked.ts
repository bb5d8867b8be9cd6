import type { Action, ParkedGroup, ParkedResult, ParkedSelection, ParkedWish } from '@signalbox/client';

import { carefully } from '../careful.js';
import type { CarefulOptions } from '../careful.js';
import type { Context, Identity } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { counted, listed } from '../listing.js';

/** `parked list <subscription>` */
export async function listParked(context: Context, options: Identity, subscription: string): Promise<ExitCode> {
  const client = await context.client(options);
  const groups = await client.subscriptions.parked.list(subscription);
  const code = listed(context, groups, groupRow, ['reason', 'deliveries', 'attempts', 'first', 'last']);
  const [first] = groups;
  if (first?.reason !== undefined) {
    const again = context.again(options);
    context.terminal.next(`signalbox parked retry ${subscription} --reason ${first.reason} --dry-run${again}`);
  }
  return code;
}

function groupRow({ reason, count, attempts, first, last }: ParkedGroup): string[] {
  return [reason ?? '(no reason)', String(count), String(attempts ?? '-'), first ?? '-', last ?? '-'];
}

interface ActOptions extends Identity, CarefulOptions {
  readonly event?: string;
  readonly source?: string;
  readonly reason?: string;
  readonly all?: boolean;
  readonly note?: string;
  readonly to?: string;
}

/** What is done with them, in the words of a question and of its answer. */
interface Act {
  readonly ask: (count: string) => string;
  readonly did: (count: string) => string;
  readonly send: (wish: ParkedWish) => Promise<ParkedResult>;
}

/** `parked retry <subscription>` */
export async function retry(context: Context, o: ActOptions, subscription: string): Promise<ExitCode> {
  const { parked } = (await context.client(o)).subscriptions;
  return act(context, o, subscription, {
    ask: (count) => `Deliver ${count} again?`,
    did: (count) => `${count} will be delivered again.`,
    send: (wish) => parked.retry(subscription, wish),
  });
}

/** `parked hand-over <subscription> --to <name>` */
export async function handOver(context: Context, o: ActOptions, subscription: string): Promise<ExitCode> {
  const { parked } = (await context.client(o)).subscriptions;
  const to = o.to ?? '';
  return act(context, o, subscription, {
    ask: (count) => `Hand ${count} over to ${to}?`,
    did: (count) => `${count} handed over to ${to}.`,
    send: (wish) => parked.handOver(subscription, { ...wish, to }),
  });
}

/** `parked handled <subscription> --note <text>` */
export async function handled(context: Context, o: ActOptions, subscription: string): Promise<ExitCode> {
  const { note } = o;
  if (note === undefined) throw new CommandFailure(EXIT_CODES.usage, 'Say with --note how they were dealt with.');
  const { parked } = (await context.client(o)).subscriptions;
  return act(context, o, subscription, {
    ask: (count) => `Mark ${count} as handled outside the exchange? They are not delivered then.`,
    did: (count) => `${count} marked as handled outside.`,
    send: (wish) => parked.handled(subscription, { ...wish, note }),
  });
}

async function act(context: Context, o: ActOptions, subscription: string, what: Act): Promise<ExitCode> {
  const { terminal } = context;
  const wish: ParkedWish = {
    selection: await selectionOf(context, o, subscription),
    ...(o.note !== undefined && { note: o.note }),
  };
  return carefully(context, o, {
    plan: () => what.send({ ...wish, dryrun: true }),
    show: (plan) => terminal.result(plan, planText(plan)),
    question: (plan) => (countOf(plan) === 0 ? undefined : what.ask(deliveries(countOf(plan)))),
    carryOut: async () => {
      const done = await what.send({ ...wish, dryrun: false });
      if (done.action === undefined) terminal.result(done, what.did(deliveries(countOf(done))));
      else {
        terminal.result(done, `A second person has to agree first: action ${done.action} waits.`);
        terminal.next(`signalbox action approve ${done.action} --app <another application>`);
      }
      return EXIT_CODES.done;
    },
  });
}

function planText(plan: ParkedResult): string {
  return JSON.stringify(plan);
}

function countOf(result: ParkedResult): number {
  return Number(result['deliveries'] ?? 0);
}

function deliveries(count: number): string {
  return counted(count, 'delivery', 'deliveries');
}

/** @throws {@link CommandFailure} (usage) unless exactly one way of choosing was taken. */
async function selectionOf(context: Context, o: ActOptions, subscription: string): Promise<ParkedSelection> {
  const chosen = [o.event, o.reason, o.all === true ? 'all' : undefined].filter((one) => one !== undefined);
  if (chosen.length !== 1) {
    throw new CommandFailure(EXIT_CODES.usage, 'Say which by exactly one of --event, --reason, --all.');
  }
  if (o.all === true) return { all: true };
  if (o.reason !== undefined) return { reason: o.reason };
  const id = o.event ?? '';
  if (o.source !== undefined) return { events: [{ source: o.source, id }] };
  const client = await context.client(o);
  const { delivery } = await client.subscriptions.attempts(subscription, { id });
  return { events: [{ source: delivery.source, id }] };
}

/** `action list` */
export async function listActions(context: Context, options: Identity): Promise<ExitCode> {
  const client = await context.client(options);
  return listed(context, await client.actions.list(), actionRow, [
    'id',
    'status',
    'act',
    'deliveries',
    'subscription',
    'asked by',
    'until',
  ]);
}

function actionRow(action: Action): string[] {
  const { id, status, act: what, deliveries: count, subscription, by, expires } = action;
  return [id, status, what, String(count), subscription, by, expires];
}

/** `action approve <id>` */
export async function approve(context: Context, options: Identity, id: string): Promise<ExitCode> {
  const client = await context.client(options);
  const action = await client.actions.approve(id);
  context.terminal.result(action, `Action ${id} is ${action.status}.`);
  return EXIT_CODES.done;
}

/** `action reject <id>` */
export async function reject(context: Context, options: Identity, id: string): Promise<ExitCode> {
  const client = await context.client(options);
  const action = await client.actions.reject(id);
  context.terminal.result(action, `Action ${id} is ${action.status}: nothing is done.`);
  return EXIT_CODES.done;
}
