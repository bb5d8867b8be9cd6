import type { Registry } from '@signalbox/registry';
import { type Counter, type Log, type Metrics, Rounds } from '@signalbox/runtime';
import { databaseTime, type Change, dueLooks, type Looked, lookAgain, looked, type LookTimes } from './looks.js';
import { sweep } from './owing.js';
import { Seeing, type SeeingParts } from './seeing.js';

/** What {@link FanOut} is made of. */
export interface FanOutParts extends SeeingParts {
  readonly registry: SeeingParts['registry'] & Pick<Registry, 'onChange'>;
  readonly times: LookTimes & {
    /** Milliseconds between two rounds. */
    readonly everyMs: number;
  };
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Corrections that are looked after at once. */
const AT_ONCE = 100;

/**
 * Brings every correction and withdrawal to whoever received what it replaces, by the record of deliveries and not by what
 * subscriptions ask for now. What is owed is written down with the reading position it follows from (`sweep`) and looked
 * after until it has arrived: a crash, or a database that is built anew, repeats looks and no delivery.
 */
export class FanOut {
  readonly #seeing: Seeing;
  readonly #acts: Counter;
  readonly #rounds: Rounds;
  readonly #forget: (() => void)[];
  #changes: Change[] = ['everything'];

  constructor(private readonly parts: FanOutParts) {
    const { database, metrics, registry, times, log } = parts;
    this.#rounds = new Rounds((signal) => this.#round(signal), {
      everyMs: times.everyMs,
      onFailure: (err, inARow) => {
        if (inARow === 1) log.warn({ err }, 'corrections could not be looked after and are taken up again');
      },
    });
    this.#seeing = new Seeing(parts, (act) => this.#acts.inc({ act }));
    this.#acts = metrics.counter(
      'signalbox_ledger_correction_acts_total',
      'What the ledger did about corrections that would not have reached somebody by themselves',
      ['act'],
    );
    metrics.gauge(
      'signalbox_ledger_corrections_owed',
      'Corrections and withdrawals that somebody who received what they replace does not have yet',
      [],
      async (gauge) => {
        const rows = await database
          .query<{ count: number }>('select count(*)::int as count from corrections where not closed')
          .catch(() => undefined);
        if (rows !== undefined) gauge.set(rows[0]?.count ?? 0);
      },
    );
    // The second word of these keys names the organisation.
    const ofOrganisation = (key: string) => this.#changes.push({ org: key.split('.')[1] ?? '' });
    this.#forget = [
      registry.onChange('subscription', (key) => this.#changes.push({ subscription: key.split('.')[1] ?? '' })),
      registry.onChange('grant', ofOrganisation),
      registry.onChange('application', ofOrganisation),
      registry.onChange('organisation', ofOrganisation),
    ];
  }

  /** Whether its last round came to nothing; the next one takes it up again. */
  get failing(): boolean {
    return this.#rounds.failures > 0;
  }

  start(): void {
    this.#rounds.start();
  }

  /** Resolves when the round that is under way is over. */
  async close(): Promise<void> {
    for (const forget of this.#forget) forget();
    await this.#rounds.close();
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { database } = this.parts;
    const changes = this.#changes.splice(0);
    try {
      await lookAgain(database, changes);
    } catch (error) {
      this.#changes.unshift(...changes);
      throw error;
    }
    while (!signal.aborted && (await sweep(database)));
    while (!signal.aborted && (await this.#look()));
  }

  /** Looks after those whose time has come. Answers whether there may be more. */
  async #look(): Promise<boolean> {
    const { database, times } = this.parts;
    const since = await databaseTime(database);
    const due = await dueLooks(database, AT_ONCE);
    if (due.length === 0) return false;
    const outcomes: readonly Looked[] | undefined = await this.#seeing.to(due);
    if (outcomes === undefined) return false;
    await looked(database, outcomes, since, times);
    return due.length === AT_ONCE;
  }
}
