/** Whose move it is. */
export type StuckOwner =
  | 'publisher'
  | 'receiver'
  | 'operator'
  /** Whoever decides which organisation may receive what, in the organisation that publishes it. */
  | 'information-governance';

/** Why something stands still: whose move it is, what its age is counted from, and the one next thing to do. */
export interface StuckEntry {
  /** One sentence. */
  readonly meaning: string;
  readonly owner: StuckOwner;
  /** From when its age counts, and what ends it: in words. */
  readonly clock: string;
  readonly next: string;
}

const entry = (owner: StuckOwner, meaning: string, clock: string, next: string): StuckEntry => ({
  meaning,
  owner,
  clock,
  next,
});

/**
 * The closed list of why something does not move on, in the words that console, API and command line show. The order is
 * that of an event's way.
 */
export const STUCK = {
  'rejected-schema': entry(
    'publisher',
    'The event was refused: its content does not meet the rules of its type.',
    'Since the refusal, until an event of the same id is accepted.',
    'Mend what the findings name and send it again under the same id.',
  ),
  'rejected-identity': entry(
    'publisher',
    'The event was refused: the sender may not publish it, or its id stands for other content.',
    'Since the refusal, until an event of the same id is accepted.',
    'Send it with the credentials of its source, under an id of its own, or ask for the grant.',
  ),
  'no-grant': entry(
    'information-governance',
    'The receiver holds no grant for this type.',
    'Since the delivery was held back, until a grant covers it.',
    'Decide whether the receiver may have it: give the grant, or tell the publisher another recipient.',
  ),
  'no-recipient': entry(
    'publisher',
    'Nobody receives it: its recipient is unknown, switched off, or has no subscription for this type.',
    'Since it was accepted, until a subscription receives it.',
    'Check the recipient’s code, or ask the recipient to subscribe; until then tell it by another way.',
  ),
  'held-release': entry(
    'publisher',
    'It is held until a person releases it.',
    'Since it was accepted, until it is released.',
    'Review and release it.',
  ),
  'held-order': entry(
    'receiver',
    'It waits for an earlier event of the same patient or journey, or is held because a newer one was there first.',
    'Since it came up for delivery, until the one before it has ended.',
    'See to the earlier event; this one follows by itself.',
  ),
  delivering: entry(
    'receiver',
    'It is on its way: attempts go on.',
    'Since it was accepted, until its delivery deadline.',
    'Wait for the next attempt, or look at what the last one was answered.',
  ),
  'subscriber-down': entry(
    'receiver',
    'The receiver’s endpoint cannot be reached, or its subscription is paused, switched off or not read.',
    'Since it came up for delivery, until its delivery deadline.',
    'Bring the endpoint back, or resume or read the subscription; what waits is then delivered by itself.',
  ),
  'subscriber-refused': entry(
    'receiver',
    'The receiver’s endpoint did not take the event, or a person stopped its delivery, and it is parked.',
    'Since it was parked, until a person decides.',
    'Mend what its cause names, then retry the parked delivery.',
  ),
  'delivered-unacknowledged': entry(
    'receiver',
    'It was delivered, and its acknowledgement is overdue.',
    'Since the delivery, until it is acknowledged.',
    'Take note of it in the receiving system, or tell its publisher that it was seen by another way.',
  ),
  'acknowledged-no-action': entry(
    'receiver',
    'It was received, and the answer that its type asks for is overdue.',
    'Since the event that asks for it, until the answer is published.',
    'Answer it, or tell the waiting organisation when the answer will come.',
  ),
  'publisher-silent': entry(
    'publisher',
    'The publisher has sent nothing for longer than it usually does.',
    'Since its last event, until the next one.',
    'Ask the publisher whether its system or its connection has stopped; if so, let it declare an outage.',
  ),
  'outage-declared': entry(
    'publisher',
    'The organisation whose move it is has declared an outage.',
    'Since the outage was declared, until it is declared over.',
    'Work by the fallback that was agreed; what was kept back is sent when the outage ends.',
  ),
  'expired-to-human': entry(
    'receiver',
    'It was not delivered in time, or can no longer be sent.',
    'Since its deadline, until it arrives or a person has seen to it.',
    'Tell the receiver by another way, then mark it handled outside; or mend what is in the way.',
  ),
  'handled-outside': entry(
    'receiver',
    'A person has seen to it by another way. Nothing waits.',
    'Ended.',
    'Nothing: the note on its delivery says what was done.',
  ),
  unknown: entry(
    'operator',
    'Why it does not move on is not known. There should be none of these.',
    'Since its last step.',
    'Look at its steps and at the health of the exchange, and report it to the maintainers.',
  ),
} as const satisfies Record<string, StuckEntry>;

/** One of the closed list of why something does not move on. */
export type StuckReason = keyof typeof STUCK;
