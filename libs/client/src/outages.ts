import { isRecord } from './problem.js';
import { itemsOf, json, objectOf } from './requests.js';
import type { Transport } from './transport.js';

/** Why events stay away. */
export type OutageReason =
  | 'planned-maintenance'
  | 'system-failure'
  | 'network-failure'
  | 'supplier-failure'
  | 'security-incident'
  | 'power-or-building'
  | 'other';

/** What an organisation says of its outage. */
export interface NewOutage {
  readonly reason: OutageReason;
  /** Types or patterns that stay away; without them, all that it may publish. */
  readonly types?: readonly string[];
  /** RFC 3339. */
  readonly expectedend?: string;
  /** What receivers should know; never a patient. */
  readonly note?: string;
}

/** That the events of an organisation stay away for a while. Times are RFC 3339. */
export interface Outage extends NewOutage {
  readonly id: string;
  readonly ods: string;
  readonly types: readonly string[];
  readonly began: string;
  readonly ended?: string;
  /** `<ODS>:<application>` of who declared it, and of who ended it. */
  readonly by: string;
  readonly endedby?: string;
  /** How many organisations were told that it began, and that it ended. */
  readonly told?: number;
  readonly toldend?: number;
}

/** That an organisation's events stay away, and that it is back: for the organisation itself, and for the operator. */
export class Outages {
  constructor(private readonly transport: Transport) {}

  /** Everybody who subscribes to what stays away is told by an event. */
  async declare(ods: string, outage: NewOutage): Promise<Outage> {
    const answer = await this.transport.sendForJson(json('POST', pathOf(ods), outage, { idempotent: false }));
    return objectOf<Outage>(answer, 'an outage');
  }

  /** The newest first. */
  async list(ods: string): Promise<Outage[]> {
    const answer = await this.transport.sendForJson({ method: 'GET', path: pathOf(ods), idempotent: true });
    return itemsOf(answer).filter(isRecord) as unknown as Outage[];
  }

  /** Those who were told that it began are told that it is over. One that is over stays as it is. */
  async end(ods: string, id: string): Promise<Outage> {
    const answer = await this.transport.sendForJson(json('POST', pathOf(ods, id, 'end'), {}));
    return objectOf<Outage>(answer, 'an outage');
  }
}

function pathOf(ods: string, ...rest: readonly string[]): string {
  return ['organisations', ods, 'outages', ...rest].map(encodeURIComponent).join('/');
}
