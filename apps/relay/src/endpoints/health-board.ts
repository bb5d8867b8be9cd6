import { type EndpointHealth, type KeyValue, newRecordId, type Step } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';

import { type About, stepOf } from '../deliveries/recorder.js';
import type { RelayMetrics } from '../relay-metrics.js';
import { type Condition, type ConditionName, CONDITIONS } from './conditions.js';
import type { CircuitState, Governor } from './governor.js';

export interface HealthBoardParts {
  /** `HEALTH`. */
  readonly bucket: Pick<KeyValue, 'get' | 'put' | 'delete' | 'keys'>;
  /** Published behind the caller's back, again while the engine is away. */
  readonly steps: { record(step: Step, onLost: (error: unknown) => void): void };
  readonly log: Log;
  readonly metrics: Pick<RelayMetrics, 'conditions' | 'circuits' | 'warnings'>;
  /** Milliseconds between two writes about one subscription when nothing but its numbers changed. */
  readonly everyMs: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** What the board knows of one subscription. */
interface Entry {
  readonly subscription: Subscription;
  readonly governor: Governor;
  /** What was told of it last: by the relay before us, then by us. */
  told: Pick<Condition, 'condition' | 'stage'>;
  circuit: CircuitState;
  written: string;
  writtenAt: number;
  /** What was told before is known: until then nobody can say what is news. */
  recalled: boolean;
  /** The event at hand when it was observed last before that. */
  about: About | undefined;
  /** While it is being written; what changes meanwhile is written next. */
  busy: boolean;
  again: boolean;
}

/**
 * Where the relay says how its endpoints fare: in the bucket for their receivers, as `warned` steps beside the event that
 * showed it, and as metrics. Everything happens behind the caller's back; what the engine does not take is written with
 * the next look.
 */
export class HealthBoard {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;
  readonly #underWay = new Set<Promise<void>>();

  constructor(private readonly parts: HealthBoardParts) {
    this.#now = parts.now ?? Date.now;
  }

  /**
   * To be called after each outcome, and now and then in between (a backlog grows without any). Cheap when nothing changed.
   * @param about - the event at hand, if there is one: a change is told as a step beside it
   */
  observe(subscription: Subscription, governor: Governor, about?: About): void {
    const entry = this.#entry(subscription, governor);
    if (!entry.recalled) {
      entry.about = about ?? entry.about;
      return;
    }
    const condition = governor.condition(this.#now());
    const changed = condition.condition !== entry.told.condition || condition.stage !== entry.told.stage;
    const turned = governor.circuit !== entry.circuit;
    if (changed) {
      entry.told = condition;
      this.#warn(condition, subscription, about);
    }
    entry.circuit = governor.circuit;
    if (changed || turned) this.#count();
    if (changed || turned || this.#now() - entry.writtenAt >= this.parts.everyMs) this.#write(entry);
  }

  /** This relay drives the subscription no longer. Another one goes on from what stands on the board. */
  release(subscription: string): void {
    if (this.#entries.delete(subscription)) this.#count();
  }

  /** The subscription ended, or goes to another endpoint: what was known is worth nothing. */
  async forget(subscription: string): Promise<void> {
    this.release(subscription);
    await this.parts.bucket.delete(subscription);
  }

  /** Those that the board tells of, whichever relay wrote it. @throws EngineUnavailable */
  told(): Promise<string[]> {
    return this.parts.bucket.keys('>');
  }

  /** Resolves when everything that was begun is written. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #entry(subscription: Subscription, governor: Governor): Entry {
    const known = this.#entries.get(subscription.id);
    if (known?.governor === governor) return known;
    const entry: Entry = {
      subscription,
      governor,
      told: { condition: 'healthy', stage: 0 },
      circuit: governor.circuit,
      written: '',
      writtenAt: 0,
      recalled: false,
      about: undefined,
      busy: false,
      again: false,
    };
    this.#entries.set(subscription.id, entry);
    this.#behind(this.#recall(entry).finally(() => this.#recalled(entry)));
    this.#count();
    return entry;
  }

  /** Also when nothing could be read: an engine that is away must not make the board blind. */
  #recalled(entry: Entry): void {
    entry.recalled = true;
    const { subscription, governor, about } = entry;
    entry.about = undefined;
    if (this.#entries.get(subscription.id) === entry) this.observe(subscription, governor, about);
  }

  /** What the relay before us had told of this endpoint; not if its receiver changed something since, for better or worse. */
  async #recall(entry: Entry): Promise<void> {
    const { id, updated } = entry.subscription;
    const stored = await this.parts.bucket.get(id);
    if (stored?.value === undefined) return;
    const former = JSON.parse(Buffer.from(stored.value).toString('utf8')) as EndpointHealth;
    if (former.updated < updated || !isCondition(former.condition)) return;
    entry.governor.recall(former.condition, Date.parse(former.since));
    entry.told = { condition: former.condition, stage: former.stage as Condition['stage'] };
  }

  #warn(condition: Condition, subscription: Subscription, about: About | undefined): void {
    const { condition: reason, stage, sentence, advice } = condition;
    this.parts.metrics.warnings.inc({ condition: reason, stage: String(stage) });
    const fields = { subscription: subscription.id, org: subscription.ods, condition: reason, stage };
    if (stage === 0) this.parts.log.info(fields, 'an endpoint is well again');
    else this.parts.log.warn(fields, 'an endpoint does not fare well');
    if (about === undefined) return;
    // It says nothing about where the delivery stands.
    const { state: _state, ...step } = stepOf({ kind: 'warned', state: 'delivering' }, about);
    const warned = { ...step, id: newRecordId(), reason, detail: `${sentence} ${advice}` };
    this.parts.steps.record(warned, (error) => this.parts.log.error({ err: error }, 'a step could not be recorded'));
  }

  #write(entry: Entry): void {
    entry.again = true;
    if (entry.busy) return;
    entry.busy = true;
    this.#behind(this.#writeWhileNews(entry));
  }

  async #writeWhileNews(entry: Entry): Promise<void> {
    try {
      while (entry.again && this.#entries.get(entry.subscription.id) === entry) {
        entry.again = false;
        await this.#writeOnce(entry);
      }
    } finally {
      entry.busy = false;
    }
  }

  async #writeOnce(entry: Entry): Promise<void> {
    const now = this.#now();
    const health = healthOf(entry.governor, now);
    const text = JSON.stringify(health);
    entry.writtenAt = now;
    if (text === entry.written) return;
    const updated = new Date(now).toISOString();
    await this.parts.bucket.put(entry.subscription.id, JSON.stringify({ ...health, updated } satisfies EndpointHealth));
    entry.written = text;
  }

  #behind(work: Promise<void>): void {
    const heard = work
      .catch((error: unknown) => {
        this.parts.log.warn(
          { err: error },
          'the engine did not take how an endpoint fares; written with the next look',
        );
      })
      .finally(() => this.#underWay.delete(heard));
    this.#underWay.add(heard);
  }

  #count(): void {
    const conditions = new Map<string, number>(Object.keys(CONDITIONS).map((name) => [name, 0]));
    const circuits = new Map<string, number>([
      ['closed', 0],
      ['open', 0],
      ['half-open', 0],
    ]);
    for (const { told, circuit } of this.#entries.values()) {
      conditions.set(told.condition, (conditions.get(told.condition) ?? 0) + 1);
      circuits.set(circuit, (circuits.get(circuit) ?? 0) + 1);
    }
    for (const [condition, count] of conditions) this.parts.metrics.conditions.set({ condition }, count);
    for (const [state, count] of circuits) this.parts.metrics.circuits.set({ state }, count);
  }
}

function healthOf(governor: Governor, now: number): Omit<EndpointHealth, 'updated'> {
  const { condition, stage, since, sentence, advice } = governor.condition(now);
  const { waiting, unsettled, oldest } = governor.waits;
  return {
    condition,
    stage,
    since: new Date(since).toISOString(),
    sentence,
    advice,
    circuit: governor.circuit,
    limit: governor.limit,
    waiting,
    unsettled,
    ...(oldest !== undefined && { oldest: new Date(oldest).toISOString() }),
  };
}

const isCondition = (name: string): name is ConditionName => name in CONDITIONS;
