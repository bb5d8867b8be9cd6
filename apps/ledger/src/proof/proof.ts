import type { Catalogue, Reconciliation } from '@signalbox/contracts';
import type { Engine } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import { type HealthState, type Log, type Metrics, Rounds } from '@signalbox/runtime';
import type { Ingest } from '../journeys/ingest.js';
import { counted } from '../journeys/words.js';
import { READ_STREAMS } from '../observed.js';
import type { Database } from '../store/database.js';
import { Adrift } from './adrift.js';
import { Examination } from './examination.js';
import { Expiry } from './expiry.js';
import { Following, reachedBy } from './following.js';
import { gapCounts, GAPS, gapsOpen } from './gaps.js';
import { Reconciler } from './reconciler.js';
import { repair } from './repair.js';
import { reconciliationOf } from './report.js';
import { Statements } from './statement.js';
import { isWhole } from './whole.js';
import { WorkItems } from './work-items.js';

/** Bounds of the proof; each is a setting. */
export interface ProofLimits {
  /** Milliseconds between two rounds. */
  readonly everyMs: number;
  /** Messages of each stream that one round looks at: so many new ones, and so many of the pass over the rest. */
  readonly events: number;
  /** Subscriptions whose queues one round looks at. */
  readonly standings: number;
  /** Work items in one answer. */
  readonly workItems: number;
  /** IANA zone of the days of statements. */
  readonly zone: string;
}

/** What the proof stands on. */
export interface ProofParts {
  readonly database: Database;
  readonly engine: Engine;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly ingest: Ingest;
  readonly limits: ProofLimits;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Rounds that may be missed before health says so. */
const MISSED_ROUNDS = 10;
/** While more was read than a round looks at, rounds follow each other faster by this. */
const HASTE = 10;

/** Proves that nothing that was accepted ends in silence, and tells those whose move it is. */
export class Proof {
  readonly statements: Statements;
  readonly workItems: WorkItems;
  readonly #following: Following;
  readonly #reconciler: Reconciler;
  readonly #started = Date.now();
  readonly #rounds: Rounds;

  constructor(private readonly parts: ProofParts) {
    const { database: queries, engine, registry, catalogue, limits } = parts;
    this.statements = new Statements({ queries, registry, zone: limits.zone });
    this.workItems = new WorkItems({ queries, registry, catalogue, limit: limits.workItems });
    this.#following = new Following({
      ...parts,
      deadlines: catalogue,
      reached: (subscription) => reachedBy(engine, subscription),
      settled: () => parts.ingest.settled(),
    });
    this.#reconciler = this.#reconcilerOf(parts);
    this.#rounds = new Rounds(() => this.#round(), {
      everyMs: limits.everyMs,
      onFailure: (err) => parts.log.warn({ err }, 'a round of the proof broke off and is tried again'),
    });
    this.#observe();
  }

  /** Follows the subscriptions from now on, and begins the rounds. */
  async start(): Promise<void> {
    await this.#following.start();
    this.#rounds.start();
  }

  async stop(): Promise<void> {
    await this.#rounds.close();
    await this.#following.stop();
  }

  reconciliation(): Promise<Reconciliation> {
    const { database, registry } = this.parts;
    return reconciliationOf(this.#reconciler, database, registry, READ_STREAMS);
  }

  async health(): Promise<HealthState> {
    const [gap] = await gapsOpen(this.parts.database, 1);
    if (gap !== undefined) {
      const open = [...(await gapCounts(this.parts.database)).values()].reduce((sum, count) => sum + count, 0);
      const where = `${gap.stream}${gap.sequence === undefined ? '' : `:${String(gap.sequence)}`}`;
      const sentence = `${counted(open, 'gap')} open; the oldest at ${where}: ${GAPS[gap.kind].sentence} See GET /reconciliation.`;
      return { state: 'degraded', sentence };
    }
    const since = this.#reconciler.last?.at.getTime() ?? this.#started;
    if (Date.now() - since > MISSED_ROUNDS * this.parts.limits.everyMs + MISSED_ROUNDS * 1_000)
      return {
        state: 'degraded',
        sentence: 'Nothing has been reconciled for a while: the engine or the database does not answer.',
      };
    return { state: 'up', sentence: 'Everything that was looked at sums.' };
  }

  #reconcilerOf({ database, engine, registry, catalogue, ingest, limits, log, metrics }: ProofParts): Reconciler {
    const terms = () => this.#following.terms;
    const publish = (step: Parameters<Engine['steps']['publish']>[0]) => engine.steps.publish(step);
    const adrift = new Adrift({ queries: database, engine, registry, terms, publish, standings: limits.standings });
    return new Reconciler({
      database,
      engine,
      following: this.#following,
      adrift,
      examination: new Examination({ queries: database, engine, adrift, terms }),
      expiry: new Expiry({ queries: database, engine, registry, publish }),
      mend: (gap) => repair({ database, engine, registry, deadlines: catalogue, ingest }, gap),
      isWhole: (gap) => isWhole({ queries: database, engine, adrift, terms }, gap),
      events: limits.events,
      log,
      metrics,
    });
  }

  /** @returns after how many milliseconds the next one begins */
  async #round(): Promise<number> {
    await this.#reconciler.round();
    const { everyMs } = this.parts.limits;
    return this.#reconciler.behind ? everyMs / HASTE : everyMs;
  }

  #observe(): void {
    const { metrics, database } = this.parts;
    metrics.gauge('signalbox_ledger_gaps', 'Gaps that are open', ['kind'], async (gauge) => {
      const counts = await gapCounts(database).catch(() => undefined);
      if (counts === undefined) return;
      gauge.reset();
      for (const [kind, count] of counts) gauge.set({ kind }, count);
    });
    metrics.gauge('signalbox_ledger_proof_age_seconds', 'Time since the last round of the proof', [], (gauge) => {
      gauge.set((Date.now() - (this.#reconciler.last?.at.getTime() ?? this.#started)) / 1_000);
    });
  }
}
