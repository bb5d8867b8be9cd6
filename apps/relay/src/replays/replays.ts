import type { Source, Taking } from '../deliveries/arrival.js';
import { type ReplayParts, ReplayRun } from './replay-run.js';

/** Carries out the replays of one subscription, one after the other, oldest first. */
export class Replays implements Source {
  #courier: Taking | undefined;
  #running: { readonly id: string; readonly run: ReplayRun; readonly over: Promise<void> } | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly parts: ReplayParts,
    private readonly subscription: string,
  ) {}

  start(courier: Taking): void {
    this.#courier = courier;
    this.#unsubscribe = this.parts.registry.onChange('replay', () => this.#consider());
    this.#consider();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#courier = undefined;
    this.#running?.run.stop();
    await this.#running?.over;
  }

  #consider(): void {
    const courier = this.#courier;
    const { registry } = this.parts;
    if (courier === undefined || registry.subscription(this.subscription) === undefined) return;
    if (this.#running !== undefined) {
      const now = registry.replay(this.subscription, this.#running.id);
      if (now?.status !== 'running') this.#running.run.stop();
      return;
    }
    const next = registry.replays(this.subscription).find(({ status }) => status === 'running');
    if (next === undefined) return;
    const run = new ReplayRun(this.parts, next, courier);
    const over = run.run().finally(() => {
      this.#running = undefined;
      this.#consider();
    });
    this.#running = { id: next.id, run, over };
  }
}
