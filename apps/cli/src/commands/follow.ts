import type { AcceptedEvent, FollowedEvent, FollowedJourney } from '@signalbox/client';

import type { Context, Identity } from '../context.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { deliveryLine, refusalLines, stepLine, titleOf } from '../event-text.js';
import { findingLines } from '../problems.js';
import type { Terminal } from '../terminal.js';

/** Which event is meant, where several publishers use the same id. */
export interface EventOptions extends Identity {
  readonly source?: string;
}

/** `journey <id>`: the sentence that says where it is, then every event with what became of it. */
export async function journey(context: Context, options: Identity, id: string): Promise<ExitCode> {
  const client = await context.client(options);
  const found = await client.journey(id);
  const { terminal, settings } = context;
  if (terminal.json) terminal.result(found, '');
  else showJourney(terminal, found);
  terminal.next(`${settings.ledger}/journeys/${encodeURIComponent(id)}   (the same as a page)`);
  return EXIT_CODES.done;
}

/** `event <id>`: the event's state, its deliveries, and every step that was recorded. */
export async function event(context: Context, options: EventOptions, id: string): Promise<ExitCode> {
  const client = await context.client(options);
  const found = await client.event(id, options.source);
  const { terminal } = context;
  if (terminal.json) terminal.result(found, '');
  else showEvent(terminal, found);
  const again = context.again(options);
  const journeys = found.state === 'accepted' ? [`signalbox journey ${found.journey}${again}`] : [];
  terminal.next(`signalbox explain ${id}${again}`, ...journeys);
  return EXIT_CODES.done;
}

function showJourney(terminal: Terminal, found: FollowedJourney): void {
  terminal.resultText(terminal.styleResult('bold', found.heading.sentence));
  for (const problem of found.heading.problems) terminal.resultText(`! ${problem}`);
  for (const one of found.events) {
    terminal.resultText(`\n${one.recorded}  ${one.sourceorg}  ${titleOf(one)}  ${one.id}`);
    for (const delivery of one.deliveries) terminal.resultText(`    ${deliveryLine(delivery)}`);
  }
}

function showEvent(terminal: Terminal, found: FollowedEvent): void {
  terminal.resultText(`${terminal.styleResult('bold', titleOf(found))}  ${found.id}`);
  if (found.state === 'accepted') showAccepted(terminal, found);
  for (const line of found.refusals.flatMap(refusalLines)) terminal.resultText(line);
}

function showAccepted(terminal: Terminal, found: AcceptedEvent): void {
  terminal.resultText(`accepted ${found.recorded}, journey ${found.journey}`);
  for (const delivery of found.deliveries) terminal.resultText(`  ${deliveryLine(delivery)}`);
  for (const step of found.steps) terminal.resultText(`  ${stepLine(step)}`);
  for (const line of findingLines(found.findings)) terminal.resultText(line);
}
