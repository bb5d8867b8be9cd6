import type {
  AcceptedEvent,
  FollowedDelivery,
  FollowedEvent,
  FollowedRefusal,
  FollowedStep,
  RefusedEvent,
} from '@signalbox/client';
import { PROBLEMS } from '@signalbox/contracts';

import { findingLines } from './problems.js';

/** What each state of a delivery means for the person who asks. The list is closed (README, "Words"). */
const STATES: Readonly<Record<string, string>> = {
  waiting: 'waits for its first attempt',
  delivering: 'is being delivered',
  delivered: 'was delivered',
  acknowledged: 'was acknowledged by the receiving system',
  filtered: 'was left out by the filters of the receiver',
  suppressed: 'was not delivered: the receiver has no grant for it',
  paused: 'waits: the receiver has paused its subscription',
  parked: 'is parked: it could not be delivered and is kept until a person decides',
  expired: 'expired before it could be delivered, and waits for a person',
  'handled-outside': 'was handled outside the exchange',
};

/** Title with the marks that matter: corrected, replaced, repeated. */
export function titleOf(event: AcceptedEvent | RefusedEvent): string {
  if (event.state === 'refused') return `Refused: ${event.type ?? 'an event'}`;
  const marks = [
    event.supersedes === undefined ? undefined : `replaces ${event.supersedes}`,
    event.supersededby.length === 0 ? undefined : `replaced by ${event.supersededby.join(', ')}`,
    event.duplicateof === undefined ? undefined : 'repeated',
  ].filter((mark) => mark !== undefined);
  return marks.length === 0 ? event.title : `${event.title} (${marks.join('; ')})`;
}

/** One delivery in a line: to whom, its exact state, since when, and why. */
export function deliveryLine(delivery: FollowedDelivery): string {
  const attempts = delivery.attempts > 1 ? `, ${delivery.attempts} attempts` : '';
  const reason = delivery.reason === undefined ? '' : `, ${delivery.reason}`;
  const next = delivery.nextattempt === undefined ? '' : `, next attempt ${delivery.nextattempt}`;
  const subscription = delivery.subscription === undefined ? '' : `  (${delivery.subscription})`;
  return `-> ${delivery.org}  ${delivery.state} since ${delivery.since}${attempts}${reason}${next}${subscription}`;
}

/** One step in a line. */
export function stepLine(step: FollowedStep): string {
  const rest = [
    step.org,
    step.attempt === undefined ? undefined : `attempt ${step.attempt}`,
    step.status === undefined ? undefined : `[${step.status}]`,
    step.latencyms === undefined ? undefined : `${step.latencyms} ms`,
    step.reason,
    step.detail,
  ].filter((part) => part !== undefined);
  return `${step.time}  ${step.kind}${rest.length === 0 ? '' : `  ${rest.join('  ')}`}`;
}

/** One refusal with its findings. */
export function refusalLines(refusal: FollowedRefusal): string[] {
  return [
    `refused ${refusal.time}  ${refusal.code}  ${PROBLEMS[refusal.code].title}`,
    ...findingLines(refusal.findings),
  ];
}

/** What happened to an event, in sentences, and what comes next. */
export function storyOf(event: FollowedEvent): string[] {
  if (event.state === 'refused') return refusedStory(event);
  const to = event.targetorg === undefined ? '' : ` It is meant for ${event.targetorg}.`;
  const opening = `“${titleOf(event)}” from ${event.sourceorg} was accepted: it is on disk since ${event.recorded}.`;
  const deliveries =
    event.deliveries.length === 0
      ? ['You see no delivery of it: nobody has subscribed to it, or its receivers are not yours to see.']
      : event.deliveries.map(deliverySentence);
  const findings =
    event.findings.length === 0 ? [] : ['Its policy let these findings pass:', ...findingLines(event.findings)];
  return [`${opening}${to}${refusalsAround(event)}`, ...deliveries, ...findings];
}

function refusedStory({ refusals }: FollowedEvent): string[] {
  const last = refusals[0];
  const opening = `It was refused ${times(refusals.length)} and never accepted: nobody has received it.`;
  if (last === undefined) return [opening];
  const { title, advice } = PROBLEMS[last.code];
  return [
    opening,
    `The last time, ${last.time}, because: ${title} (${last.code}). ${advice}`,
    ...findingLines(last.findings),
  ];
}

/** What was sent under the same id and refused, before the event was accepted and since. */
function refusalsAround({ refusals, recorded }: AcceptedEvent & FollowedEvent): string {
  const before = refusals.filter(({ time }) => Date.parse(time) < Date.parse(recorded)).length;
  const since = refusals.length - before;
  return [
    before > 0 ? ` Before that it was refused ${times(before)}.` : '',
    since > 0 ? ` Since then what was sent under its id was refused ${times(since)}.` : '',
  ].join('');
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function deliverySentence(delivery: FollowedDelivery): string {
  const retrying = (delivery.state === 'waiting' || delivery.state === 'delivering') && delivery.attempts > 0;
  const what = retrying
    ? `has failed ${delivery.attempts} time(s) and is tried again`
    : (STATES[delivery.state] ?? `is ${delivery.state}`);
  const reason = delivery.reason === undefined ? '' : ` The reason is ${delivery.reason}.`;
  const next = delivery.nextattempt === undefined ? '' : ` The next attempt is at ${delivery.nextattempt}.`;
  return `For ${delivery.org} it ${what} (since ${delivery.since}).${reason}${next}`;
}
