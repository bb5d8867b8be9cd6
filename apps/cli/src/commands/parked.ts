import type {
  Action,
  Client,
  Delivery,
  Parked,
  ParkedGroup,
  ParkedResult,
  ParkedSelection,
  ParkedWish,
} from '@signalbox/client';

import { carefully } from '../careful.js';
import type { CarefulOptions } from '../careful.js';
import type { Context, Identity } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { counted, listed } from '../listing.js';

/** `parked list <subscription>`: by cause; with `--reason` each of them. */
export async function listParked(
  context: Context,
  options: Identity & { readonly reason?: string },
  subscription: string,
): Promise<ExitCode> {
  const client = await context.client(options);
  if (options.reason !== undefined) return listOfReason(context, client, subscription, options.reason);
  const groups = await client.subscriptions.parked.list(subscription);
  const { terminal } = context;
  for (const group of groups) terminal.result(group, groupText(group));
  if (groups.length === 0) terminal.note('Nothing is parked.');
  const reason = groups[0]?.reason;
  if (reason !== undefined) {
    const again = context.again(options);
    terminal.next(
      `signalbox parked list ${subscription} --reason ${reason}${again}`,
      `signalbox parked retry ${subscription} --reason ${reason} --dry-run${again}`,
    );
  }
  return EXIT_CODES.done;
}

/** One cause: how many, since when, whose move it is, and one of them to look at. */
export function groupText({
  reason,
  sentence,
  count,
  attempts,
  journeys,
  first,
  last,
  owner,
  sample,
}: ParkedGroup): string {
  const who = [owner.name ?? owner.ods, owner.contact].filter((part) => part !== undefined).join(', ');
  return [
    `${deliveries(count)}  ${reason ?? '(no reason)'}  of ${counted(journeys, 'journey')}, parked from ${first} to ${last}`,
    ...(sentence === undefined ? [] : [`    ${sentence}`]),
    `    ${counted(attempts, 'attempt')} in all; the move is with the ${owner.side}: ${who}`,
    `    the newest: ${sample.id}  ${sample.type}`,
  ].join('\n');
}

async function listOfReason(context: Context, client: Client, subscription: string, reason: string): Promise<ExitCode> {
  const all: Delivery[] = [];
  let after: string | undefined;
  do {
    const page = await client.subscriptions.parked.ofReason(subscription, reason, after);
    all.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return listed(context, all, ({ id, type, since, attempts, answer, handedover }) => [
    id,
    type,
    since,
    counted(attempts, 'attempt'),
    [
      answer === undefined ? [] : `answered: ${answer.replace(/\s+/g, ' ')}`,
      handedover?.note === undefined ? [] : `handed over: ${handedover.note}`,
    ]
      .flat()
      .join('; '),
  ]);
}

interface ActOptions extends Identity, CarefulOptions {
  readonly event?: readonly string[];
  readonly source?: string;
  readonly reason?: string;
  readonly all?: boolean;
  readonly note?: string;
  readonly to?: string;
  readonly who?: string;
}

/** What is done with them, in the words of a question and of its answer. */
interface Act {
  readonly name: ParkedResult['act'];
  readonly ask: (count: string) => string;
  readonly did: (count: string) => string;
  readonly send: (parked: Parked, wish: ParkedWish) => Promise<ParkedResult>;
}

/** `parked retry <subscription>` */
export function retry(context: Context, o: ActOptions, subscription: string): Promise<ExitCode> {
  return act(context, o, subscription, {
    name: 'retry',
    ask: (count) => `Deliver ${count} again?`,
    did: (count) => `${count} will be delivered again.`,
    send: (parked, wish) => parked.retry(subscription, wish),
  });
}

/** `parked hand-over <subscription> --to <name>` */
export function handOver(context: Context, o: ActOptions, subscription: string): Promise<ExitCode> {
  const to = o.to ?? '';
  return act(context, o, subscription, {
    name: 'hand-over',
    ask: (count) => `Hand ${count} over to ${to}?`,
    did: (count) => `${count} handed over to ${to}.`,
    send: (parked, wish) => parked.handOver(subscription, { ...wish, to }),
  });
}

/** `parked handled <subscription> --note <text>` */
export async function handled(context: Context, o: ActOptions, subscription: string): Promise<ExitCode> {
  const { note } = o;
  if (note === undefined) throw new CommandFailure(EXIT_CODES.usage, 'Say with --note how they were dealt with.');
  return act(context, o, subscription, {
    name: 'handled',
    ask: (count) => `Mark ${count} as handled outside the exchange? They are not delivered then.`,
    did: (count) => `${count} marked as handled outside.`,
    send: (parked, wish) => parked.handled(subscription, { ...wish, note }),
  });
}

async function act(context: Context, o: ActOptions, subscription: string, what: Act): Promise<ExitCode> {
  const { terminal } = context;
  const client = await context.client(o);
  const { parked } = client.subscriptions;
  const to = o.to ?? o.who;
  const wish: ParkedWish = {
    selection: await selectionOf(client, o, subscription),
    ...(o.note !== undefined && { note: o.note }),
    ...(to !== undefined && { to }),
  };
  return carefully(context, o, {
    plan: () => parked.plan(subscription, what.name, wish),
    show: (plan) => terminal.result(plan, planText(plan, namedIn(wish.selection))),
    question: (plan) => what.ask(deliveries(plan.deliveries)),
    carryOut: async () => {
      const done = await what.send(parked, wish);
      if (done.action === undefined) terminal.result(done, doneText(done, what));
      else {
        terminal.result(done, `Nothing is done yet: action ${done.action} waits for a second person.`);
        terminal.next(`signalbox action approve ${done.action} --app <another application>`);
      }
      return EXIT_CODES.done;
    },
  });
}

/** What an act would do, what could be duplicated, and who else has to agree. */
export function planText(
  { act: name, deliveries: count, duplicates, more, secondperson }: ParkedResult,
  named = count,
): string {
  const twice = `${duplicates === count ? (count === 1 ? 'It' : 'All of them') : counted(duplicates, 'delivery', 'deliveries')} may have arrived all the same: an attempt ended without an answer.`;
  return [
    `It is about ${deliveries(count)}.`,
    ...(named > count
      ? [`${counted(named, 'event was', 'events were')} named: what is not parked is left as it is.`]
      : []),
    ...(name === 'retry' ? [duplicates === 0 ? 'None of them can have arrived already.' : twice] : []),
    ...(more ? ['More are parked than one act may be about: repeat it for the rest.'] : []),
    ...(secondperson ? ['A second person has to agree before anything is done.'] : []),
  ].join('\n');
}

/** How many events were named one by one, where they were. */
function namedIn(selection: ParkedSelection): number | undefined {
  return 'events' in selection ? selection.events.length : undefined;
}

function doneText({ changed = 0, gone = 0 }: ParkedResult, what: Act): string {
  const rest = gone === 0 ? '' : ` ${deliveries(gone)} were no longer parked.`;
  return `${what.did(deliveries(changed))}${rest}`;
}

function deliveries(count: number): string {
  return counted(count, 'delivery', 'deliveries');
}

/** @throws {@link CommandFailure} (usage) unless exactly one way of choosing was taken. */
async function selectionOf(client: Client, o: ActOptions, subscription: string): Promise<ParkedSelection> {
  const chosen = [o.event, o.reason, o.all === true ? 'all' : undefined].filter((one) => one !== undefined);
  if (chosen.length !== 1) {
    throw new CommandFailure(EXIT_CODES.usage, 'Say which by exactly one of --event, --reason, --all.');
  }
  if (o.all === true) return { all: true };
  if (o.reason !== undefined) return { reason: o.reason };
  const { source } = o;
  const sourceOf = async (id: string): Promise<string> =>
    source ?? (await client.subscriptions.attempts(subscription, { id })).delivery.source;
  const ids = [...new Set(o.event)];
  return { events: await Promise.all(ids.map(async (id) => ({ source: await sourceOf(id), id }))) };
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
  const on = action.changed === undefined ? '' : `: carried out on ${deliveries(action.changed)}`;
  context.terminal.result(action, `Action ${id} is ${action.status}${on}.`);
  return EXIT_CODES.done;
}

/** `action reject <id>` */
export async function reject(context: Context, options: Identity, id: string): Promise<ExitCode> {
  const client = await context.client(options);
  const action = await client.actions.reject(id);
  context.terminal.result(action, `Action ${id} is ${action.status}: nothing is done.`);
  return EXIT_CODES.done;
}
