import type { JetStreamManager } from '@nats-io/jetstream';

import type { GroupCommit } from './group-commit.js';
import { answered } from './messages.js';
import { type ParkedDelivery, RecordLog } from './records.js';

/** Which delivery: one event, by its place, for one subscription. */
type Delivery = Pick<ParkedDelivery, 'subscription' | 'stream' | 'sequence'>;

/** Parked deliveries with the copies of their events. Each has a subject of its own, so that its newest copy is one read away. */
export class ParkedLog extends RecordLog<ParkedDelivery> {
  constructor(
    commit: GroupCommit,
    private readonly jsm: JetStreamManager,
  ) {
    super(commit, subjectOf);
  }

  /** The record at a position of `PARKED`; `undefined` when there is none. @throws EngineUnavailable */
  async get(position: number): Promise<ParkedDelivery | undefined> {
    const message = await answered(() => this.jsm.direct.getMessage('PARKED', { seq: position }));
    return message === null ? undefined : message.json<ParkedDelivery>();
  }

  /** The newest record of a delivery and its position; `undefined` when it was never parked. @throws EngineUnavailable */
  async newest(delivery: Delivery): Promise<{ position: number; parked: ParkedDelivery } | undefined> {
    const message = await answered(() => this.jsm.direct.getMessage('PARKED', { last_by_subj: subjectOf(delivery) }));
    return message === null ? undefined : { position: message.seq, parked: message.json<ParkedDelivery>() };
  }
}

/** `parked.<subscription>.<stream>.<sequence>` */
function subjectOf({ subscription, stream, sequence }: Delivery): string {
  return `parked.${subscription}.${stream}.${String(sequence)}`;
}
