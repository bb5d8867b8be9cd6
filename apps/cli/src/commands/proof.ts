import type { WorkItem } from '@signalbox/client';

import { carefully } from '../careful.js';
import type { CarefulOptions } from '../careful.js';
import type { Context, Identity } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { OPERATOR } from '../keys.js';
import { counted } from '../listing.js';
import { handledText, recipientsText, reconciliationText, statementText, workItemText } from '../proof-text.js';

/** `recipients <event>` */
export async function recipients(
  context: Context,
  options: Identity & { readonly source?: string },
  event: string,
): Promise<ExitCode> {
  const client = await context.client(options);
  const told = await client.proof.recipients(event, options.source);
  context.terminal.result(told, recipientsText(told));
  context.terminal.next(`signalbox journey ${told.journey}${context.again(options)}`);
  return EXIT_CODES.done;
}

interface HandledOptions extends Identity, CarefulOptions {
  readonly source?: string;
  readonly receiver: string;
  readonly subscription?: string;
  readonly who: string;
  readonly note: string;
}

/** `recipients handled <event> --receiver <ods> --who <name> --note <text>` */
export async function handledRecipient(context: Context, o: HandledOptions, event: string): Promise<ExitCode> {
  const { terminal } = context;
  const client = await context.client(o);
  const { receiver: org, subscription, who, note } = o;
  const source = o.source ?? (await client.proof.recipients(event)).source;
  const wish = { source, org, who, note, ...(subscription !== undefined && { subscription }) };
  return carefully(context, o, {
    plan: () => client.proof.planHandled(event, wish),
    show: (plan) => terminal.result(plan, handledText(plan)),
    question: ({ items }) =>
      items.length === 0 ? undefined : `Mark ${counted(items.length, 'item')} with ${org} as handled by ${who}?`,
    carryOut: async () => {
      const done = await client.proof.handled(event, wish);
      terminal.result(done, `${counted(done.changed ?? 0, 'item')} with ${org} closed: handled by ${who}.`);
      terminal.next(`signalbox recipients ${event} --source ${source}${context.again(o)}`);
      return EXIT_CODES.done;
    },
  });
}

/** `reconcile`: done if everything sums, failed if something is missing, unavailable while the first pass goes on. */
export async function reconcile(context: Context): Promise<ExitCode> {
  const client = await context.client(OPERATOR);
  const told = await client.proof.reconciliation();
  context.terminal.result(told, reconciliationText(told));
  if (told.whole) return EXIT_CODES.done;
  return told.gaps.length > 0 ? EXIT_CODES.failed : EXIT_CODES.unavailable;
}

/** `statement [date]` */
export async function statement(
  context: Context,
  options: Identity & { readonly csv?: boolean; readonly of?: string },
  date?: string,
): Promise<ExitCode> {
  const day = date ?? YESTERDAY;
  if (day !== YESTERDAY && !/^\d{4}-\d\d-\d\d$/.test(day))
    throw new CommandFailure(EXIT_CODES.usage, 'The date must be yyyy-mm-dd, or yesterday.');
  const client = await context.client(options.of === undefined ? options : OPERATOR);
  if (options.csv === true) {
    context.terminal.raw(await client.proof.statementCsv(day, options.of));
    return EXIT_CODES.done;
  }
  const told = await client.proof.statement(day, options.of);
  context.terminal.result(told, statementText(told));
  return EXIT_CODES.done;
}

/** The last day that is over, as the ledger counts days: it alone knows its zone. */
const YESTERDAY = 'yesterday';

/** `work-items`: all of them, oldest first. */
export async function workItems(context: Context, options: Identity): Promise<ExitCode> {
  const client = await context.client(options);
  let count = 0;
  let after: string | undefined;
  do {
    const page = await client.proof.workItems(after);
    page.items.forEach((item: WorkItem) => context.terminal.result(item, workItemText(item)));
    count += page.items.length;
    after = page.next;
  } while (after !== undefined);
  if (count === 0) context.terminal.note('Nothing waits for a person.');
  return EXIT_CODES.done;
}
