import type { CloudEvent, Finding } from '@signalbox/contracts';

/** What the ledger keeps of an accepted event: its attributes, never its content. Times are RFC 3339 in UTC. */
export interface EventFact {
  readonly stream: string;
  readonly sequence: number;
  /** SHA-256 of source and id. */
  readonly identity: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly family: string;
  readonly journey: string;
  readonly sourceorg: string;
  readonly targetorg?: string;
  readonly urgency?: string;
  readonly causationid?: string;
  readonly supersedes?: string;
  /** Name of the state of its type that its content has; absent where that is not known. */
  readonly meaning?: string;
  /** The publisher's `time`. */
  readonly sent?: string;
  /** When it became durable. */
  readonly recorded: string;
  readonly contenttype?: string;
  /** Bytes of data. */
  readonly size: number;
  /** SHA-256 over attributes and data, as sent. */
  readonly digest: string;
  readonly findings: readonly Finding[];
  /** `stream:sequence` of the event with the same source and id that was recorded first. */
  readonly duplicateof?: string;
  /** The software that made it, where its content says so. */
  readonly product?: string;
  readonly version?: string;
  /** Id of the newer version that was known when it was accepted. */
  readonly late?: string;
}

/** An event that was refused at the door. */
export interface RefusalFact {
  readonly sequence: number;
  readonly time: string;
  readonly org: string;
  readonly application?: string;
  readonly code: string;
  readonly type?: string;
  readonly source?: string;
  readonly eventid?: string;
  readonly identity?: string;
  readonly findings: readonly Finding[];
  readonly product?: string;
  readonly version?: string;
}

/** Longest journey id that is kept as it is; an index entry cannot be longer than about 2,700 bytes. */
const LONGEST_JOURNEY = 200;

/** An attribute as text; `undefined` when it is not there. */
export function textAttribute(event: CloudEvent, name: string): string | undefined {
  const value = event.attributes[name];
  return value === undefined ? undefined : String(value);
}

/** A journey id as the database can index it. */
export function journeyKey(journey: string): string {
  return journey.slice(0, LONGEST_JOURNEY);
}

/** An instant in UTC, or `undefined` for what is none that a database can hold. */
export function instant(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  const year = time.getUTCFullYear();
  return year >= 1 && year <= 9999 ? time.toISOString() : undefined;
}
