import type { Context, Identity } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { OPERATOR } from '../keys.js';
import { listed } from '../listing.js';

/** `recipients <event>` */
export async function recipients(
  context: Context,
  o: Identity & { readonly source?: string },
  event: string,
): Promise<ExitCode> {
  const client = await context.client(o);
  const told = await client.proof.recipients(event, o.source);
  context.terminal.result(told, JSON.stringify(told));
  return EXIT_CODES.done;
}

/** `reconcile` */
export async function reconcile(context: Context): Promise<ExitCode> {
  const client = await context.client(OPERATOR);
  const told = await client.proof.reconciliation();
  context.terminal.result(told, JSON.stringify(told));
  return EXIT_CODES.done;
}

/** `statement [date]` */
export async function statement(
  context: Context,
  o: Identity & { readonly csv?: boolean },
  date?: string,
): Promise<ExitCode> {
  const day = date ?? yesterday(new Date());
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) throw new CommandFailure(EXIT_CODES.usage, 'The date must be yyyy-mm-dd.');
  const client = await context.client(o);
  if (o.csv === true) {
    context.terminal.raw(await client.proof.statementCsv(day));
    return EXIT_CODES.done;
  }
  const told = await client.proof.statement(day);
  context.terminal.result(told, JSON.stringify(told));
  return EXIT_CODES.done;
}

/** The last day that is over (UTC). */
export function yesterday(now: Date): string {
  return new Date(now.getTime() - 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}

/** `work-items` */
export async function workItems(context: Context, o: Identity): Promise<ExitCode> {
  const client = await context.client(o);
  return listed(context, await client.proof.workItems(), (item) => [JSON.stringify(item)]);
}
