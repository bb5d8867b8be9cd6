import type { Engine, EndpointHealth, KeyValueEntry, KeyValueWatch } from '@signalbox/messaging';
import type { Log } from '@signalbox/runtime';

/** Milliseconds between attempts to watch again. */
const REWATCH_MS = 1_000;

/** How the endpoints of subscriptions fare, as relays tell it: watched, and held in memory. */
export class Endpoints {
  readonly #told = new Map<string, EndpointHealth>();
  #watch: KeyValueWatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly engine: Pick<Engine, 'kv' | 'status'>,
    private readonly log: Pick<Log, 'warn'>,
  ) {}

  /** What was told last of each, by subscription; `undefined` while nobody can know. */
  told(): ReadonlyMap<string, EndpointHealth> | undefined {
    return this.#watch !== undefined && this.engine.status().connected ? this.#told : undefined;
  }

  async start(): Promise<void> {
    try {
      const seen = new Set<string>();
      const watch = await (await this.engine.kv('HEALTH')).watch((entry) => this.#take(entry, seen));
      await watch.ready;
      if (this.#closed) return watch.stop();
      for (const id of this.#told.keys()) if (!seen.has(id)) this.#told.delete(id);
      this.#watch = watch;
      void watch.ended.then(() => this.#again());
    } catch (error) {
      this.log.warn({ err: error }, 'how endpoints fare cannot be watched yet');
      this.#again();
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watch?.stop();
  }

  #again(): void {
    this.#watch = undefined;
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.start(), REWATCH_MS);
    this.#timer.unref();
  }

  #take({ key, value }: KeyValueEntry, seen: Set<string>): void {
    seen.add(key);
    if (value === undefined) this.#told.delete(key);
    else this.#told.set(key, JSON.parse(Buffer.from(value).toString('utf8')) as EndpointHealth);
  }
}
