import {
  type Engine,
  type KeyValue,
  type KeyValueEntry,
  type KeyValueWatch,
  RevisionConflict,
} from '@signalbox/messaging';
import type { Log } from '@signalbox/runtime';

import { waited } from '../waited.js';
import { Presence } from './presence.js';
import { driverOf } from './rendezvous.js';

export interface SharingParts {
  readonly engine: Pick<Engine, 'kv'>;
  /** Of this relay, unique among all that ever ran. */
  readonly id: string;
  /** Milliseconds between two renewals. */
  readonly beatMs: number;
  readonly log: Log;
  /** Told when something may have to be claimed or handed over. */
  readonly changed: () => void;
  /** Told when this relay may no longer begin attempts and others may take over what it has. */
  readonly cutOff: () => void;
}

interface Claim {
  readonly relay: string;
  readonly revision: number;
}

const PRESENCE = 'relays.';
const CLAIM = 'claims.';
/** Milliseconds until a watch that ended is begun again. */
const REWATCH_MS = 250;

/**
 * Which relay drives which subscription. Every relay announces itself, and all find the same driver for a subscription
 * among those that live. A relay drives what it has claimed (by compare-and-set), and claims only what is free or what a
 * dead one left; a living one hands over what is no longer its own.
 *
 * A relay that cannot renew its presence for a while begins no attempt any more, well before others take it for dead; when
 * it can again, it looks first whether its claims still stand.
 */
export class Sharing {
  readonly #claims = new Map<string, Claim>();
  readonly #presence: Presence;
  readonly #stopped = new AbortController();
  #watch: KeyValueWatch | undefined;
  #renewed = -Infinity;
  #beating: Promise<void> | undefined;
  #cut = false;

  private constructor(
    private readonly parts: SharingParts,
    private readonly kv: KeyValue,
  ) {
    this.#presence = new Presence(parts.id);
  }

  /** Resolves when this relay is announced and knows who else is there. @throws EngineUnavailable */
  static async open(parts: SharingParts): Promise<Sharing> {
    const sharing = new Sharing(parts, await parts.engine.kv('RELAYS'));
    await sharing.#beat();
    await sharing.#follow();
    sharing.#beating = sharing.#keepBeating();
    return sharing;
  }

  /** Gives up nothing by itself: release first what is claimed. */
  async stop(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    this.#watch?.stop();
    await this.#beating;
    await this.kv.forget(`${PRESENCE}${this.parts.id}`).catch(() => undefined);
  }

  /** Relays that live, this one among them. */
  get relays(): readonly string[] {
    return this.#presence.living;
  }

  /** Whether this relay is the one that should drive a subscription. */
  isMine(subscription: string): boolean {
    return driverOf(subscription, this.#presence.living) === this.parts.id;
  }

  holds(subscription: string): boolean {
    return this.#claims.get(subscription)?.relay === this.parts.id;
  }

  /** Whether attempts may begin: nobody else can have taken over. */
  get mayDrive(): boolean {
    return performance.now() - this.#renewed < this.#fenceMs;
  }

  /** Claims a subscription unless a living relay has it. Whether it is claimed now. @throws EngineUnavailable */
  async claim(subscription: string): Promise<boolean> {
    const present = this.#claims.get(subscription);
    if (present?.relay === this.parts.id) return true;
    if (present !== undefined && this.#presence.lives(present.relay)) return false;
    const key = `${CLAIM}${subscription}`;
    const value = JSON.stringify({ relay: this.parts.id });
    try {
      const revision =
        present === undefined ? await this.kv.create(key, value) : await this.kv.update(key, value, present.revision);
      this.#noted(subscription, { relay: this.parts.id, revision });
      return true;
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
      // Another was faster; the watch tells who.
      return false;
    }
  }

  /** Gives a subscription up, after nothing of it is under way any more. @throws EngineUnavailable */
  async release(subscription: string): Promise<void> {
    const claim = this.#claims.get(subscription);
    if (claim?.relay !== this.parts.id) return;
    try {
      await this.kv.forget(`${CLAIM}${subscription}`, claim.revision);
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
    }
    if (this.#claims.get(subscription) === claim) this.#claims.delete(subscription);
  }

  get #fenceMs(): number {
    return this.parts.beatMs * (Presence.deadAfterBeats - 1.5);
  }

  async #keepBeating(): Promise<void> {
    while (await waited(this.parts.beatMs, this.#stopped.signal)) {
      await this.#beat().catch((error: unknown) => {
        this.parts.log.warn({ err: error }, 'this relay could not renew its presence');
      });
      if (!this.mayDrive && !this.#cut) this.#cutOff();
    }
  }

  #cutOff(): void {
    this.#cut = true;
    this.parts.log.warn({}, 'this relay is cut off from the engine and begins no attempts until it is back');
    if (this.#presence.living.length > 1) this.parts.cutOff();
  }

  async #beat(): Promise<void> {
    const began = performance.now();
    await this.kv.put(`${PRESENCE}${this.parts.id}`, JSON.stringify({ at: new Date().toISOString() }));
    if (!this.mayDrive) await this.#verify();
    this.#renewed = began;
    if (this.#cut) this.parts.log.info({}, 'this relay is no longer cut off');
    this.#cut = false;
  }

  /** After a while without a renewal somebody may have taken over what this relay had. */
  async #verify(): Promise<void> {
    for (const [subscription, { relay }] of this.#claims) {
      if (relay !== this.parts.id) continue;
      const entry = await this.kv.get(`${CLAIM}${subscription}`);
      if (entry === undefined) this.#claims.delete(subscription);
      else this.#take(entry);
    }
    this.parts.changed();
  }

  async #follow(): Promise<void> {
    const seen = new Set<string>();
    let telling = true;
    this.#watch = await this.kv.watch((entry) => {
      if (telling) seen.add(entry.key);
      this.#take(entry);
    });
    await this.#watch.ready;
    telling = false;
    for (const subscription of this.#claims.keys()) {
      if (!seen.has(`${CLAIM}${subscription}`) && !this.holds(subscription)) this.#claims.delete(subscription);
    }
    void this.#watch.ended.then(() => this.#followAgain());
  }

  async #followAgain(): Promise<void> {
    while (await waited(REWATCH_MS, this.#stopped.signal)) {
      try {
        return await this.#follow();
      } catch (error) {
        this.parts.log.warn({ err: error }, 'the other relays are not watched; trying again');
      }
    }
  }

  #take({ key, value, revision }: KeyValueEntry): void {
    if (key.startsWith(PRESENCE)) {
      if (this.#presence.saw(key.slice(PRESENCE.length), value !== undefined)) this.parts.changed();
      // A relay that comes back announces itself anew.
      for (const dead of this.#presence.buried()) void this.kv.forget(`${PRESENCE}${dead}`).catch(() => undefined);
      return;
    }
    if (!key.startsWith(CLAIM)) return;
    const subscription = key.slice(CLAIM.length);
    const present = this.#claims.get(subscription);
    if (present !== undefined && present.revision >= revision) return;
    const relay = value === undefined ? undefined : relayOf(value);
    if (relay === undefined) this.#claims.delete(subscription);
    else this.#claims.set(subscription, { relay, revision });
    if (relay !== this.parts.id) this.parts.changed();
  }

  #noted(subscription: string, claim: Claim): void {
    const present = this.#claims.get(subscription);
    if (present === undefined || present.revision < claim.revision) this.#claims.set(subscription, claim);
  }
}

function relayOf(value: Uint8Array): string | undefined {
  try {
    return (JSON.parse(Buffer.from(value).toString()) as { relay?: string }).relay;
  } catch {
    return undefined;
  }
}
