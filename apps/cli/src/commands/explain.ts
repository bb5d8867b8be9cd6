import { PROBLEMS, RULES, STUCK } from '@signalbox/contracts';
import type { ProblemCode, RuleName, StuckReason } from '@signalbox/contracts';

import type { Context } from '../context.js';
import type { EventOptions } from './follow.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { storyOf } from '../event-text.js';
import type { Terminal } from '../terminal.js';
import { table } from '../terminal.js';

/**
 * `explain [what]`: a code, a rule or a reason why something is stuck, from the tables themselves; anything else is taken for
 * the id of an event. `explain --list` tells every such reason.
 */
export async function explain(
  context: Context,
  options: EventOptions & { readonly list?: boolean },
  what?: string,
): Promise<ExitCode> {
  const { terminal } = context;
  if (options.list === true) return listReasons(terminal);
  if (what === undefined) return explainAll(terminal);
  const code = codeOf(what);
  if (code !== undefined) return explainCode(terminal, code);
  if (LIKE_A_CODE.test(what)) throw new CommandFailure(EXIT_CODES.notFound, 'There is no such code.', LIST);
  if (isRule(what)) return explainRule(terminal, what);
  if (isReason(what)) return explainReason(terminal, what);
  return explainEvent(context, options, what);
}

const LIKE_A_CODE = /^SB-\d+$/i;
const LIST = 'signalbox explain   (lists every code; with --list every reason)';

/** `SB-2003`, `sb-2003` and `2003` are the same. */
function codeOf(what: string): ProblemCode | undefined {
  const code = `SB-${what.toUpperCase().replace(/^SB-/, '')}`;
  return Object.hasOwn(PROBLEMS, code) ? (code as ProblemCode) : undefined;
}

function isRule(what: string): what is RuleName {
  return Object.hasOwn(RULES, what);
}

function isReason(what: string): what is StuckReason {
  return Object.hasOwn(STUCK, what);
}

function listReasons(terminal: Terminal): ExitCode {
  const reasons = Object.keys(STUCK) as StuckReason[];
  if (terminal.json) for (const reason of reasons) terminal.result({ reason, ...STUCK[reason] }, '');
  else terminal.resultText(table(reasons.map((reason) => [reason, sideOf(reason), STUCK[reason].meaning])));
  terminal.next('signalbox explain <reason>', 'signalbox stuck');
  return EXIT_CODES.done;
}

/** Meaning, owner, clock and next action, word for word as the console and the API have them. */
function explainReason(terminal: Terminal, reason: StuckReason): ExitCode {
  const { meaning, clock, next } = STUCK[reason];
  const lines = [
    terminal.styleResult('bold', reason),
    meaning,
    `Whose move: the ${sideOf(reason)}`,
    `Clock: ${clock}`,
    `Next: ${next}`,
  ];
  terminal.result({ reason, ...STUCK[reason] }, lines.join('\n'));
  terminal.next(`signalbox stuck --reason ${reason}`);
  return EXIT_CODES.done;
}

function sideOf(reason: StuckReason): string {
  return STUCK[reason].owner.replaceAll('-', ' ');
}

function explainAll(terminal: Terminal): ExitCode {
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  if (terminal.json) for (const code of codes) terminal.result({ code, ...PROBLEMS[code] }, '');
  else terminal.resultText(table(codes.map((code) => [code, String(PROBLEMS[code].status), PROBLEMS[code].title])));
  terminal.next('signalbox explain <code>');
  return EXIT_CODES.done;
}

function explainCode(terminal: Terminal, code: ProblemCode): ExitCode {
  const problem = PROBLEMS[code];
  const again = problem.retryable
    ? 'The same request may succeed later: send it again with the same id.'
    : 'Sending the same again cannot help.';
  terminal.result(
    { code, ...problem },
    `${terminal.styleResult('bold', `${code}  ${problem.title}`)}  (HTTP ${problem.status})\n${problem.advice}\n${again}`,
  );
  return EXIT_CODES.done;
}

function explainRule(terminal: Terminal, rule: RuleName): ExitCode {
  const { explanation, fix } = RULES[rule];
  terminal.result({ rule, explanation, fix }, `${terminal.styleResult('bold', rule)}\n${explanation}\n${fix}`);
  return EXIT_CODES.done;
}

async function explainEvent(context: Context, options: EventOptions, id: string): Promise<ExitCode> {
  const { terminal } = context;
  const client = await context.client(options).catch(takenForAnEvent);
  const event = await client.event(id, options.source);
  const story = storyOf(event);
  terminal.result({ id: event.id, state: event.state, story }, story.join('\n'));
  if (event.state === 'accepted') terminal.next(`signalbox journey ${event.journey}${context.again(options)}`);
  return EXIT_CODES.done;
}

/** Whoever mistyped a code, rule or reason learns that it was taken for an id before they are asked who they are. */
function takenForAnEvent(error: unknown): never {
  if (!(error instanceof CommandFailure)) throw error;
  const told = `That is no code, rule or reason, so it is taken for the id of an event. ${error.message}`;
  throw new CommandFailure(error.exitCode, told, error.next ?? LIST);
}
