import { Refusal, type CloudEvent } from '@signalbox/contracts';
import type { Actor, Registry } from '@signalbox/registry';

const SUBJECT = /^publish\.([A-Z0-9]+)\.(.+)$/;
const SOURCE = /^urn:ods:([^:]+):([^:]+)(?::|$)/i;

/** What a request's subject says: the organisation, which the server has set to the account that asked, and the type. */
export interface Addressed {
  readonly ods: string;
  readonly type: string;
}

/** @throws {TypeError} for a subject that no account's import leads to */
export function addressOf(subject: string): Addressed {
  const [, ods, type] = SUBJECT.exec(subject) ?? [];
  if (ods === undefined || type === undefined)
    throw new TypeError('a request came on a subject that nobody may ask on');
  return { ods, type };
}

/**
 * Which application of the organisation offers an event: the one that `source` names, if it may speak NATS. The server
 * knows the organisation for certain; which of its own systems speaks is the organisation's word.
 * @throws {Refusal} SB-3006 for a source of another organisation, SB-3007 for an application that may not
 */
export function senderOf(ods: string, event: CloudEvent, registry: Pick<Registry, 'isActive' | 'application'>): Actor {
  const [, named, application = ''] = SOURCE.exec(String(event.attributes['source'])) ?? [];
  if (named !== undefined && named.toUpperCase() !== ods) {
    throw new Refusal('SB-3006', 'source names another organisation than the one whose account asks');
  }
  const actor = { ods, application };
  const speaksNats = (registry.application(ods, application)?.natskeys ?? []).length > 0;
  if (named === undefined || !speaksNats || !registry.isActive(actor)) {
    throw new Refusal('SB-3007', 'source names no active application of the organisation that may speak NATS');
  }
  return actor;
}
