/** What was found out, by what was asked, for a while: many that ask the same at once cause one look. */
export class Kept<T> {
  readonly #found = new Map<string, { readonly answer: Promise<T>; readonly until: number }>();

  /** @param keepMs milliseconds that an answer serves */
  constructor(
    private readonly keepMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** An answer that failed is not kept. */
  of(question: string, look: () => Promise<T>): Promise<T> {
    const now = this.now();
    for (const [other, { until }] of this.#found) if (until <= now) this.#found.delete(other);
    const known = this.#found.get(question);
    if (known !== undefined) return known.answer;
    const answer = look();
    const found = { answer, until: now + this.keepMs };
    this.#found.set(question, found);
    // Not the one that took its place meanwhile.
    answer.catch(() => this.#found.get(question) === found && this.#found.delete(question));
    return answer;
  }
}
