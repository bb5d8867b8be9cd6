import { type OpenEvent, Refusal, refuseUnsaid, type StuckAct } from '@signalbox/contracts';
import { derivedRecordId, newRecordId, type RecordLog, type Step } from '@signalbox/messaging';
import type { Principal, Registry } from '@signalbox/registry';
import type { LedgerClient } from '../following/ledger-client.js';
import type { EventsWish } from './parked.dto.js';

/** What people do with events that are no delivery: refused ones, and those that nobody receives. */
export type EventsAct = Extract<StuckAct, 'hand-over' | 'handled'>;

/** What an act did, or would do. */
export interface EventsResult {
  readonly dryrun: boolean;
  readonly act: EventsAct;
  /** Events that it is about: those of the named that are open and the caller's own. */
  readonly events: number;
  readonly changed?: number;
}

export interface EventsDeskParts {
  readonly ledger: Pick<LedgerClient, 'post'>;
  readonly registry: Pick<Registry, 'actsForAll'>;
  readonly steps: Pick<RecordLog<Step>, 'publish'>;
  /** Steps that are written at once. */
  readonly atOnce: number;
}

/**
 * Where a publisher sees to its events that no subscription can: refused ones that it does not send again, and accepted ones
 * that their recipient does not receive. The ledger says what is open and whose it is, so nobody closes what is not.
 */
export class EventsDesk {
  constructor(private readonly parts: EventsDeskParts) {}

  /**
   * Says what would be done; with `dryrun: false` does it.
   * @throws {Refusal} SB-4000, SB-4040 when none of them is open and the caller's, SB-5032; {EngineUnavailable}
   */
  async act(principal: Principal, act: EventsAct, wish: EventsWish, authorization: string): Promise<EventsResult> {
    const { note, to, dryrun = true } = wish;
    refuseUnsaid(act, wish);
    const operates = this.parts.registry.actsForAll(principal);
    const seen = await this.#open(wish, authorization);
    // Whoever may see all may not therefore act for all.
    const open = seen.filter(({ sourceorg }) => operates || sourceorg === principal.ods);
    if (open.length === 0) throw new Refusal('SB-4040', 'Nothing of these is open, or it is not yours');
    const told = { dryrun, act, events: open.length };
    if (dryrun) return told;
    const by = `${principal.ods}:${principal.application}`;
    const remark = [to === undefined ? [] : `To ${to}.`, note ?? []].flat().join(' ');
    for (let at = 0; at < open.length; at += this.parts.atOnce) {
      const some = open.slice(at, at + this.parts.atOnce);
      await Promise.all(some.map((event) => this.parts.steps.publish(stepOf(act, event, by, remark))));
    }
    return { ...told, changed: open.length };
  }

  async #open({ events }: EventsWish, authorization: string): Promise<readonly OpenEvent[]> {
    const body = Buffer.from(JSON.stringify({ events }));
    const answer = await this.parts.ledger.post('/stuck/events', authorization, body);
    if (answer.status !== 200) {
      throw new Refusal('SB-5032', 'The ledger did not answer what is open', { retryAfter: 2 });
    }
    return (JSON.parse(answer.body.toString('utf8')) as { events: readonly OpenEvent[] }).events;
  }
}

function stepOf(act: EventsAct, event: OpenEvent, by: string, remark: string): Step {
  const { source, id: eventid, type, journey, sourceorg, since } = event;
  return {
    // Said again of the same event, it stays one word; given to somebody else, it is another one.
    id: act === 'handled' ? derivedRecordId(['handled-outside', source, eventid, since]) : newRecordId(),
    kind: act === 'handled' ? 'handled-outside' : 'handed-over',
    time: new Date().toISOString(),
    ...{ source, eventid, type, journey, sourceorg, by },
    ...(remark !== '' && { note: remark }),
  };
}
