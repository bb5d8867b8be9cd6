import type { Client, Outage, OutageReason } from '@signalbox/client';

import type { Context, Identity } from '../context.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { counted, listed } from '../listing.js';
import { withPrefix } from '../types.js';

interface Declared extends Identity {
  readonly reason: OutageReason;
  readonly types?: string;
  readonly expectedEnd?: string;
  readonly note?: string;
}

const HEADING = ['id', 'state', 'since', 'expected to end', 'reason', 'types'] as const;

/** `outage declare <ods>` */
export async function declareOutage(context: Context, o: Declared, ods: string): Promise<ExitCode> {
  const { reason, types, expectedEnd, note } = o;
  const client = await clientFor(context, o, ods);
  const outage = await client.outages.declare(ods, {
    reason,
    ...(types !== undefined && { types: listOf(types).map(withPrefix) }),
    ...(expectedEnd !== undefined && { expectedend: expectedEnd }),
    ...(note !== undefined && { note }),
  });
  context.terminal.result(
    outage,
    `Outage ${outage.id} of ${ods} declared for ${outage.types.join(', ')}; ${toldOf(outage.told)}.`,
  );
  context.terminal.next(`signalbox outage end ${ods} ${outage.id}${context.again(identityOf(o))}`);
  return EXIT_CODES.done;
}

/** `outage end <ods> <id>` */
export async function endOutage(context: Context, o: Identity, ods: string, id: string): Promise<ExitCode> {
  const client = await clientFor(context, o, ods);
  const outage = await client.outages.end(ods, id);
  const ended = outage.ended ?? 'now';
  context.terminal.result(outage, `Outage ${outage.id} of ${ods} is over since ${ended}; ${toldOf(outage.toldend)}.`);
  return EXIT_CODES.done;
}

/** `outage list <ods>` */
export async function listOutages(
  context: Context,
  o: Identity & { readonly open?: boolean },
  ods: string,
): Promise<ExitCode> {
  const client = await clientFor(context, o, ods);
  const all = await client.outages.list(ods);
  const shown = o.open === true ? all.filter(({ ended }) => ended === undefined) : all;
  return listed(context, shown, row, HEADING);
}

function row({ id, ended, began, expectedend, reason, types }: Outage): string[] {
  const state = ended === undefined ? 'goes on' : `over since ${ended}`;
  return [id, state, began, expectedend ?? 'not known', reason, types.join(' ')];
}

/** Who could not be told at once is told by the ledger. */
function toldOf(count: number | undefined): string {
  if (count === undefined) return 'whoever it concerns is told as soon as that is possible';
  return `${counted(count, 'organisation')} ${count === 1 ? 'was' : 'were'} told`;
}

/** The organisation's own key, unless another is named. */
function clientFor(context: Context, { org, app }: Identity, ods: string): Promise<Client> {
  return context.client({ org: org ?? ods, app });
}

function identityOf({ org, app }: Identity): Identity {
  return { org, app };
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
