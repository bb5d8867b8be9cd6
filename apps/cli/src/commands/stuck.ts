import { STUCK, STUCK_ACTS } from '@signalbox/contracts';
import type { StuckReason } from '@signalbox/contracts';
import type { StuckGroup, StuckKey, StuckOutcome } from '@signalbox/client';

import { carefully } from '../careful.js';
import type { CarefulOptions } from '../careful.js';
import type { Context, Identity } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { counted, listed } from '../listing.js';

/** Which groups: those that have all of what is named. */
export interface GroupOptions extends Identity {
  readonly reason?: string;
  readonly cause?: string;
  readonly publisher?: string;
  readonly receiver?: string;
  readonly type?: string;
}

interface ActOptions extends GroupOptions, CarefulOptions {
  readonly note?: string;
  readonly to?: string;
}

/** `stuck`: what stands still, in groups, the oldest first. */
export async function stuck(context: Context, o: GroupOptions): Promise<ExitCode> {
  const groups = await groupsOf(context, o);
  if (groups.length === 0) context.terminal.note('Nothing stands still.');
  else
    listed(context, groups, groupRow, [
      'REASON',
      'CAUSE',
      'FROM',
      'TO',
      'TYPE',
      'COUNT',
      'SINCE',
      'OWNER',
      'NEXT ACTION',
    ]);
  const [first] = groups;
  if (first !== undefined)
    context.terminal.next(
      `signalbox stuck members ${optionsOf(first)}${context.again(o)}`,
      `signalbox explain ${first.stuck}`,
    );
  return EXIT_CODES.done;
}

/** One line of the table, in the words of the one list of reasons. */
export function groupRow(group: StuckGroup): string[] {
  const { stuck: reason, cause, publisher, receiver, type, count, more, first, owner, next } = group;
  const number = `${more ? 'over ' : ''}${count.toLocaleString('en-GB')}`;
  const short = type.replace(/^org\.signalbox\./, '');
  return [reason, cause, publisher, receiver || '-', short || '-', number, first, owner.name ?? owner.ods, next];
}

/** `stuck members`: each of one group, the oldest first. */
export async function members(context: Context, o: GroupOptions): Promise<ExitCode> {
  const group = await onlyOne(context, o);
  const client = await context.client(o);
  const all = [];
  for (let after: string | undefined; ;) {
    const page = await client.stuck.members(group, after);
    all.push(...page.items);
    after = page.next;
    if (after === undefined) break;
  }
  context.terminal.resultText(groupText(group));
  const code = listed(context, all, ({ id = '-', journey = '-', since, attempts, due }) => [
    id,
    journey,
    since,
    attempts === undefined ? '' : counted(attempts, 'attempt'),
    due === undefined ? '' : `due ${due}`,
  ]);
  const journey = all.find((item) => item.journey !== undefined)?.journey;
  const act = group.acts[0];
  context.terminal.next(
    ...(journey === undefined ? [] : [`signalbox journey ${journey}${context.again(o)}`]),
    ...(act === undefined ? [] : [`signalbox stuck act ${act} ${optionsOf(group)} --dry-run${context.again(o)}`]),
  );
  return code;
}

/** What a group is, in the words of the one list of reasons. */
export function groupText({ stuck: reason, meaning, detail, owner, clock, next, repeats }: StuckGroup): string {
  const who = [owner.name ?? owner.ods, owner.contact].filter((part) => part !== undefined).join(', ');
  return [
    `${reason}: ${meaning}`,
    ...(detail === undefined ? [] : [`  ${detail}`]),
    `  Whose move: the ${owner.side.replaceAll('-', ' ')}, ${who}`,
    `  Clock: ${clock}`,
    `  Next: ${next}`,
    ...(repeats === 0 ? [] : [`  ${counted(repeats, 'repeated stop')}`]),
  ].join('\n');
}

/** `stuck act <act>`: with every member of one group. */
export async function act(context: Context, o: ActOptions, name: string): Promise<ExitCode> {
  const what = STUCK_ACTS.find((one) => one === name);
  if (what === undefined)
    throw new CommandFailure(EXIT_CODES.usage, `The act must be one of ${STUCK_ACTS.join(', ')}.`);
  if (what === 'hand-over' && o.to === undefined) throw new CommandFailure(EXIT_CODES.usage, 'Say with --to to whom.');
  if (what === 'handled' && o.note === undefined)
    throw new CommandFailure(EXIT_CODES.usage, 'Say with --note how it was dealt with.');
  const group = await onlyOne(context, o);
  const client = await context.client(o);
  const remark = { ...(o.note !== undefined && { note: o.note }), ...(o.to !== undefined && { to: o.to }) };
  const { terminal } = context;
  return carefully(context, o, {
    plan: () => client.stuck.plan(group, what, remark),
    show: (plan) => terminal.result(plan, outcomeText(plan)),
    question: ({ deliveries, sentence }) => (deliveries === 0 ? undefined : `${sentence} Do it?`),
    carryOut: async () => {
      const done = await client.stuck.act(group, what, remark);
      terminal.result(done, outcomeText(done));
      terminal.next(...done.actions.map((action) => `signalbox action approve ${action} --app <another application>`));
      return done.left.length === 0 || done.changed === undefined || done.actions.length > 0
        ? EXIT_CODES.done
        : EXIT_CODES.partly;
    },
  });
}

/** What was done, or would be, and what may arrive twice. */
export function outcomeText({ sentence, duplicates }: StuckOutcome): string {
  if (duplicates === 0) return sentence;
  return `${sentence}\n${counted(duplicates, 'delivery', 'deliveries')} may have arrived all the same: an attempt ended without an answer.`;
}

async function groupsOf(context: Context, o: GroupOptions): Promise<StuckGroup[]> {
  const { reason, cause, publisher, receiver, type } = o;
  if (reason !== undefined && !Object.hasOwn(STUCK, reason))
    throw new CommandFailure(EXIT_CODES.usage, 'The reason is none of the list.', 'signalbox explain --list');
  const full = type === undefined || type.startsWith('org.signalbox.') ? type : `org.signalbox.${type}`;
  const named = { stuck: reason as StuckReason | undefined, cause, publisher, receiver, type: full };
  const filter = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
  const client = await context.client(o);
  const all: StuckGroup[] = [];
  for (let page: string | undefined; ;) {
    const answer = await client.stuck.groups({ ...filter, ...(page !== undefined && { page }) });
    all.push(...answer.groups);
    page = answer.next;
    if (page === undefined) return all;
  }
}

/** @throws {@link CommandFailure} unless exactly one group has what is named */
async function onlyOne(context: Context, o: GroupOptions): Promise<StuckGroup> {
  const [group, another] = await groupsOf(context, o);
  if (group === undefined)
    throw new CommandFailure(EXIT_CODES.notFound, 'Nothing of that stands still.', 'signalbox stuck');
  if (another !== undefined)
    throw new CommandFailure(
      EXIT_CODES.usage,
      'That is more than one group: name one by --reason, --cause, --publisher, --receiver and --type.',
      `signalbox stuck members ${optionsOf(group)}${context.again(o)}`,
    );
  return group;
}

function optionsOf({ stuck: reason, cause, publisher, receiver, type }: StuckKey): string {
  return [
    `--reason ${reason} --cause ${cause} --publisher ${publisher}`,
    ...(receiver === '' ? [] : [`--receiver ${receiver}`]),
    ...(type === '' ? [] : [`--type ${type}`]),
  ].join(' ');
}
