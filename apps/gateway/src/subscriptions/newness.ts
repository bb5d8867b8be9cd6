import type { EventLog } from '@signalbox/messaging';
import type { Positions } from './cursor.js';

interface Waiter {
  readonly seen: Positions;
  readonly families: readonly string[];
  readonly wake: () => void;
}

/**
 * Tells those who wait that something was stored. One look at the end of each stream serves everybody who waits in this
 * process, and nobody looks while nobody waits.
 */
export class Newness {
  readonly #waiters = new Set<Waiter>();
  #latest: Record<string, number> = {};
  #looking = false;

  /** @param everyMs milliseconds between two looks. */
  constructor(
    private readonly events: Pick<EventLog, 'lastSequence'>,
    private readonly families: readonly string[],
    private readonly everyMs: number,
  ) {}

  /** The ends of the streams as they were last seen. Taken before a reading, it shows afterwards whether more came. */
  seen(): Positions {
    return { ...this.#latest };
  }

  /** Resolves when a stream of these families ends behind what was seen, when the time is over, or when aborted. */
  async wait(families: readonly string[], seen: Positions, waitMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || waitMs <= 0) return;
    const woken = Promise.withResolvers<void>();
    const waiter = { seen, families, wake: woken.resolve };
    if (this.#isNew(families, seen)) return;
    const timer = setTimeout(woken.resolve, waitMs);
    const aborted = (): void => woken.resolve();
    signal.addEventListener('abort', aborted, { once: true });
    this.#waiters.add(waiter);
    void this.#look();
    await woken.promise;
    this.#waiters.delete(waiter);
    clearTimeout(timer);
    signal.removeEventListener('abort', aborted);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    while (this.#waiters.size > 0) {
      await Promise.all(this.families.map((family) => this.#lookAt(family)));
      for (const waiter of this.#waiters) if (this.#isNew(waiter.families, waiter.seen)) waiter.wake();
      await new Promise((resolve) => setTimeout(resolve, this.everyMs));
    }
    this.#looking = false;
  }

  async #lookAt(family: string): Promise<void> {
    // An engine that is away has nothing new to tell; whoever reads is told that it is away.
    const last = await this.events.lastSequence(family).catch(() => undefined);
    if (last !== undefined) this.#latest[family] = last;
  }

  #isNew(families: readonly string[], seen: Positions): boolean {
    return families.some((family) => (this.#latest[family] ?? 0) > (seen[family] ?? 0));
  }
}
