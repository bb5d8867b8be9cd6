import {
  type ByUrgency,
  type ClockName,
  isClock,
  type Outage,
  type Person,
  Refusal,
  type Filter,
  type Stage,
  type StuckAct,
} from '@signalbox/contracts';
import type { PublicJwk } from './public-keys.js';

export {
  type Outage,
  OUTAGE_REASONS,
  type OutageReason,
  type Person,
  type Role,
  ROLES,
  type Stage,
  type StageSetting,
  type Strictness,
} from '@signalbox/contracts';

/** The organisation that runs the exchange itself; its code is of the form that ODS keeps for tests and never allots. */
export const OPERATOR = { ods: 'X9S0B', application: 'operator' } as const;

/** An organisation of the exchange, known by its ODS code. */
export interface Organisation {
  readonly ods: string;
  readonly name: string;
  /** Switched off: its tokens stop working at once and nothing is delivered to it. */
  readonly active: boolean;
  /** How people reach it when something of theirs needs a person: a mailbox or a telephone number, never a patient's. */
  readonly contact?: string;
  /** Hosts, addresses and CIDRs in private ranges that the operator lets this organisation's sinks be at. */
  readonly egressAllow?: readonly string[];
}

/** A system of an organisation; the holder of keys. */
export interface Application {
  readonly ods: string;
  /** Lower-case letters, digits and hyphens; unique within the organisation. */
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  /** Public keys that may sign its assertions; two or more while keys are rotated. */
  readonly keys: readonly PublicJwk[];
  /** Public NKeys (`U…`) with which it may connect to the engine itself; absent or empty = it may not. */
  readonly natskeys?: readonly string[];
}

export type Action = 'publish' | 'subscribe' | 'trace' | 'administer';
export const ACTIONS: readonly Action[] = ['publish', 'subscribe', 'trace', 'administer'];

/** What an application (or with `*` every application) of an organisation may do with which types, for which purpose, until when. */
export interface Grant {
  readonly id: string;
  readonly ods: string;
  readonly application: string;
  readonly action: Action;
  /** A type, a pattern that ends in `.*`, or `*`. */
  readonly types: string;
  readonly purpose: string;
  /** On which legal basis data is shared, in the words of whoever gave it: an article, an agreement. */
  readonly basis?: string;
  /** RFC 3339; without it the grant holds until it is deleted. */
  readonly expires?: string;
  /** RFC 3339: when it was given, where that is known. */
  readonly created?: string;
}

/** How a subscription is served: `HTTP` webhooks, `FHIR` notifications and `NATS` inboxes by the relay, `PULL` (fetched or streamed) by the gateway. */
export type Protocol = 'HTTP' | 'PULL' | 'FHIR' | 'NATS';
export const PROTOCOLS: readonly Protocol[] = ['HTTP', 'PULL', 'FHIR', 'NATS'];

/** What an organisation asked to receive, and how. */
export interface Subscription {
  readonly id: string;
  readonly ods: string;
  readonly application: string;
  /** Types or patterns; each must be covered by a grant. */
  readonly types: readonly string[];
  readonly source?: string;
  readonly filters: readonly Filter[];
  readonly protocol: Protocol;
  readonly sink?: string;
  /** Name and value of headers that every request to the sink carries. They may hold credentials: never shown, never logged. */
  readonly sinkheaders?: readonly (readonly [name: string, value: string])[];
  /** `whsec_…`; the newest first. Shown only at creation and rotation. */
  readonly sinksecrets: readonly string[];
  /** RFC 3339: until when all but the newest secret still sign; absent = only one is left, or none expires. */
  readonly oldsecretsuntil?: string;
  readonly config: Readonly<Record<string, string | number | boolean>>;
  /**
   * `pending`: a webhook that its endpoint has not consented to yet; the gateway creates it so (and sets it back to it when
   * the sink changes), the relay asks and then sets `active`, or `disabled` with a reason.
   */
  readonly status: 'pending' | 'active' | 'paused' | 'disabled';
  readonly statusReason?: string;
  /** By family: the first stream sequence that is delivered. */
  readonly start: Readonly<Record<string, number>>;
  /** RFC 3339: when its receiver last moved it to another place, which may be where it had started. */
  readonly sought?: string;
  /** RFC 3339. */
  readonly created: string;
  readonly updated: string;
  /** Of the store; a write over an older revision is refused. */
  readonly revision: number;
}

/** A stretch of one family's stream, both ends included. */
export type Stretch = readonly [from: number, to: number];

/** What is sent to a subscription again, at the wish of its organisation. Where it stands is written down as it goes on. */
export interface Replay {
  readonly id: string;
  readonly subscription: string;
  readonly ods: string;
  /** `<ODS>:<application>` of who asked for it. */
  readonly by: string;
  /** RFC 3339. */
  readonly created: string;
  readonly updated: string;
  /** While its subscription is not active it waits: shown as `paused`. */
  readonly status: 'running' | 'done' | 'cancelled' | 'failed';
  /** Why it failed: one sentence. */
  readonly statusReason?: string;
  /** Which events were asked for, in words: `time`, `positions`, `journey`, `missed`. */
  readonly selection: 'time' | 'positions' | 'journey' | 'missed';
  /** By family, in order and apart: where the events lie that are sent. Fixed when it was made. */
  readonly range: Readonly<Record<string, readonly Stretch[]>>;
  /** Events a second. */
  readonly rate: number;
  /** Events that were to be sent when it was made. */
  readonly planned: number;
  /** Events whose delivery has ended or goes on by itself; those that are no longer kept, or no longer for the subscription. */
  readonly done: number;
  readonly gone: number;
  readonly passed: number;
  /** By family: the sequence up to which everything was dealt with. */
  readonly position: Readonly<Record<string, number>>;
}

/**
 * Which deliveries an act is about: some of them, those with one cause, or all; never one that came to a stop later. The
 * last two may be narrowed down to one type and one publisher.
 */
export interface ParkedSelection {
  readonly events?: readonly { readonly source: string; readonly id: string }[];
  readonly reason?: string;
  readonly all?: boolean;
  readonly type?: string;
  /** ODS code. */
  readonly publisher?: string;
}

/** An act on so many deliveries that a second person has to agree to it. */
export interface BulkAction {
  readonly id: string;
  readonly ods: string;
  readonly subscription: string;
  readonly act: StuckAct;
  readonly selection: ParkedSelection;
  /** Deliveries that it was about when it was asked for. */
  readonly deliveries: number;
  readonly note?: string;
  readonly to?: string;
  /** `<ODS>:<application>` of who asked for it, and of who decided. */
  readonly by: string;
  readonly decidedby?: string;
  /** RFC 3339; what was parked after `created` is not touched. */
  readonly created: string;
  readonly expires: string;
  /** `approved`: agreed to and under way; `done`: carried out, on `changed` deliveries. */
  readonly status: 'waiting' | 'approved' | 'rejected' | 'done';
  readonly changed?: number;
}

/** What an organisation has instead of the times that a type gives for one of its clocks, where the move is its own. */
export interface Deadline {
  readonly ods: string;
  /** An event type; no pattern. */
  readonly type: string;
  readonly clock: ClockName;
  /** ISO 8601 durations for some urgencies or all; for the others the type’s hold. */
  readonly times: Partial<ByUrgency>;
  /** `<ODS>:<application>` of who set it. */
  readonly by: string;
  /** RFC 3339. */
  readonly updated: string;
}

/** A public key that verifies our own access tokens, with what those tokens must say. */
export interface SigningKey {
  readonly kid: string;
  readonly jwk: PublicJwk;
  readonly issuer: string;
  readonly audience: string;
  /** RFC 3339. */
  readonly created: string;
  /** The key of the console, which signs for whoever is signed in there: for one call each, and never to publish. */
  readonly console?: true;
}

/** Every kind of record with its value; the key in the store starts with the plural word. */
export interface Records {
  organisation: Organisation;
  application: Application;
  grant: Grant;
  subscription: Subscription;
  'signing-key': SigningKey;
  stage: Stage;
  replay: Replay;
  action: BulkAction;
  deadline: Deadline;
  person: Person;
  outage: Outage;
}
export type Kind = keyof Records;

const ODS = /^[A-Z0-9]{1,12}$/;
/** What begins with `person-` is a person and never an application. */
const APPLICATION = /^(?!person-)[a-z0-9][a-z0-9-]{0,62}$/;
const PERSON = /^person-[0-9a-f]{16}$/;
const ID = /^[A-Za-z0-9_-]{1,128}$/;
const TYPE = /^[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*$/;
const TYPES = /^(\*|[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*(\.\*)?)$/;

/** The key of each record in the bucket; an identifier that could not be a key is refused. */
const KEYS: { readonly [K in Kind]: (value: Records[K]) => string } = {
  organisation: (value) => `organisations.${ods(value.ods)}`,
  application: (value) =>
    `applications.${ods(value.ods)}.${checked(APPLICATION, value.id, '/id', 'lower-case letters, digits and hyphens, up to 63, not beginning with person-')}`,
  grant: (value) => {
    typePattern(value.types, '/types');
    return `grants.${ods(value.ods)}.${id(value.id)}`;
  },
  subscription: (value) => `subscriptions.${id(value.id)}`,
  'signing-key': (value) => `signing-keys.${id(value.kid)}`,
  // The store's keys have no asterisk.
  stage: (value) => `stages.${ods(value.ods)}.${typePattern(value.type, '/type').replace('*', '=')}`,
  replay: (value) => `replays.${id(value.subscription)}.${id(value.id)}`,
  action: (value) => `actions.${ods(value.ods)}.${id(value.id)}`,
  deadline: ({ ods: whose, type, clock }) => deadlineKey(whose, type, clock),
  outage: (value) => `outages.${ods(value.ods)}.${id(value.id)}`,
  person: (value) => `people.${ods(value.ods)}.${checked(PERSON, value.id, '/id', 'person- and 16 hex digits')}`,
};

/** @throws Refusal SB-4220 when an identifier in the record is not of the form that keys have. */
export function keyOf<K extends Kind>(kind: K, value: Records[K]): string {
  return KEYS[kind](value);
}

const WORDS: Readonly<Record<string, Kind>> = {
  organisations: 'organisation',
  applications: 'application',
  grants: 'grant',
  subscriptions: 'subscription',
  'signing-keys': 'signing-key',
  stages: 'stage',
  replays: 'replay',
  actions: 'action',
  deadlines: 'deadline',
  people: 'person',
  outages: 'outage',
};

/** The kind of record that a key of the bucket holds; undefined for keys of a newer version. */
export function kindOfKey(key: string): Kind | undefined {
  return WORDS[key.split('.', 1)[0] ?? ''];
}

const ods = (value: string): string =>
  checked(ODS, value, '/ods', 'an ODS code: 1 to 12 upper-case letters and digits');
const id = (value: string): string => checked(ID, value, '/id', 'letters, digits, hyphen and underscore, up to 128');

/** @throws Refusal SB-4220 when one of them is not of the form that keys have */
export function deadlineKey(whose: string, type: string, clock: string): string {
  const name = isClock(clock) ? clock : '';
  return `deadlines.${ods(whose)}.${checked(TYPE, type, '/type', 'an event type')}.${checked(ID, name, '/clock', 'the name of a clock')}`;
}

function typePattern(value: string, path: string): string {
  return checked(TYPES, value, path, 'an event type, a pattern that ends in .*, or *');
}

function checked(form: RegExp, value: unknown, path: string, expected: string): string {
  if (typeof value === 'string' && form.test(value)) return value;
  const finding = {
    path,
    rule: 'registry-identifier',
    expected,
    fix: 'Correct this member, then send the request again.',
    doc: '/openapi.json',
  };
  throw new Refusal('SB-4220', 'An identifier of the record is malformed', { findings: [finding] });
}
