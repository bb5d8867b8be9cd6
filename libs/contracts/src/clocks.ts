/** A time that something may take: from what, until what, and what is said and done when it has passed. */
export interface Clock {
  readonly title: string;
  /** From which moment it runs. */
  readonly from: string;
  /** What stops it. */
  readonly until: string;
  /** One sentence for when it has run out. */
  readonly late: string;
  /** The one next thing to do, by whoever holds it. */
  readonly next: string;
}

/**
 * The closed list of clocks, in the order of an event's way. `delivery` and `acknowledgement` belong to one delivery, the
 * others to a journey.
 */
export const CLOCKS = {
  delivery: {
    title: 'Accepted → delivered',
    from: 'its acceptance',
    until: 'its delivery to the subscription',
    late: 'It was not delivered in time.',
    next: 'Look at the health of the subscription and mend the endpoint; it is tried on.',
  },
  acknowledgement: {
    title: 'Delivered → acknowledged by system',
    from: 'its delivery to the subscription',
    until: 'the acknowledgement by the receiver’s system, or an event of the receiver that answers it',
    late: 'It was delivered, and no system of its receiver acknowledged it in time.',
    next: 'Check that your system took it in, then acknowledge it.',
  },
  'referral-to-response': {
    title: 'Referral → response',
    from: 'the acceptance of the request',
    until: 'a response, a booking, or its cancellation',
    late: 'The referral was not answered in time.',
    next: 'Answer the referral or book an appointment, and publish that.',
  },
  'response-to-booking': {
    title: 'Response → booking',
    from: 'the acceptance of the response that accepts the referral',
    until: 'a booking, a response that ends it, or its cancellation',
    late: 'The referral was accepted, and no appointment was booked in time.',
    next: 'Book an appointment or say that there will be none, and publish that.',
  },
  'order-to-result': {
    title: 'Order → result',
    from: 'the report that the order was registered',
    until: 'a provisional or final report, or a withdrawal',
    late: 'The order was registered, and no result was reported in time.',
    next: 'Report the result, or withdraw the report.',
  },
  'result-to-seen': {
    title: 'Result → seen by a person',
    from: 'the acceptance of the report',
    until: 'the word of its receiver that a person has seen it or acted on it',
    late: 'Nobody has said in time that a person has seen the result.',
    next: 'Make sure that a person sees the result, and publish that it was seen.',
  },
} as const satisfies Record<string, Clock>;

/** Name of a clock. */
export type ClockName = keyof typeof CLOCKS;
/** A clock of a journey: one event starts it, another stops it. */
export type StepClock = Exclude<ClockName, 'delivery' | 'acknowledgement'>;

export function isClock(name: unknown): name is ClockName {
  return typeof name === 'string' && Object.hasOwn(CLOCKS, name);
}

export function isStepClock(name: unknown): name is StepClock {
  return isClock(name) && name !== 'delivery' && name !== 'acknowledgement';
}
