import { CLOCKS, isClock, STUCK, type StuckGroup, type StuckOwner, type StuckReason } from '@signalbox/contracts';
import type { DeliveryState } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import { defined } from '../journeys/delivery.js';
import { counted } from '../journeys/words.js';
import { workOf } from '../proof/work-table.js';

/** Why something stands still, and whose move it is. Times are RFC 3339 in UTC. */
export interface Why {
  readonly reason: StuckReason;
  /** The organisation whose move it is, and who in it; the ODS code is missing where nobody knows it. */
  readonly owner: StuckGroup['owner'];
  /** What its age is counted from. */
  readonly since: string;
  /** By when it should have moved on. */
  readonly due?: string;
  /** What exactly is in the way, one sentence; the reason itself has its own words in `STUCK`. */
  readonly detail?: string;
  /** The one next thing to do, in the words of `STUCK`. */
  readonly next: string;
}

/** What became of a delivery, as far as it decides why it stands still. */
export interface StandingDelivery {
  /** ODS code of the receiver. */
  readonly org: string;
  readonly state: DeliveryState;
  readonly since: string;
  readonly attempts: number;
  readonly reason?: string;
  readonly nextattempt?: string;
  readonly delivered?: string;
  readonly acknowledged?: string;
  readonly due?: string;
}

/** What of its event decides. */
export interface StandingEvent {
  readonly sourceorg: string;
  readonly targetorg?: string;
  readonly recorded?: string;
}

/** A clock that has run out for a delivery or an event. */
export interface OverdueClock {
  /** Name of the clock, such as `acknowledgement`. */
  readonly clock: string;
  readonly started: string;
  readonly due: string;
  /** ODS code of who has to move; the receiver where it is not said. */
  readonly owner?: string;
}

/** Everything that decides why one delivery stands still. */
export interface StuckFacts {
  readonly delivery: StandingDelivery;
  readonly event: StandingEvent;
  /** As it is now; `undefined` when it was deleted. */
  readonly subscription: Pick<Subscription, 'status' | 'protocol'> | undefined;
  /** Whether the receiver takes part in the exchange; not said = yes. */
  readonly receiverActive?: boolean;
  /** The outage that the receiver has declared. */
  readonly outage?: { readonly since: string };
  /** Reason of the last failed attempt of another delivery of the same subscription. */
  readonly troubled?: string;
  /** The clock of this delivery that has run out first. */
  readonly overdue?: OverdueClock;
  readonly now: Date;
  /** How long something may wait for its first attempt before that is worth a word, in milliseconds. */
  readonly patienceMs: number;
}

/** A cause by which nothing waits: the delivery has ended as its receiver wished. */
export const NOTHING = 'nothing';

type Leads = Readonly<Record<string, StuckReason | typeof NOTHING>>;

/** What a failed attempt says while attempts go on. */
const WHILE_TRYING: Leads = {
  'endpoint-timeout': 'subscriber-down',
  'endpoint-unreachable': 'subscriber-down',
  'endpoint-disconnected': 'subscriber-down',
  'endpoint-insecure': 'subscriber-down',
  'endpoint-not-http': 'subscriber-down',
  'endpoint-redirected': 'subscriber-down',
  'endpoint-gone': 'subscriber-down',
  'egress-refused': 'subscriber-down',
  'channel-unknown': 'subscriber-down',
  'not-signable': 'subscriber-down',
  'endpoint-overloaded': 'delivering',
  'endpoint-error': 'delivering',
  'endpoint-refused': 'delivering',
  'not-numbered': 'delivering',
  'attempts-exhausted': 'delivering',
  'too-old': 'delivering',
  'retention-over': 'expired-to-human',
  'deadline-missed': 'expired-to-human',
  superseded: 'held-order',
  'no-grant': 'no-grant',
  'parked-by-person': 'delivering',
};

/** What each reason means once the delivery is parked. */
const WHEN_PARKED: Leads = {
  'endpoint-timeout': 'subscriber-refused',
  'endpoint-unreachable': 'subscriber-refused',
  'endpoint-disconnected': 'subscriber-refused',
  'endpoint-insecure': 'subscriber-refused',
  'endpoint-not-http': 'subscriber-refused',
  'endpoint-redirected': 'subscriber-refused',
  'endpoint-overloaded': 'subscriber-refused',
  'endpoint-error': 'subscriber-refused',
  'endpoint-refused': 'subscriber-refused',
  'endpoint-gone': 'subscriber-refused',
  'attempts-exhausted': 'subscriber-refused',
  'too-old': 'subscriber-refused',
  'egress-refused': 'subscriber-refused',
  'channel-unknown': 'subscriber-refused',
  'not-signable': 'subscriber-refused',
  'not-numbered': 'subscriber-refused',
  'parked-by-person': 'subscriber-refused',
  'retention-over': 'expired-to-human',
  'deadline-missed': 'expired-to-human',
  superseded: 'held-order',
  'receiver-ended': 'no-recipient',
  'no-grant': 'no-grant',
};

/** What each reason means once its time is over. */
const WHEN_EXPIRED: Leads = { 'deadline-missed': 'expired-to-human', 'retention-over': 'expired-to-human' };

/** For whom it was not meant: nobody waits for it. */
const NOT_MEANT: Leads = {
  'other-recipient': NOTHING,
  'other-source': NOTHING,
  'other-type': NOTHING,
  'no-match': NOTHING,
  'sought-past': NOTHING,
};

/** By state, what each reason leads to. A reason that the exchange writes and that stands nowhere here fails a test. */
export const LEADS: Readonly<Partial<Record<DeliveryState, Leads>>> = {
  waiting: WHILE_TRYING,
  delivering: WHILE_TRYING,
  parked: WHEN_PARKED,
  expired: WHEN_EXPIRED,
  suppressed: { 'no-grant': 'no-grant' },
  filtered: NOT_MEANT,
  paused: {
    'subscription-paused': 'subscriber-down',
    'subscription-disabled': 'subscriber-down',
    'subscription-pending': 'subscriber-down',
    'subscription-deleted': 'no-recipient',
  },
};

/** The codes by which the door refuses somebody, and not what they sent. */
const ABOUT_IDENTITY: ReadonlySet<string> = new Set([
  'SB-3001',
  'SB-3002',
  'SB-3003',
  'SB-3004',
  'SB-3005',
  'SB-3006',
  'SB-3007',
  'SB-3008',
  'SB-3009',
  'SB-4090',
]);

/** Which of the two a refusal at the door is. @param code of the table of problems */
export function whyRefused(code: string): 'rejected-schema' | 'rejected-identity' {
  return ABOUT_IDENTITY.has(code) ? 'rejected-identity' : 'rejected-schema';
}

/** What somebody was to do who has it, and what a receiver's system has not done. */
export function whyOverdue(clock: string): StuckReason {
  if (clock === 'delivery') return 'expired-to-human';
  return clock === 'acknowledgement' ? 'delivered-unacknowledged' : 'acknowledged-no-action';
}

/** The side and the words of a reason. */
export function whyOf(
  reason: StuckReason,
  parties: { readonly publisher: string; readonly receiver?: string; readonly operator: string },
  facts: { readonly since: string; readonly due?: string; readonly detail?: string; readonly side?: StuckOwner },
): Why {
  const { since, due, detail } = facts;
  const side = facts.side ?? STUCK[reason].owner;
  const { publisher, receiver, operator } = parties;
  const ods = { publisher, receiver: receiver ?? publisher, operator, 'information-governance': publisher }[side];
  return { reason, owner: { side, ods }, since, ...defined({ due, detail }), next: STUCK[reason].next };
}

/**
 * Why a delivery stands still; `undefined` when nothing of it waits for anybody. What a person has seen to by another way
 * says so (`handled-outside`), and waits for nobody either.
 *
 * @param operator ODS code of the organisation that runs the exchange
 */
export function whyStuck(facts: StuckFacts, operator: string): Why | undefined {
  const { delivery, event } = facts;
  const parties = { publisher: event.sourceorg, receiver: delivery.org, operator };
  const found = causeOf(facts);
  if (found === undefined) return undefined;
  const { reason, ...more } = found;
  return whyOf(reason, parties, { since: delivery.since, ...more });
}

interface Cause {
  readonly reason: StuckReason;
  readonly since?: string;
  readonly due?: string;
  readonly detail?: string;
  readonly side?: StuckOwner;
}

function causeOf(facts: StuckFacts): Cause | undefined {
  const { delivery } = facts;
  switch (delivery.state) {
    case 'parked':
    case 'expired':
      return stopped(facts, delivery.state);
    case 'suppressed':
      return suppressed(facts);
    case 'filtered':
      return decided(delivery.state, delivery.reason);
    case 'delivered':
    case 'acknowledged':
      return overdue(facts);
    case 'handled-outside':
      return { reason: 'handled-outside' };
    default:
      return underWay(facts);
  }
}

/** Parked or out of time: a person has to see to it. The finer table knows whose move a cause is. */
function stopped({ delivery, subscription }: StuckFacts, state: 'parked' | 'expired'): Cause {
  const { reason: code, due, since } = delivery;
  const { owner, sentence } = workOf({ state, subscription, ...defined({ reason: code }) });
  const lead = LEADS[state]?.[code ?? ''];
  const reason = lead === undefined || lead === NOTHING ? 'unknown' : lead;
  const side = reason === 'no-grant' || reason === 'unknown' ? undefined : owner;
  // Its age is that of the missed deadline, not of the moment at which somebody noticed.
  const from = state === 'expired' && due !== undefined && due < since ? due : since;
  return { reason, since: from, detail: sentence, ...defined({ due, side }) };
}

/** Held back for want of a grant. That is nobody's trouble but of whom it was addressed to. */
function suppressed({ delivery, event, receiverActive = true }: StuckFacts): Cause | undefined {
  if (event.targetorg !== delivery.org) return undefined;
  if (receiverActive) return decided('suppressed', delivery.reason ?? 'no-grant');
  return { reason: 'no-recipient', detail: `${delivery.org} does not take part in the exchange any more.` };
}

function decided(state: 'suppressed' | 'filtered', code: string | undefined): Cause | undefined {
  const lead = LEADS[state]?.[code ?? ''];
  if (lead === NOTHING) return undefined;
  return { reason: lead ?? 'unknown' };
}

function overdue({ overdue: clock, delivery, event }: StuckFacts): Cause | undefined {
  if (clock === undefined) return undefined;
  const reason = whyOverdue(clock.clock);
  const since = reason === 'delivered-unacknowledged' ? (delivery.delivered ?? clock.started) : clock.started;
  const late = isClock(clock.clock) ? CLOCKS[clock.clock].late : undefined;
  const side = clock.owner === event.sourceorg && clock.owner !== delivery.org ? ('publisher' as const) : undefined;
  return { reason, since, due: clock.due, ...defined({ detail: late, side }) };
}

const DOWN: Readonly<Record<Exclude<Subscription['status'], 'active'>, string>> = {
  paused: 'Its receiver has paused the subscription.',
  disabled: 'The subscription is switched off.',
  pending: 'The endpoint has not consented to deliveries yet.',
};

function underWay(facts: StuckFacts): Cause | undefined {
  const { delivery, event, subscription, outage, receiverActive = true } = facts;
  const due = defined({ due: delivery.due });
  if (subscription === undefined) {
    if (event.targetorg !== delivery.org) return undefined;
    return { reason: 'no-recipient', detail: 'The receiver has ended the subscription.', ...due };
  }
  if (!receiverActive)
    return { reason: 'no-recipient', detail: `${delivery.org} does not take part in the exchange any more.`, ...due };
  if (subscription.status !== 'active') return { reason: 'subscriber-down', detail: DOWN[subscription.status], ...due };
  if (outage !== undefined)
    return {
      reason: 'outage-declared',
      since: outage.since,
      side: 'receiver',
      detail: 'The receiver has declared an outage.',
      ...due,
    };
  return delivery.attempts > 0 && delivery.reason !== undefined ? trying(facts, delivery.reason) : quiet(facts);
}

/** Attempts fail and go on. */
function trying({ delivery }: StuckFacts, code: string): Cause {
  const lead = WHILE_TRYING[code];
  return {
    reason: lead === undefined || lead === NOTHING ? 'unknown' : lead,
    detail: `${counted(delivery.attempts, 'attempt')} failed, the last one: ${code}.`,
    ...defined({ due: delivery.due }),
  };
}

/** No attempt has been made. What is collected by its receiver has time until its deadline. */
function quiet({ delivery, event, subscription, troubled, now, patienceMs }: StuckFacts): Cause | undefined {
  const due = defined({ due: delivery.due });
  const waited = now.getTime() - Date.parse(event.recorded ?? delivery.since);
  if (troubled !== undefined) {
    if (WHILE_TRYING[troubled] === 'subscriber-down')
      return { reason: 'subscriber-down', detail: `Attempts of others fail: ${troubled}.`, ...due };
    if (waited > patienceMs)
      return { reason: 'held-order', detail: `An event before it is tried again: ${troubled}.`, ...due };
  }
  if (waited <= patienceMs) return undefined;
  if (subscription?.protocol === 'PULL')
    return delivery.due !== undefined && Date.parse(delivery.due) <= now.getTime()
      ? { reason: 'subscriber-down', detail: 'It was not collected in time.', ...due }
      : undefined;
  return { reason: 'delivering', detail: 'It waits for its first attempt.', ...due };
}
