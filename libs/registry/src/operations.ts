import { createHash } from 'node:crypto';
import {
  type AttributeValue,
  type Catalogue,
  type CloudEvent,
  isOperations,
  judge,
  type Urgency,
} from '@signalbox/contracts';
import { derivedRecordId, type EventLog } from '@signalbox/messaging';
import type { Action, Grant } from './model.js';
import { OPERATOR } from './model.js';

/** Who the exchange is as a publisher. */
const SOURCE = `urn:ods:${OPERATOR.ods}:exchange`;
const ALL_OF_IT = 'org.signalbox.operations.*';

/**
 * What every organisation may do with events of the family `operations` without being given anything: receive what is
 * addressed to it. Nobody may publish them, whatever grants say. That it is addressed to it is judged for each event, by
 * `eligibility`. Undefined = nothing.
 */
export function grantOfOperations(ods: string, action: Action): Grant | undefined {
  if (action !== 'subscribe') return undefined;
  return {
    id: 'operations',
    ods,
    application: '*',
    action,
    types: ALL_OF_IT,
    purpose: 'what the exchange tells an organisation about its own side',
  };
}

/** Names of the types of the family, without what all have in common. */
export type OperationsEvent =
  'alert-raised' | 'alert-resolved' | 'outage-declared' | 'outage-ended' | 'stage-changed' | 'values-shown' | 'nudged';

/** One event by which the exchange tells one organisation something. */
export interface Announcement {
  /** ODS code of who is told. Tell several by several events. */
  readonly targetorg: string;
  /** What makes it this event and no other, the addressee aside: the same again stores nothing. */
  readonly id: readonly (string | number)[];
  /** The journey that it belongs to; without one it has a journey of its own, shared by announcements about `thread`. */
  readonly journey?: string;
  /** What several announcements are about: an alert that is raised and resolved, say. */
  readonly thread?: readonly (string | number)[];
  /** RFC 3339: when the thing happened. */
  readonly time?: string;
  readonly urgency?: Urgency;
  readonly causationid?: string;
  /** The content, as the schema of the type has it. No patient data. */
  readonly data: object;
}

/** What announcing stands on: an engine whose user may publish `events.operations.>`. */
export interface AnnouncingParts {
  readonly events: Pick<EventLog, 'append'>;
  readonly catalogue: Catalogue;
}

/** Lets the exchange publish events about itself: durable when it resolves, delivered by the ordinary machinery. */
export class Announcing {
  constructor(private readonly parts: AnnouncingParts) {}

  /**
   * Repeating an announcement stores it once within the engine's window of duplicates; a subscriber knows a later
   * repetition by the id of the event.
   *
   * @returns the id of the event
   * @throws EngineUnavailable, EngineFull: repeat it
   * @throws TypeError when the content is not what the catalogue asks of this type, which is an error of ours
   */
  async announce(type: OperationsEvent, announcement: Announcement): Promise<string> {
    const event = announced(type, announcement);
    const { findings } = judge(event, this.parts.catalogue);
    if (findings.length > 0) {
      const said = findings.map(({ path, rule }) => `${path} ${rule}`).join(', ');
      throw new TypeError(`an announcement does not meet its own contract: ${type}: ${said}`);
    }
    await this.parts.events.append(event, { sourceorg: OPERATOR.ods });
    return String(event.attributes['id']);
  }
}

/** The event of an announcement as it is stored. Pure but for the clock, which only says when it was recorded. */
export function announced(type: OperationsEvent, announcement: Announcement): CloudEvent {
  const { targetorg, id, journey, thread, urgency, causationid, data } = announcement;
  const now = new Date().toISOString();
  const correlationid = journey ?? derivedRecordId(['journey', targetorg, ...(thread ?? [type, ...id])]);
  const optional: Record<string, AttributeValue> = {
    ...(urgency !== undefined && { urgency }),
    ...(causationid !== undefined && { causationid }),
  };
  return {
    attributes: {
      specversion: '1.0',
      id: derivedRecordId([type, targetorg, ...id]),
      source: SOURCE,
      type: `org.signalbox.operations.${type}.v1`,
      time: announcement.time ?? now,
      datacontenttype: 'application/json',
      targetorg,
      correlationid,
      ...optional,
      sourceorg: OPERATOR.ods,
      // Nothing of a patient is in it, so what it is ordered by needs no key.
      partitionkey: createHash('sha256').update(`journey ${correlationid}`).digest('base64url').slice(0, 22),
      recordedtime: now,
    },
    data: { kind: 'json', bytes: Buffer.from(JSON.stringify(data)) },
  };
}

/** Whether a subscription asks for nothing but what the exchange tells about itself. */
export function isOperationsOnly(types: readonly string[]): boolean {
  return types.every((pattern) => isOperations(pattern));
}
