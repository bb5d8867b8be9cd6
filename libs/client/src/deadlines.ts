import type { ByUrgency } from '@signalbox/contracts';
import { isRecord } from './problem.js';
import { itemsOf, json, objectOf } from './requests.js';
import type { Transport } from './transport.js';

/** ISO 8601 durations by urgency. */
export type DeadlineTimes = ByUrgency;

/** How long one clock of a type runs for an organisation whose move it is. */
export interface Deadline {
  readonly type: string;
  /** Name of the clock: `delivery`, `acknowledgement`, `referral-to-response`, … */
  readonly clock: string;
  /** What the clock runs between. */
  readonly title: string;
  /** As they hold for this organisation, and as the type says. */
  readonly times: DeadlineTimes;
  readonly standard: DeadlineTimes;
  /** `<ODS>:<application>` of who set what differs; RFC 3339. */
  readonly by?: string;
  readonly updated?: string;
}

/** By when an organisation has to have done what is its move: for the organisation itself, and for the operator. */
export class Deadlines {
  constructor(private readonly transport: Transport) {}

  /** Every clock of every type. */
  async list(ods: string): Promise<Deadline[]> {
    const answer = await this.transport.sendForJson({ method: 'GET', path: pathOf(ods), idempotent: true });
    return itemsOf(answer).filter(isRecord) as unknown as Deadline[];
  }

  /** Shorter than the type's always, longer only by the operator; for urgencies that are left out the type's hold. */
  async set(ods: string, type: string, clock: string, times: Partial<DeadlineTimes>): Promise<Deadline> {
    const answer = await this.transport.sendForJson(json('PUT', pathOf(ods, type, clock), { times }));
    return objectOf<Deadline>(answer, 'a deadline');
  }

  /** Lets the times of the type hold again. */
  async clear(ods: string, type: string, clock: string): Promise<void> {
    await this.transport.send({ method: 'DELETE', path: pathOf(ods, type, clock), idempotent: true });
  }
}

function pathOf(ods: string, ...rest: readonly string[]): string {
  return ['organisations', ods, 'deadlines', ...rest].map(encodeURIComponent).join('/');
}
