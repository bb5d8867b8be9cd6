import type { Outage } from '@signalbox/contracts';
import { isRecord } from './problem.js';
import { itemsOf, json, objectOf } from './requests.js';
import type { Transport } from './transport.js';

/** What an organisation says of its outage; without types, all that it may publish stays away. */
export type NewOutage = Pick<Outage, 'reason' | 'expectedend' | 'note'> & Partial<Pick<Outage, 'types'>>;

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
