import type { StuckOwner } from '@signalbox/contracts';

/** How much an alert presses. */
export type Severity = 'information' | 'warning' | 'critical';

/** What exactly an alert is about, in the form of the event that tells of it. Never a patient. */
export interface AlertAbout {
  readonly organisation?: string;
  readonly application?: string;
  readonly type?: string;
  readonly subscription?: string;
  readonly clock?: string;
  readonly count?: number;
}

/** One kind of alert. */
export interface AlertEntry {
  readonly title: string;
  readonly severity: Severity;
  /** Whose move it is; the operator of the exchange is told of every one. */
  readonly owner: StuckOwner;
  /** In one sentence each: what raises it, and what resolves it. */
  readonly raises: string;
  readonly resolves: string;
  /** Path of the page to look at. */
  readonly leads: (org: string, about: AlertAbout) => string;
  /** An event of its own tells of it already, or nobody has to be woken: it stands on pages and in metrics only. */
  readonly silent?: true;
}

const query = (path: string, filters: Readonly<Record<string, string | undefined>>): string => {
  const asked = Object.entries(filters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return asked.length === 0 ? path : `${path}?${asked.join('&')}`;
};

/**
 * The closed list of what the exchange wakes somebody for. Each has a runbook of its name in docs/runbooks; a test keeps
 * table and files equal. A kind, once published, keeps its meaning.
 */
export const ALERTS = {
  'deadline-missed': {
    title: 'A deadline was missed',
    severity: 'warning',
    owner: 'receiver',
    raises: 'Something had to follow an event by a certain time, and has not.',
    resolves: 'Nothing of that type and clock is overdue any more at this organisation.',
    leads: (org, { type }) => query('/stuck', { receiver: org, type }),
  },
  'publisher-silent': {
    title: 'A publisher has gone silent',
    severity: 'critical',
    owner: 'publisher',
    raises: 'No event of a type has come for well over the time that is usual at this hour, and no outage is declared.',
    resolves: 'The next event of the type comes, or the publisher declares an outage.',
    leads: (org) => `/organisations/${org}`,
  },
  'outage-declared': {
    title: 'An outage is declared',
    severity: 'information',
    owner: 'publisher',
    raises: 'An organisation has declared that its events will stay away.',
    resolves: 'It declares the outage over.',
    leads: () => '/outages',
    silent: true,
  },
  'subscriber-down': {
    title: 'An endpoint does not take its events',
    severity: 'critical',
    owner: 'receiver',
    raises: 'The relay has not got through to the endpoint of a subscription for a while: what is for it waits.',
    resolves: 'The endpoint takes events again, or the subscription is paused, changed or ended.',
    leads: (org) => query('/stuck', { stuck: 'subscriber-down', receiver: org }),
  },
  'subscriber-refusing': {
    title: 'Deliveries are parked',
    severity: 'warning',
    owner: 'receiver',
    raises: 'An endpoint refused events for good, or they were given up on: they are parked until a person decides.',
    resolves: 'Nothing of the subscription is parked any more: retried, handed over or handled outside.',
    leads: (org) => query('/stuck', { stuck: 'subscriber-refused', receiver: org }),
  },
  'correction-unacknowledged': {
    title: 'A correction is not acknowledged',
    severity: 'critical',
    owner: 'receiver',
    raises: 'An organisation that has the original has not acknowledged its correction or withdrawal in time.',
    resolves: 'It is acknowledged, or a person has told the receiver by another way and noted that.',
    leads: (org, { type }) => query('/stuck', { stuck: 'delivered-unacknowledged', receiver: org, type }),
  },
  'refusals-rising': {
    title: 'Many events are refused',
    severity: 'warning',
    owner: 'publisher',
    raises: 'More events of a publisher than usual were refused in this hour and the one before.',
    resolves: 'Fewer are refused than that.',
    leads: (org) => query('/stuck', { stuck: 'rejected-schema', publisher: org }),
  },
  'reconciliation-gap': {
    title: 'The reconciliation found a gap',
    severity: 'critical',
    owner: 'operator',
    raises: 'Something that was accepted does not sum with what the ledger knows, and has not mended itself.',
    resolves: 'The gap is whole again.',
    leads: () => '/reconciliation',
  },
  'unknown-stuck': {
    title: 'Something stands still for an unknown reason',
    severity: 'warning',
    owner: 'operator',
    raises: 'Why something does not move on is not in the list of reasons. There should be none of these.',
    resolves: 'It has moved on, or its reason is known.',
    leads: () => '/stuck?stuck=unknown',
  },
  'engine-unwell': {
    title: 'The engine is unwell',
    severity: 'critical',
    owner: 'operator',
    raises: 'The engine does not answer, lacks a stream or a server, or is running out of room.',
    resolves: 'It answers, has everything, and has room.',
    leads: () => '/',
  },
  'ledger-behind': {
    title: 'The ledger is behind',
    severity: 'warning',
    owner: 'operator',
    raises: 'The ledger has not read what lies in the streams: pages and alerts tell of the past.',
    resolves: 'It has caught up.',
    leads: () => '/',
  },
  'break-glass-used': {
    title: 'Values of an event were shown',
    severity: 'information',
    owner: 'information-governance',
    raises: 'A person has opened the values of an event for a stated reason.',
    resolves: 'The time for which they could be seen is over.',
    leads: () => '/disclosures',
    silent: true,
  },
} as const satisfies Record<string, AlertEntry>;

/** A kind of {@link ALERTS}. */
export type AlertKind = keyof typeof ALERTS;

export const ALERT_KINDS = Object.keys(ALERTS) as readonly AlertKind[];

/** Whether a text names a kind of alert. */
export function isAlertKind(text: string): text is AlertKind {
  return Object.hasOwn(ALERTS, text);
}

/** The entry of a kind, with what not all kinds have. */
export function alertEntry(kind: AlertKind): AlertEntry {
  return ALERTS[kind];
}
