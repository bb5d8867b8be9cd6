import type { Subscription } from '@signalbox/registry';

/** Whose move it is. */
export type Owner = 'receiver' | 'publisher' | 'operator';

/** What somebody has to do about a delivery that has stopped. */
export interface Work {
  readonly owner: Owner;
  /** Why it has stopped, in one sentence. */
  readonly sentence: string;
  /** The one next thing to do. */
  readonly next: string;
}

const receiver = (sentence: string, next: string): Work => ({ owner: 'receiver', sentence, next });
const publisher = (sentence: string, next: string): Work => ({ owner: 'publisher', sentence, next });
const operator = (sentence: string, next: string): Work => ({ owner: 'operator', sentence, next });

const RETRY = 'then retry the parked delivery.';

/** Owner and next action of what is parked, by the reason of its step. */
export const PARKED: Readonly<Record<string, Work>> = {
  'endpoint-timeout': receiver('The endpoint did not answer in time.', `Answer first and work afterwards, ${RETRY}`),
  'endpoint-unreachable': receiver('The endpoint could not be reached.', `Bring it back, ${RETRY}`),
  'endpoint-disconnected': receiver('The endpoint closed the connection before it answered.', `Mend it, ${RETRY}`),
  'endpoint-insecure': receiver('No secure connection could be made.', `Renew the certificate, ${RETRY}`),
  'endpoint-not-http': receiver('The endpoint answered with something other than HTTP.', `Correct the sink, ${RETRY}`),
  'endpoint-overloaded': receiver(
    'The endpoint asked for less or for later, until it was too late.',
    `Make room, ${RETRY}`,
  ),
  'endpoint-error': receiver(
    'The endpoint answered with an error of its own.',
    `Look into its log and mend it, ${RETRY}`,
  ),
  'endpoint-redirected': receiver(
    'The endpoint answered with a redirect.',
    `Set the sink to the final address, ${RETRY}`,
  ),
  'endpoint-refused': receiver('The endpoint refused the event.', `Mend the receiver, ${RETRY}`),
  'endpoint-gone': receiver(
    'The endpoint is gone and wants nothing more.',
    'Set a new sink and resume the subscription, then retry; or mark it handled outside.',
  ),
  'attempts-exhausted': receiver('Every attempt failed.', `Mend what the attempts name, ${RETRY}`),
  'too-old': receiver('The attempts went on for longer than is allowed.', `Mend what the attempts name, ${RETRY}`),
  'egress-refused': operator(
    'The sink is at a place that this exchange does not send to.',
    'Agree with the receiver on a public https address, or list its host; then it retries.',
  ),
  'channel-unknown': operator('No relay serves the protocol of the subscription.', `Start one that does, ${RETRY}`),
  'not-signable': receiver(
    'There is no usable secret to sign with.',
    `Rotate the secret of the subscription, ${RETRY}`,
  ),
  'not-numbered': operator('The exchange could not give the notification its number.', `See to the engine, ${RETRY}`),
  superseded: receiver(
    'A newer version came before this one, and its type holds older ones back.',
    'Check that the newer one is in use; then mark it handled outside, or retry it.',
  ),
  'parked-by-person': receiver(
    'A person stopped its delivery.',
    'Look at what they wrote, then retry it or mark it handled outside.',
  ),
  'receiver-ended': publisher(
    'It corrects something that the receiver has, and the receiver has ended the subscription by which it got it.',
    'Tell the receiver, then mark it handled outside.',
  ),
  'no-grant': publisher(
    'It corrects something that the receiver has, and the receiver holds no grant for it any more.',
    'Tell the receiver, then mark it handled outside; or ask the operator for the grant, then retry.',
  ),
};

const UNKNOWN = receiver(
  'It could not be delivered.',
  'Look at its attempts; then retry it, or mark it handled outside.',
);

const LEFT_BY_ENDED =
  'Its subscription has ended, so it cannot be retried: look whether it still matters, then mark it handled outside.';

const LEFT_BEHIND = publisher(
  'It was not delivered while the exchange kept the event.',
  'Send the content again under a new id if it still matters, or tell the receiver; then mark it handled outside.',
);

/** Owner and next action of what is past its deadline: whatever stands in the way decides. */
export const OVERDUE: Readonly<Record<Subscription['status'] | 'deleted' | 'pull', Work>> = {
  active: receiver(
    'It was not delivered in time. It is tried on.',
    'Look at the health of the subscription and mend the endpoint; it closes by itself when it is delivered.',
  ),
  pull: receiver(
    'It was not collected in time.',
    'Pull from the subscription; it closes by itself when it is collected.',
  ),
  paused: receiver('It was not delivered in time: the subscription is paused.', 'Resume the subscription.'),
  disabled: receiver(
    'It was not delivered in time: the subscription is switched off.',
    'Set a sink that works and resume the subscription, or delete it.',
  ),
  pending: receiver(
    'It was not delivered in time: the endpoint has not consented to deliveries.',
    'Let the endpoint answer the handshake, or delete the subscription.',
  ),
  deleted: publisher(
    'It was not delivered before the receiver deleted its subscription.',
    'Ask the receiver whether it still needs it; then mark it handled outside.',
  ),
};

/** What of a delivery and its subscription decides who has to do what. */
export interface Stopped {
  readonly state: 'parked' | 'expired';
  readonly reason?: string;
  /** `undefined`: the subscription was deleted. */
  readonly subscription: Pick<Subscription, 'status' | 'protocol'> | undefined;
}

/** Whose move it is, why, and what to do next. */
export function workOf({ state, reason, subscription }: Stopped): Work {
  if (state === 'parked') {
    const work = PARKED[reason ?? ''] ?? UNKNOWN;
    return subscription === undefined && work.owner !== 'publisher' ? receiver(work.sentence, LEFT_BY_ENDED) : work;
  }
  if (reason === 'retention-over') return LEFT_BEHIND;
  if (subscription === undefined) return OVERDUE.deleted;
  const pulled = subscription.status === 'active' && subscription.protocol === 'PULL';
  return OVERDUE[pulled ? 'pull' : subscription.status];
}
