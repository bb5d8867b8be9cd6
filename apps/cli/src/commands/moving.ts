import type {
  ChannelSwitch,
  Positions,
  Replay,
  ReplayFrom,
  ReplayPlan,
  ReplayWish,
  SeekResult,
} from '@signalbox/client';

import { carefully } from '../careful.js';
import type { CarefulOptions } from '../careful.js';
import type { Context, Identity } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { jsonObject, positive } from '../input.js';
import { counted, listed, sized } from '../listing.js';

type Careful = Identity & CarefulOptions;

/** `subscription seek <id> <to>` */
export async function seek(context: Context, options: Careful, id: string, place: string): Promise<ExitCode> {
  const { terminal } = context;
  const to = placeOf(place);
  const client = await context.client(options);
  return carefully(context, options, {
    plan: () => client.subscriptions.seek(id, to, { dryrun: true }),
    show: (plan) => terminal.result(plan, seekText(plan)),
    question: ({ passedover }) =>
      `Move ${id} to ${place}?${passedover === 0 ? '' : ` ${counted(passedover, 'event')} will never be given.`}`,
    carryOut: async () => {
      const done = await client.subscriptions.seek(id, to, { dryrun: false });
      terminal.result(done, `${id} goes on from ${place}.`);
      return EXIT_CODES.done;
    },
  });
}

/** What a seek means for the events in between. */
export function seekText({ passedover, again, start }: SeekResult): string {
  const places = Object.entries(start).map(([family, first]) => `${family}=${first}`);
  const on = passedover === 0 ? '' : ` ${counted(passedover, 'event')} would be passed over and never be given.`;
  const back = again === 0 ? '' : ` ${counted(again, 'event')} would come once more.`;
  const none = on === '' && back === '' ? ' No event lies between here and there.' : '';
  return `It would go on from ${places.join(', ') || 'where it is'}.${on}${back}${none}`;
}

/** `now`, a time, or positions by family. */
export function placeOf(place: string): 'now' | { readonly time: string } | { readonly positions: Positions } {
  if (place === 'now') return 'now';
  return place.includes('=') ? { positions: positionsOf(place, 'The place') } : { time: timeOf(place, 'The place') };
}

/** `referral=120,result=7` */
export function positionsOf(list: string, what: string): Positions {
  const pairs = list.split(',').map((pair) => /^\s*([a-z][a-z0-9-]*)=(\d{1,15})\s*$/.exec(pair));
  if (pairs.every((pair) => pair !== null)) {
    return Object.fromEntries(pairs.map(([, family, sequence]) => [family!, Number(sequence)]));
  }
  throw new CommandFailure(
    EXIT_CODES.usage,
    `${what} must be families with a sequence each, such as referral=120,result=7.`,
  );
}

/** A time with a zone, as RFC 3339 has it. */
export function timeOf(time: string, what: string): string {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(time) && !Number.isNaN(Date.parse(time))) {
    return new Date(time).toISOString();
  }
  throw new CommandFailure(
    EXIT_CODES.usage,
    `${what} must be a time with a zone (RFC 3339), such as 2026-11-21T09:30:00Z.`,
  );
}

interface ReplayOptions extends Careful {
  readonly from?: string;
  readonly positions?: string;
  readonly journey?: string;
  readonly missed?: boolean;
  readonly to?: string;
  readonly rate?: string;
}

/** `subscription replay <id>` */
export async function replay(context: Context, options: ReplayOptions, id: string): Promise<ExitCode> {
  const { terminal } = context;
  const wish = wishOf(options);
  const client = await context.client(options);
  const { replays } = client.subscriptions;
  return carefully(context, options, {
    plan: () => replays.plan(id, wish),
    show: (plan) => terminal.result(plan, planText(plan)),
    question: (plan) => (plan.events === 0 ? undefined : `Send ${counted(plan.events, 'event')} to ${id} again?`),
    carryOut: async () => {
      const started = await replays.start(id, wish);
      terminal.result(started, `Replay ${started.id} is under way; its deliveries are marked with it.`);
      terminal.next(`signalbox replay list ${id}${context.again(options)}`);
      return EXIT_CODES.done;
    },
  });
}

/** What is asked for, from the options. @throws {@link CommandFailure} (usage) unless it is exactly one thing. */
export function wishOf(o: ReplayOptions): ReplayWish {
  const froms: ReplayFrom[] = [
    ...(o.from === undefined ? [] : [{ time: timeOf(o.from, '--from') }]),
    ...(o.positions === undefined ? [] : [{ positions: positionsOf(o.positions, '--positions') }]),
    ...(o.journey === undefined ? [] : [{ journey: o.journey }]),
  ];
  if (o.missed === true) {
    const since = o.from === undefined ? {} : { time: timeOf(o.from, '--from') };
    froms.splice(0, o.from === undefined ? 0 : 1, { missed: true, ...since });
  }
  const [from, another] = froms;
  if (from === undefined || another !== undefined) {
    throw new CommandFailure(
      EXIT_CODES.usage,
      'Say what to send again by exactly one of --from, --positions, --journey, --missed (which may have a --from too).',
    );
  }
  return {
    from,
    ...(o.to !== undefined && { to: { time: timeOf(o.to, '--to') } }),
    ...(o.rate !== undefined && { rate: positive(o.rate, '--rate') }),
  };
}

/** What a replay would bring, in sentences; what is not known is said to be unknown. */
export function planText({
  events,
  bytes,
  journeys,
  duplicates,
  gone = 0,
  keptsince,
  seconds,
  rate,
}: ReplayPlan): string {
  const got =
    duplicates === undefined
      ? 'How many of them it has got already is not known.'
      : duplicates === 0
        ? 'It has got none of them yet.'
        : `It has got ${duplicates === events ? 'all' : counted(duplicates, 'event')} of them already: duplicates.`;
  return [
    `${counted(events, 'event')} (${sized(bytes)}) of ${counted(journeys, 'journey')} would be sent.`,
    ...(events === 0 ? [] : [got, `At ${rate} a second it takes at least ${counted(seconds, 'second')}.`]),
    ...(gone === 0 ? [] : [`${counted(gone, 'event')} cannot be sent: they are no longer kept.`]),
    ...(keptsince === undefined ? [] : [`Nothing older than ${keptsince} is kept.`]),
  ].join('\n');
}

/** `replay list <subscription>` */
export async function listReplays(context: Context, options: Identity, subscription: string): Promise<ExitCode> {
  const client = await context.client(options);
  return listed(context, await client.subscriptions.replays.list(subscription), replayRow, [
    'id',
    'status',
    'by',
    'dealt with',
    'since',
    'asked by',
  ]);
}

function replayRow({
  id,
  status,
  statusReason,
  selection,
  done,
  planned,
  gone,
  passed,
  created,
  by,
}: Replay): string[] {
  const state = statusReason === undefined ? status : `${status} (${statusReason})`;
  const rest = [
    gone === 0 ? [] : `${gone} no longer kept`,
    passed === 0 ? [] : `${passed} no longer meant for it`,
  ].flat();
  const sent = `${done} of ${planned}${rest.length === 0 ? '' : ` (${rest.join(', ')})`}`;
  return [id, state, selection, sent, created, by];
}

/** `replay cancel <subscription> <replay>` */
export async function cancelReplay(
  context: Context,
  options: Identity,
  subscription: string,
  id: string,
): Promise<ExitCode> {
  const client = await context.client(options);
  await client.subscriptions.replays.cancel(subscription, id);
  context.terminal.result(
    { id, subscription, cancelled: true },
    `Replay ${id} is cancelled; what was sent stays sent.`,
  );
  return EXIT_CODES.done;
}

interface SwitchOptions extends Careful {
  readonly to: 'pull' | 'http' | 'fhir' | 'nats';
  readonly sink?: string;
  readonly config?: string;
}

/** `subscription switch <id> --to <channel>` */
export async function switchChannel(context: Context, options: SwitchOptions, id: string): Promise<ExitCode> {
  const { terminal } = context;
  const to: ChannelSwitch = {
    protocol: options.to.toUpperCase() as ChannelSwitch['protocol'],
    ...(options.sink !== undefined && { sink: options.sink }),
    ...(options.config !== undefined && { config: jsonObject(options.config, '--config') }),
  };
  const client = await context.client(options);
  return carefully(context, options, {
    plan: () => client.subscriptions.get(id),
    show: ({ protocol, status }) =>
      terminal.resultText(`${id} (${status}) is delivered by ${protocol}; from now on it would be by ${to.protocol}.`),
    question: () => `Switch ${id}? Its position is kept; what is on its way may come twice.`,
    carryOut: async () => {
      const changed = await client.subscriptions.switchChannel(id, to);
      terminal.result(changed, `${id} is delivered by ${changed.protocol}; it is ${changed.status}.`);
      return EXIT_CODES.done;
    },
  });
}
