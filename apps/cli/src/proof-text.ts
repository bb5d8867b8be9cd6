import type {
  Gap,
  ToldGap,
  HandledResult,
  Recipients,
  Reconciliation,
  Statement,
  StateSums,
  Sums,
  WorkItem,
} from '@signalbox/client';

import { counted } from './listing.js';
import { table } from './terminal.js';

/** The proof in sentences, then the numbers that must sum, then what does not. */
export function reconciliationText(told: Reconciliation): string {
  const heading = told.whole
    ? 'Everything sums.'
    : told.gaps.length > 0
      ? 'NOT everything sums.'
      : 'Not finished: nothing is missing so far.';
  const streams = told.streams.map(({ stream, messages, recorded, repeated, agrees }) => [
    stream,
    counted(messages, 'message'),
    `= ${recorded} recorded + ${repeated} repeated`,
    verdict(agrees),
  ]);
  const publishers = told.publishers.map(({ org, accepted, read, agrees }) => [
    org,
    `${accepted} accepted`,
    `= ${read} read`,
    verdict(agrees),
  ]);
  const subscriptions = told.subscriptions.map(({ subscription, org, status, events, states, agrees }) => [
    subscription,
    `${org ?? '-'} ${status}`,
    counted(events, 'event'),
    `= ${statesText(states)}`,
    verdict(agrees),
  ]);
  return [
    `${heading}  (${told.asof}, round ${told.rounds})`,
    ...told.sentences,
    ...section('By stream', streams),
    ...section('By publisher', publishers),
    ...section('By subscription and state', subscriptions),
    ...gapLines(told.gaps),
  ].join('\n');
}

/** Said in words: colour alone tells nobody who cannot see it. */
function verdict(agrees: boolean): string {
  return agrees ? 'agrees' : 'DOES NOT AGREE';
}

/** States with their numbers, joined so that they can be summed; those with none are left out. */
export function statesText(states: StateSums): string {
  const told = Object.entries(states).filter(([, count]) => count > 0);
  return told.length === 0 ? '0' : told.map(([state, count]) => `${count} ${state}`).join(' + ');
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, indented(table(rows))];
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}

/** Each gap: what is wrong, where exactly, and what follows. */
export function gapLines(gaps: readonly (Gap & Partial<ToldGap>)[]): string[] {
  if (gaps.length === 0) return [];
  const told = gaps.flatMap((gap) => {
    const place = [
      gap.eventid === undefined ? undefined : `event ${gap.eventid}`,
      gap.subscription === undefined ? undefined : `subscription ${gap.subscription}`,
      gap.org,
      `${gap.stream}${gap.sequence === undefined ? '' : ` ${gap.sequence}`}`,
      gap.expected === undefined ? undefined : `expected ${gap.expected}, counted ${gap.counted ?? 0}`,
      `since ${gap.opened}`,
    ].filter((part) => part !== undefined);
    const lines = [`  ${gap.kind}  ${gap.sentence ?? ''}`.trimEnd(), `      ${place.join(', ')}`];
    return gap.next === undefined ? lines : [...lines, `      ${gap.next}`];
  });
  return ['', 'Gaps:', ...told];
}

/** A day of an organisation in sentences and numbers. */
export function statementText(told: Statement): string {
  const { organisation, published, received } = told;
  const name = organisation.name === undefined ? '' : ` (${organisation.name})`;
  const open = told.complete ? '' : ', which is not over yet';
  const sent = published.types.map(({ type, accepted, refused, repeated }) => [
    type,
    `${accepted + refused + repeated} sent`,
    `= ${accepted} accepted + ${refused} refused + ${repeated} repeated`,
  ]);
  const refusals = published.refusals.map(({ code, count }) => [code, String(count)]);
  return [
    `${organisation.ods}${name} on ${told.date} (${told.zone})${open}, as of ${told.asof}`,
    ...told.sentences,
    ...section('Sent', sent),
    ...section('Refused, by code', refusals),
    ...section('What became of what you sent', sumRows(published.deliveries)),
    ...section('What you received', sumRows(received)),
    ...gapLines(told.gaps),
  ].join('\n');
}

function sumRows({ types }: Sums): string[][] {
  return types.map(({ type, deliveries, states }) => [
    type,
    counted(deliveries, 'delivery', 'deliveries'),
    `= ${statesText(states)}`,
  ]);
}

/** Who has an event, then who of those that have what it replaces has not got it. */
export function recipientsText(told: Recipients): string {
  const corrects = told.supersedes === undefined ? '' : `, replaces ${told.supersedes}`;
  const rows = told.recipients.map((one) => [
    nameOf(one),
    one.corrects === undefined ? one.state : `${one.state}, as a correction`,
    `delivered ${one.delivered ?? 'not yet'}`,
    acknowledgementOf(one.acknowledged, one.acknowledgementdue, one.overdue),
    [one.reason, one.contact === undefined ? undefined : `contact ${one.contact}`].filter(Boolean).join(', '),
  ]);
  return [
    `${told.id}  ${told.type}, accepted ${told.recorded}${corrects}`,
    rows.length === 0 ? '  Nobody that you may see was to receive it.' : indented(table(rows)),
    ...outstandingLines(told.outstanding),
  ].join('\n');
}

/** What a publisher would close with a receiver. */
export function handledText({ org, items, before }: HandledResult): string {
  const lines = items.map(({ reason, since, subscription, next }) => {
    const about = reason === undefined ? '' : ` (${reason})`;
    return `  since ${since}${about}, subscription ${subscription}: ${next}`;
  });
  const earlier = before === 0 ? [] : [`${counted(before, 'item')} with ${org} handled outside before.`];
  return [`Open with ${org}: ${String(items.length)}`, ...lines, ...earlier].join('\n');
}

function nameOf({ org, name }: { readonly org: string; readonly name?: string }): string {
  return name === undefined ? org : `${org} ${name}`;
}

function acknowledgementOf(acknowledged: string | undefined, due: string | undefined, overdue: boolean): string {
  if (acknowledged !== undefined) return `acknowledged ${acknowledged}`;
  if (due === undefined) return 'not acknowledged';
  return overdue ? `OVERDUE: was to be acknowledged by ${due}` : `to be acknowledged by ${due}`;
}

function outstandingLines(outstanding: Recipients['outstanding']): string[] {
  if (outstanding === undefined) return [];
  if (outstanding.length === 0) return ['Everybody who has what it replaces has it too.'];
  const lines = outstanding.map((one) => {
    const rest = [one.reason, one.work, one.contact === undefined ? undefined : `contact ${one.contact}`];
    return `  ${[`${nameOf(one)} has ${one.received} and not this: ${one.state}`, ...rest].filter(Boolean).join(', ')}`;
  });
  return ['Outstanding:', ...lines];
}

/** One work item: what stopped, whose move it is, whom to call. */
export function workItemText(item: WorkItem): string {
  const { kind, stuck, event, owner, contact, since, due, reason } = item;
  const whose = item.yours ? 'your move' : `move of ${nameOf(namedParty(owner))}`;
  const call =
    contact.contact === undefined ? nameOf(namedParty(contact)) : `${nameOf(namedParty(contact))}, ${contact.contact}`;
  return [
    `${kind}${reason === undefined ? '' : ` (${reason})`}, ${stuck}  ${event.title}  ${event.id}  ${item.publisher}${item.receiver === undefined ? '' : ` -> ${item.receiver}`}  since ${since}${due === undefined ? '' : `, due ${due}`}`,
    `    ${item.sentence}`,
    `    ${whose}: ${item.next}`,
    `    talk to ${call}${item.attempts === 0 ? '' : `; ${item.attempts} attempt(s) so far`}`,
  ].join('\n');
}

function namedParty({ ods, name }: { readonly ods: string; readonly name?: string }): { org: string; name?: string } {
  return { org: ods, ...(name !== undefined && { name }) };
}
