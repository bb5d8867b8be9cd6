/** Most ids that are remembered. */
const LIMIT = 20_000;

/** Ids of what was published lately, so that it is not published again while it is being read; the oldest are forgotten. */
export class Remembered {
  readonly #ids = new Set<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size <= LIMIT) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      break;
    }
  }
}
