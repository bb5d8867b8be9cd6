import { type Log, type Metrics, Rounds } from '@signalbox/runtime';
import type { Alerts } from './alerts.js';
import type { Noticed } from './decision.js';
import type { AlertKind } from './kinds.js';
import { type SourceParts, SOURCES } from './sources.js';

/** What the rounds stand on. */
export interface RoundParts {
  readonly alerts: Pick<Alerts, 'take' | 'tell' | 'forget'>;
  readonly sources: SourceParts;
  /** Whether the ledger knows what lies in the streams, near enough. */
  readonly abreast: () => Promise<boolean>;
  /** What has to be done first in every round. */
  readonly before: (now: Date) => Promise<void>;
  readonly everyMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Between two looks for alerts that may be forgotten. */
const FORGET_EVERY_MS = 3_600_000;

/** Looks at everything that may need a person, again and again. A source that fails leaves its alerts as they are. */
export class AlertRounds {
  /** When the last round ended, in milliseconds since 1970; 0 before the first. */
  last = 0;
  #forgot = 0;
  readonly #failed;
  readonly #rounds: Rounds;

  constructor(private readonly parts: RoundParts) {
    const { everyMs, log } = parts;
    this.#rounds = new Rounds(() => this.#round(new Date()), {
      everyMs,
      onFailure: (err) => log.warn({ err }, 'a round of looking for what needs a person failed'),
    });
    this.#failed = parts.metrics.counter(
      'signalbox_alert_looks_failed_total',
      'Looks for conditions that need a person which could not be made, by kind of alert',
      ['alert'],
    );
    parts.metrics.gauge('signalbox_alert_age_seconds', 'Time since the last round of looking', [], (gauge) => {
      gauge.set(this.last === 0 ? 0 : (Date.now() - this.last) / 1_000);
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Resolves when the round that is under way is over. */
  close(): Promise<void> {
    return this.#rounds.close();
  }

  async #round(now: Date): Promise<void> {
    const { alerts, before, log } = this.parts;
    await before(now).catch((error: unknown) => log.warn({ err: error }, 'what goes before looking failed'));
    const { noticed, judged } = await this.#look(now);
    await alerts.take(noticed, judged, now);
    await alerts.tell();
    if (now.getTime() - this.#forgot > FORGET_EVERY_MS) {
      await alerts.forget(now);
      this.#forgot = now.getTime();
    }
    this.last = Date.now();
  }

  async #look(now: Date): Promise<{ noticed: Noticed[]; judged: Set<AlertKind> }> {
    const { sources, abreast, log } = this.parts;
    const judged = new Set<AlertKind>();
    const noticed: Noticed[] = [];
    // Of an engine that does not answer this is not known, and that has to be told all the same.
    const isAbreast = await abreast().catch(() => false);
    for (const { kind, ofTheLedger, look } of SOURCES) {
      if (ofTheLedger && !isAbreast) continue;
      try {
        const found = await look(sources, now);
        if (found === undefined) continue;
        // Of very many the rest is not known, so none of them is over for not being among these.
        if (found.length < sources.limits.most) judged.add(kind);
        else log.warn({ kind, count: found.length }, 'there are more conditions of a kind than are told');
        noticed.push(...found.slice(0, sources.limits.most));
      } catch (error) {
        this.#failed.inc({ alert: kind });
        log.warn({ err: error, kind }, 'a condition cannot be looked at');
      }
    }
    return { noticed, judged };
  }
}
