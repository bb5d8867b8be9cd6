import type { Client, DeadlineTimes } from '@signalbox/client';

import type { Context, Identity } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { listed } from '../listing.js';
import { withPrefix } from '../types.js';

interface Times extends Identity {
  readonly routine?: string;
  readonly urgent?: string;
  readonly twoWeekWait?: string;
  readonly critical?: string;
}

const HEADING = ['type', 'clock', 'routine', 'urgent', 'two-week-wait', 'critical', 'set by'] as const;

/** `deadline list <ods>` */
export async function listDeadlines(
  context: Context,
  o: Identity & { readonly own?: boolean },
  ods: string,
): Promise<ExitCode> {
  const client = await clientFor(context, o, ods);
  const all = await client.deadlines.list(ods);
  const shown = o.own === true ? all.filter(({ by }) => by !== undefined) : all;
  return listed(context, shown, ({ type, clock, times, by }) => [type, clock, ...inOrder(times), by ?? ''], HEADING);
}

/** `deadline set <ods> <type> <clock>` */
export async function setDeadline(
  context: Context,
  o: Times,
  ods: string,
  type: string,
  clock: string,
): Promise<ExitCode> {
  const times = timesOf(o);
  if (Object.keys(times).length === 0)
    throw new CommandFailure(EXIT_CODES.usage, 'Say how long: --routine, --urgent, --two-week-wait or --critical.');
  const client = await clientFor(context, o, ods);
  const set = await client.deadlines.set(ods, withPrefix(type), clock, times);
  const told = Object.entries(set.times).map(([urgency, time]) => `${urgency} ${time}`);
  context.terminal.result(
    set,
    `${set.title}, ${set.type}, for ${ods}: ${told.join(', ')}. It holds for what starts now.`,
  );
  return EXIT_CODES.done;
}

/** `deadline clear <ods> <type> <clock>` */
export async function clearDeadline(
  context: Context,
  o: Identity,
  ods: string,
  type: string,
  clock: string,
): Promise<ExitCode> {
  const client = await clientFor(context, o, ods);
  await client.deadlines.clear(ods, withPrefix(type), clock);
  const cleared = { ods, type: withPrefix(type), clock };
  context.terminal.result(cleared, `The times of ${cleared.type} hold again for ${ods}.`);
  return EXIT_CODES.done;
}

/** The organisation's own key, unless another is named: the operator's may do more. */
function clientFor(context: Context, { org, app }: Identity, ods: string): Promise<Client> {
  return context.client({ org: org ?? ods, app });
}

function timesOf({ routine, urgent, twoWeekWait, critical }: Times): Partial<DeadlineTimes> {
  return {
    ...(routine !== undefined && { routine }),
    ...(urgent !== undefined && { urgent }),
    ...(twoWeekWait !== undefined && { 'two-week-wait': twoWeekWait }),
    ...(critical !== undefined && { critical }),
  };
}

function inOrder(times: DeadlineTimes): string[] {
  return [times.routine, times.urgent, times['two-week-wait'], times.critical];
}
