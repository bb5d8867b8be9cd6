import { INELIGIBLE } from '@signalbox/registry';

interface ReasonRow {
  /** One sentence for people, on a step and on the journey page. */
  readonly sentence: string;
  /** What the person who looks at it should do. */
  readonly advice: string;
}

const row = (sentence: string, advice: string): ReasonRow => ({ sentence, advice });

/**
 * Every reason that a step of the relay can carry. A code, once published, keeps its meaning. The README holds the
 * same table; a test keeps the two equal.
 */
export const REASONS = {
  'endpoint-timeout': row('The endpoint did not answer in time.', 'Answer first and work afterwards.'),
  'endpoint-unreachable': row(
    'The endpoint could not be reached.',
    'Check that its name resolves and that it takes connections.',
  ),
  'endpoint-disconnected': row(
    'The endpoint closed the connection before it answered.',
    'Look for a crash or a proxy limit at the receiver.',
  ),
  'endpoint-insecure': row('No secure connection could be made.', 'Renew or correct the certificate of the endpoint.'),
  'endpoint-not-http': row(
    'The endpoint answered with something other than HTTP.',
    'Check the port and scheme of the sink.',
  ),
  'endpoint-overloaded': row(
    'The endpoint asked for less or for later.',
    'It is tried again after the time that it asked for.',
  ),
  'endpoint-error': row('The endpoint answered with an error of its own.', 'Look into the log of the receiver.'),
  'endpoint-redirected': row(
    'The endpoint answered with a redirect, which is never followed.',
    'Set the sink to the final address.',
  ),
  'endpoint-refused': row('The endpoint refused the event.', 'Mend the receiver, then retry the parked delivery.'),
  'endpoint-gone': row(
    'The endpoint is gone and wants nothing more.',
    'The subscription is switched off; set a new sink and activate it.',
  ),
  'egress-refused': row(
    'The sink is at a place that this exchange does not send to.',
    'Use a public https address, or ask the operator to list the host.',
  ),
  'attempts-exhausted': row('Every attempt failed.', 'Mend what the attempts name, then retry the parked delivery.'),
  'too-old': row(
    'The attempts went on for longer than is allowed.',
    'Mend what the attempts name, then retry the parked delivery.',
  ),
  'channel-unknown': row(
    'No channel of this relay serves the protocol of the subscription.',
    'Use a protocol that the exchange offers.',
  ),
  'not-signable': row(
    'The subscription has no usable secret to sign with.',
    'Rotate the secret of the subscription, then retry.',
  ),
  'retention-over': row(
    'The event left its stream before it could be delivered, and no copy of it is kept.',
    'Ask its publisher to send it again, or give it to a person.',
  ),
  superseded: row(
    'A newer version of it was accepted before it could be delivered.',
    'Look at the newer one; retry this one if it is wanted all the same.',
  ),
  'not-numbered': row(
    'The exchange could not give the notification its number.',
    'Nothing is to be done: it is tried again.',
  ),
  'other-recipient': row(INELIGIBLE['other-recipient'], 'Nothing is to be done.'),
  'other-source': row(INELIGIBLE['other-source'], 'Nothing is to be done.'),
  'other-type': row(INELIGIBLE['other-type'], 'Nothing is to be done.'),
  'no-match': row(INELIGIBLE['no-match'], 'Nothing is to be done; change the filters if it was wanted.'),
  'no-grant': row(INELIGIBLE['no-grant'], 'Ask the operator for a grant; the event can then be retried.'),
} as const satisfies Record<string, ReasonRow>;

/** A code of {@link REASONS}. */
export type ReasonCode = keyof typeof REASONS;
