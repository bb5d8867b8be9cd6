import { Refusal } from '@signalbox/contracts';
import { derivedRecordId, type RecordLog, type Step } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import type { LedgerClient } from '../following/ledger-client.js';
import type { Pulling } from './pulling.js';
import type { Acknowledgement } from './subscription.dto.js';

/** Takes a receiver's word that events were dealt with: by cursor for what it fetched, by source and id for what a webhook brought. */
export class Acknowledging {
  constructor(
    private readonly pulling: Pulling,
    private readonly steps: RecordLog<Step>,
    private readonly ledger: LedgerClient,
  ) {}

  /** @param authorization of the caller, with which the ledger is asked for the event. */
  async take(subscription: Subscription, said: Acknowledgement, authorization: string): Promise<void> {
    if (subscription.protocol === 'PULL') {
      if (said.cursor === undefined) throw missing('cursor', 'the cursor of a pull');
      return this.pulling.acknowledge(subscription, said.cursor);
    }
    if (said.source === undefined) throw missing('source', 'the source of the event that was delivered');
    if (said.id === undefined) throw missing('id', 'the id of the event that was delivered');
    await this.#acknowledgeOne(subscription, said.source, said.id, authorization);
  }

  /** Which journey an event belongs to is the ledger's knowledge, and so is whether this organisation was to see it. */
  async #acknowledgeOne(subscription: Subscription, source: string, id: string, authorization: string): Promise<void> {
    const event = await this.ledger.event(source, id, authorization);
    if (event === undefined) throw new Refusal('SB-4040');
    await this.steps.publish({
      id: derivedRecordId(['acknowledged', subscription.id, source, id]),
      kind: 'acknowledged',
      state: 'acknowledged',
      time: new Date().toISOString(),
      source,
      eventid: id,
      type: event.type,
      journey: event.journey,
      sourceorg: event.sourceorg,
      org: subscription.ods,
      subscription: subscription.id,
      channel: 'webhook',
    });
  }
}

function missing(name: string, expected: string): Refusal {
  const fix = 'Send it, then repeat the call.';
  return new Refusal('SB-4000', undefined, {
    findings: [{ path: `/${name}`, rule: 'required', expected, fix, doc: '/openapi.json' }],
  });
}
