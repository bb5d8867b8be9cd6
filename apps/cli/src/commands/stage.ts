import type { Client, StageImpact, StageResult, StageWish, Strictness } from '@signalbox/client';

import { carefully } from '../careful.js';
import type { CarefulOptions } from '../careful.js';
import type { Context, Identity } from '../context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { listed } from '../listing.js';
import { withPrefix } from '../types.js';

const HEADING = ['type', 'judged', 'from', 'before', 'set by', 'on'] as const;

/** `stage list <ods>` */
export async function listStages(context: Context, o: Identity, ods: string): Promise<ExitCode> {
  const client = await clientFor(context, o, ods);
  const all = await client.stages.list(ods);
  return listed(
    context,
    all,
    ({ type, strictness, from, before, by, changed, own }) => [
      type,
      own === true ? `${strictness} (where stricter)` : strictness,
      from ?? 'at once',
      before ?? '',
      by ?? '',
      changed ?? '',
    ],
    HEADING,
  );
}

/** `stage impact <ods> <type>` */
export async function stageImpact(
  context: Context,
  o: Identity & { readonly strictness: Strictness },
  ods: string,
  type: string,
): Promise<ExitCode> {
  const client = await clientFor(context, o, ods);
  const impact = await client.stages.impact(ods, withPrefix(type), o.strictness);
  context.terminal.result(impact, impactText(impact));
  return EXIT_CODES.done;
}

/** `stage set <ods> <type> <strictness>` */
export async function setStage(
  context: Context,
  o: Identity & CarefulOptions & { readonly from?: string },
  ods: string,
  type: string,
  strictness: string,
): Promise<ExitCode> {
  const wish = { strictness: strictness as Strictness, ...(o.from !== undefined && { from: o.from }) };
  return changed(context, o, ods, type, wish);
}

/** `stage clear <ods> <type>` */
export async function clearStage(
  context: Context,
  o: Identity & CarefulOptions,
  ods: string,
  type: string,
): Promise<ExitCode> {
  return changed(context, o, ods, type, {});
}

/** `stage back <ods> <type>`: what it was before the last change. */
export async function rollBackStage(
  context: Context,
  o: Identity & CarefulOptions,
  ods: string,
  type: string,
): Promise<ExitCode> {
  const client = await clientFor(context, o, ods);
  const { stage } = await client.stages.of(ods, withPrefix(type));
  if (stage === undefined) {
    throw new CommandFailure(EXIT_CODES.notFound, `Nothing was set for ${withPrefix(type)}.`);
  }
  // A first setting that has yet to begin leaves nothing of its own behind.
  const wish = stage.before === undefined ? {} : { strictness: stage.before };
  return changed(context, o, ods, type, wish);
}

async function changed(
  context: Context,
  o: Identity & CarefulOptions,
  ods: string,
  typed: string,
  wish: StageWish,
): Promise<ExitCode> {
  const client = await clientFor(context, o, ods);
  const type = withPrefix(typed);
  return carefully(context, o, {
    plan: () => client.stages.plan(ods, type, wish),
    show: (plan) => context.terminal.result(plan, planText(plan)),
    question: (plan) =>
      `Judge ${plan.type} of ${ods} by ${plan.after}${plan.from === undefined ? '' : ` from ${plan.from}`}?`,
    carryOut: async ({ confirm }) => {
      const done = await client.stages.change(ods, type, wish, confirm);
      context.terminal.result(done, doneText(done));
      context.terminal.next(`signalbox stage back ${ods} ${typed}${context.again({})}`);
      return EXIT_CODES.done;
    },
  });
}

/** The organisation's own key, unless another is named: the operator's may do more. */
function clientFor(context: Context, { org, app }: Identity, ods: string): Promise<Client> {
  return context.client({ org: org ?? ods, app });
}

function planText({ type, before, after, from, impact }: StageResult): string {
  const when = from === undefined ? '' : ` from ${from}`;
  return [`${type}: now ${before}, then ${after}${when}.`, ...(impact ? [impactText(impact)] : [])].join('\n');
}

function impactText({ sentence, since, byrule, samples }: StageImpact): string {
  return [
    `${sentence}${since === undefined ? '' : ` Measured on events since ${since}.`}`,
    ...byrule.map(({ rule, count }) => `  ${rule}: ${count.toLocaleString('en-GB')}`),
    ...(samples.length === 0 ? [] : [`  the newest: ${samples.map(({ id }) => id).join(', ')}`]),
  ].join('\n');
}

function doneText({ organisation, type, before, after, from }: StageResult): string {
  return `${type} of ${organisation}: ${before}, ${from === undefined ? `now ${after}` : `and ${after} from ${from}`}`;
}
