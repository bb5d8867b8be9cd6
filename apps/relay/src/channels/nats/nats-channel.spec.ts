import { beforeEach, describe, expect, it } from '@jest/globals';
import { type CloudEvent, Refusal } from '@signalbox/contracts';
import { type Deposit, EngineFull, EngineUnavailable } from '@signalbox/messaging';

import { type Behaviour, CHANNEL_CONFORMANCE, type ChannelRig } from '../channel-conformance.js';
import type { Marks } from '../channel.js';
import { NatsChannel } from './nats-channel.js';

/** The engine as the channel sees it; test/live/nats-inbox.spec.ts has the real one. */
class InboxRig implements ChannelRig {
  readonly sink = '';
  readonly #deposits: Deposit[] = [];
  #behaviour: Behaviour = { kind: 'takes' };

  get channel(): NatsChannel {
    return this.#within(10_000);
  }

  get impatient(): NatsChannel {
    return this.#within(300);
  }

  #within(timeoutMs: number): NatsChannel {
    return new NatsChannel({
      inboxes: { deposit: (deposit) => this.#deposit(deposit) },
      account: () => (this.#behaviour.kind === 'is-gone' ? undefined : 'X9G1P'),
      limits: { bytes: 1, events: 1 },
      timeoutMs,
      fullMs: this.#fullMs(),
    });
  }

  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
  }

  received(): Uint8Array[] {
    return this.#deposits.map(({ event }) => contentOf(event));
  }

  identities(): string[] {
    return this.#deposits.map(({ identity }) => identity.split(' ')[0]!);
  }

  marks(): Marks[] {
    return this.#deposits.map(({ headers }) =>
      Object.fromEntries(
        Object.entries(headers)
          .filter(([name]) => name.startsWith('signalbox-'))
          .map(([name, value]) => [name.slice('signalbox-'.length), decodeURIComponent(value)]),
      ),
    );
  }

  followed(): number {
    return 0;
  }

  /** How long a full inbox is left alone is the exchange's own setting. */
  #fullMs(): number {
    if (this.#behaviour.kind !== 'is-overloaded') return 1_000;
    const { after } = this.#behaviour;
    return 'seconds' in after ? after.seconds * 1_000 : after.date.getTime() - Date.now();
  }

  #deposit(deposit: Deposit): Promise<void> {
    this.#deposits.push(deposit);
    switch (this.#behaviour.kind) {
      case 'refuses':
        return Promise.reject(new Refusal('SB-4130'));
      case 'is-overloaded':
        return Promise.reject(new EngineFull('maximum messages per subject exceeded'));
      case 'is-unavailable':
      case 'breaks-off':
      case 'points-elsewhere':
        return Promise.reject(new EngineUnavailable('The connection to the engine was lost'));
      case 'says-nothing':
        return new Promise(() => undefined);
      default:
        return Promise.resolve();
    }
  }
}

function contentOf({ data }: CloudEvent): Uint8Array {
  return data.kind === 'absent' ? new Uint8Array() : data.bytes;
}

describe('the NATS channel', () => {
  let rig: InboxRig;
  beforeEach(() => {
    rig = new InboxRig();
  });

  it.each(CHANNEL_CONFORMANCE.map((one) => [one.sentence, one] as const))('%s', async (_sentence, one) => {
    await one.run(rig);
    expect(rig.followed()).toBe(0);
  });
});
