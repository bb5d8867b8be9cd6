import type { Trouble } from './conditions.js';

/** When one trouble is a course of things and no longer an accident. */
export interface CoursePolicy {
  /** Bad outcomes in a row that begin a trouble, and good ones in a row that end it. */
  readonly streak: number;
  /** Outcomes looked back at: a trouble begins too when half of them are bad. */
  readonly lookBack: number;
}

interface Seen {
  readonly trouble: Trouble | undefined;
  readonly at: number;
}

/** Follows the outcomes of attempts and says what is wrong with the endpoint, if anything is. */
export class Course {
  readonly #seen: Seen[] = [];
  #trouble: { readonly name: Trouble; readonly since: number } | undefined;

  constructor(private readonly policy: CoursePolicy) {}

  /** What is wrong, and since when (milliseconds since the epoch). */
  get trouble(): { readonly name: Trouble; readonly since: number } | undefined {
    return this.#trouble;
  }

  /** Something was wrong already before this began to look; it is until enough good outcomes say otherwise. */
  recall(name: Trouble, since: number): void {
    if (this.#trouble === undefined || this.#trouble.name === name) this.#trouble = { name, since };
  }

  saw(trouble: Trouble | undefined, now: number): void {
    this.#seen.push({ trouble, at: now });
    if (this.#seen.length > this.policy.lookBack) this.#seen.shift();
    if (trouble !== undefined) this.#worsened(trouble);
    else if (this.#trouble !== undefined && this.#latest(this.policy.streak, (one) => one === undefined)) this.#over();
  }

  #worsened(latest: Trouble): void {
    const inRow = this.#latest(this.policy.streak, (one) => one !== undefined);
    const bad = this.#seen.filter(({ trouble }) => trouble !== undefined);
    const halfBad = this.#seen.length === this.policy.lookBack && bad.length * 2 >= this.#seen.length;
    if (this.#trouble === undefined && !inRow && !halfBad) return;
    const changed = this.#trouble?.name !== latest && this.#latest(this.policy.streak, (one) => one === latest);
    if (this.#trouble === undefined) this.#trouble = { name: mostOf(bad, latest), since: bad[0]?.at ?? 0 };
    // One trouble can turn into another: an endpoint that timed out is now gone. It has been bad since the first began.
    else if (changed) this.#trouble = { name: latest, since: this.#trouble.since };
  }

  #over(): void {
    this.#trouble = undefined;
    this.#seen.length = 0;
  }

  /** Whether the newest so many outcomes, and at least so many, are all of a kind. */
  #latest(count: number, holds: (trouble: Trouble | undefined) => boolean): boolean {
    const newest = this.#seen.slice(-count);
    return newest.length === count && newest.every(({ trouble }) => holds(trouble));
  }
}

/** The most frequent one; the latest, when it is no rarer. */
function mostOf(bad: readonly Seen[], latest: Trouble): Trouble {
  const counts = new Map<Trouble, number>();
  for (const { trouble } of bad) if (trouble !== undefined) counts.set(trouble, (counts.get(trouble) ?? 0) + 1);
  let most = latest;
  for (const [name, count] of counts) if (count > (counts.get(most) ?? 0)) most = name;
  return most;
}
