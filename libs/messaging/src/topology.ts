import {
  type ConsumerInfo,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  StoreCompression,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { isOperations } from '@signalbox/contracts';
import { EngineRefusal } from './errors.js';

/** The families of the catalogue. In `operations` the exchange itself tells organisations about their own side. */
export const FAMILIES = ['referral', 'booking', 'result', 'operations'] as const;

const DAY_MS = 86_400_000;
const KIBIBYTE = 1024;
/** 1 MiB of body, 64 KiB of attributes, and room for what the gateway adds. */
const LARGEST_MESSAGE_BYTES = 1024 * KIBIBYTE + 128 * KIBIBYTE;
/** A parked delivery holds its event as base64; the server's `max_payload` is 1536 KiB. */
const LARGEST_PARKED_BYTES = 1536 * KIBIBYTE;
/** Numbered events that are remembered of each FHIR subscription: as far back as `$events` reaches. */
export const NUMBERS_KEPT = 10_000;
/** Server error code for a stream that does not exist. */
const STREAM_NOT_FOUND = 10059;

/** What differs between installations; everything else about the streams is fixed here. */
export interface TopologyOptions {
  readonly families: readonly string[];
  readonly replicas: number;
  /** Days that events and steps are kept. */
  readonly retentionDays: number;
  /** Days that refused events are kept, with their encrypted payload. */
  readonly rejectedRetentionDays: number;
  /** Upper bound in bytes of each event stream; -1 = the disk's. Reaching it refuses new events, it never drops old ones. */
  readonly maxStreamBytes: number;
  /** Milliseconds in which the engine itself recognises a repeated identity. */
  readonly duplicateWindowMs: number;
}

/** The stream that holds the events of a family. */
export function streamOf(family: string): string {
  return `EVENTS_${family.toUpperCase().replaceAll('-', '_')}`;
}

const TYPE = /^org\.signalbox\.([a-z][a-z0-9-]*)\.([a-z][a-z0-9-]*)\.v([0-9]+)$/;

/** Family of a type, `undefined` for a name that is not of the form `org.signalbox.<family>.<event>.v<major>`. */
export function familyOfType(type: string): string | undefined {
  return TYPE.exec(type)?.[1];
}

/** `events.<family>.<event>.v<N>.<sourceorg>`: no patient data, nothing of unbounded variety. */
export function subjectOf(type: string, sourceorg: string): string {
  const parts = TYPE.exec(type);
  if (parts === null) throw new TypeError('not a Signalbox event type');
  return `events.${parts[1]}.${parts[2]}.v${parts[3]}.${sourceorg}`;
}

/** The subjects of one family's stream that a list of type patterns covers; empty = none of this family. */
export function subjectFilters(family: string, patterns: readonly string[]): string[] {
  const all = `events.${family}.>`;
  const filters = new Set<string>();
  for (const pattern of patterns) {
    if (isOperations(`org.signalbox.${family}.`) && !isOperations(pattern)) continue;
    const exact = TYPE.exec(pattern);
    if (exact !== null) {
      if (exact[1] === family) filters.add(`events.${exact[1]}.${exact[2]}.v${exact[3]}.*`);
    } else if (pattern === '*' || pattern === '>') {
      return [all];
    } else if (pattern.endsWith('.*')) {
      const prefix = pattern.slice(0, -2).split('.');
      const [org, signalbox, fam, event] = prefix;
      if (org !== 'org' || (signalbox !== undefined && signalbox !== 'signalbox')) continue;
      if (fam === undefined || (fam === family && event === undefined)) return [all];
      if (fam === family && event !== undefined) filters.add(`events.${family}.${prefix.slice(3).join('.')}.>`);
    }
  }
  return [...filters];
}

const HOUSE = {
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  compression: StoreCompression.S2,
  allow_direct: true,
  allow_atomic: true,
} as const satisfies Partial<StreamConfig>;

/** Every stream of the house. The readiness of each app and the read-back at start both follow this list. */
export function streams(options: TopologyOptions): Partial<StreamConfig & { name: string; subjects: string[] }>[] {
  const days = (count: number) => nanos(count * DAY_MS);
  const all = {
    ...HOUSE,
    num_replicas: options.replicas,
    duplicate_window: nanos(options.duplicateWindowMs),
    max_msg_size: LARGEST_MESSAGE_BYTES,
    max_age: days(options.retentionDays),
  };
  return [
    ...options.families.map((family) => ({
      ...all,
      name: streamOf(family),
      subjects: [`events.${family}.>`],
      max_bytes: options.maxStreamBytes,
      max_consumers: 1_000,
    })),
    { ...all, name: 'STEPS', subjects: ['steps.>'] },
    { ...all, name: 'REJECTED', subjects: ['rejected.>'], max_age: days(options.rejectedRetentionDays) },
    // What lies in inboxes unread: given up when it is acknowledged, and not before.
    {
      ...all,
      name: 'DEPOSITS',
      subjects: ['deposits.>'],
      retention: RetentionPolicy.Workqueue,
      max_age: 0,
      max_consumers: 5_000,
    },
    // Which event has which number in a FHIR subscription. The newest of each is never given up: numbers only go up.
    { ...all, name: 'NUMBERS', subjects: ['numbers.>'], max_age: 0, max_msgs_per_subject: NUMBERS_KEPT },
    // Parked work is kept until a person decides, so it has no age.
    { ...all, name: 'PARKED', subjects: ['parked.>'], max_age: 0, max_msg_size: LARGEST_PARKED_BYTES },
  ];
}

/** Creates or updates each stream, then compares what the server says it has with what was asked for. */
export async function ensureStreams(jsm: JetStreamManager, options: TopologyOptions): Promise<void> {
  for (const config of streams(options)) {
    const wanted = config as StreamConfig;
    const exists = await jsm.streams.info(wanted.name).then(
      () => true,
      (error: unknown) => {
        if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return false;
        throw error;
      },
    );
    const info = exists ? await jsm.streams.update(wanted.name, wanted) : await jsm.streams.add(wanted);
    refuseDifference(`stream ${wanted.name}`, config, info.config);
  }
}

/** Older servers ignore unknown fields in silence, among them a consumer's filters: never run on less than was asked. */
export function refuseDifference(what: string, asked: object, got: object): void {
  for (const [key, value] of Object.entries(asked)) {
    const echoed = (got as Record<string, unknown>)[key];
    if (value === undefined || JSON.stringify(echoed) === JSON.stringify(value)) continue;
    if ((value === 0 || value === -1 || value === '') && (echoed === undefined || echoed === 0 || echoed === -1))
      continue;
    throw new EngineRefusal(
      `The engine did not take over a setting of ${what}: ${key} should be ${JSON.stringify(value)}, it is ${JSON.stringify(echoed)}. ` +
        'Signalbox does not run on less than it asked for; check the version of nats-server.',
    );
  }
}

/** The same comparison for a consumer; times are echoed in nanoseconds as sent. */
export function refuseConsumerDifference(asked: object, info: ConsumerInfo): void {
  refuseDifference(`consumer ${info.name}`, asked, info.config);
}
