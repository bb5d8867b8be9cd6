import type { FollowedDelivery, FollowedEvent, FollowedStep } from '@signalbox/client';

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
export function titleOf(event: FollowedEvent): string {
  const marks = [
    event.supersedes === undefined ? undefined : `replaces ${event.supersedes}`,
    (event.supersededby ?? []).length > 0 ? `replaced by ${event.supersededby!.join(', ')}` : undefined,
    event.duplicateof === undefined ? undefined : 'repeated',
  ].filter((mark) => mark !== undefined);
  const title = event.title ?? event.type;
  return marks.length === 0 ? title : `${title} (${marks.join('; ')})`;
}

/** One delivery in a line: to whom, its exact state, since when, and why. */
export function deliveryLine(delivery: FollowedDelivery): string {
  const attempts = delivery.attempts > 1 ? `, ${delivery.attempts} attempts` : '';
  const reason = delivery.reason === undefined ? '' : `, ${delivery.reason}`;
  const next = delivery.nextattempt === undefined ? '' : `, next attempt ${delivery.nextattempt}`;
  return `-> ${delivery.org}  ${delivery.state} since ${delivery.since}${attempts}${reason}${next}`;
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

/** What happened to an event, in sentences, and what comes next. */
export function storyOf(event: FollowedEvent): string[] {
  const from = event.sourceorg === undefined ? '' : ` from ${event.sourceorg}`;
  const when = event.recorded === undefined ? '' : ` It is on disk since ${event.recorded}.`;
  const deliveries = event.deliveries ?? [];
  const to = event.targetorg === undefined ? '' : ` It is meant for ${event.targetorg}.`;
  const story = [`“${titleOf(event)}”${from} was ${event.state}.${when}${to}`];
  if (deliveries.length === 0) {
    story.push('You see no delivery of it: nobody has subscribed to it, or the receivers are not yours to see.');
  }
  for (const delivery of deliveries) story.push(deliverySentence(delivery));
  if ((event.findings ?? []).length > 0) story.push('It was accepted with findings, which its policy let pass:');
  return story;
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
