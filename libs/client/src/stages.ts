import { itemsOf, json, objectOf, queryOf } from './requests.js';
import type { Transport } from './transport.js';

/** How strictly events are judged: breaches are recorded, told to the publisher too, or refused. */
export type Strictness = 'observe' | 'warn' | 'enforce';

interface StageSetting {
  readonly strictness: Strictness;
  /** RFC 3339: from when on; absent = at once. */
  readonly from?: string;
  /** What it was when it was set, and is until `from`. */
  readonly before?: Strictness;
  /** `<ODS>:<application>` of who set it, and when. */
  readonly by?: string;
  readonly changed?: string;
}

/** What was set for one type or pattern of a publisher. */
export interface Stage extends StageSetting {
  readonly ods: string;
  readonly type: string;
  /** The organisation set it for itself: it counts where it is stricter than what the operator has. */
  readonly own?: true;
  /** What the operator has set, under it. */
  readonly floor?: StageSetting;
}

/** What a stage would have done to the newest events of a publisher. */
export interface StageImpact {
  readonly organisation: string;
  readonly type: string;
  readonly strictness: Strictness;
  /** Newest accepted events that it was measured on, and when the oldest of them was accepted. */
  readonly looked: number;
  readonly since?: string;
  readonly wouldrefuse: number;
  /** Refused in the same time, that it would have taken. */
  readonly wouldaccept: number;
  readonly byrule: readonly { readonly rule: string; readonly count: number }[];
  readonly samples: readonly {
    readonly id: string;
    readonly source: string;
    readonly type: string;
    readonly recorded: string;
    readonly rules: readonly string[];
  }[];
  readonly sentence: string;
}

/** What a change did, or would do. */
export interface StageResult {
  readonly dryrun: boolean;
  readonly organisation: string;
  readonly type: string;
  readonly before: Strictness;
  readonly after: Strictness;
  readonly from?: string;
  readonly stage?: Stage;
  readonly impact?: StageImpact;
  /** Of a dry run: what confirms it, for a while. */
  readonly confirm?: string;
}

/** What is asked of a stage; without `strictness` it is taken back. */
export interface StageWish {
  readonly strictness?: Strictness;
  /** RFC 3339. */
  readonly from?: string;
}

/** How strictly publishers are judged: for the operator, and administrators of the publisher itself. */
export class Stages {
  constructor(private readonly transport: Transport) {}

  async list(ods: string): Promise<Stage[]> {
    return itemsOf(await this.#get(pathOf(ods))) as Stage[];
  }

  /** How a type is judged now, and what was set for exactly this type. */
  async of(ods: string, type: string): Promise<{ type: string; strictness: Strictness; stage?: Stage }> {
    return objectOf(await this.#get(pathOf(ods, type)), 'a stage');
  }

  async impact(ods: string, type: string, strictness: Strictness): Promise<StageImpact> {
    return objectOf(await this.#get(`${pathOf(ods, type)}/impact${queryOf({ strictness })}`), 'an impact');
  }

  /** What a change would do; nothing is done. */
  plan(ods: string, type: string, wish: StageWish): Promise<StageResult> {
    return this.#change(ods, type, wish, { dryrun: 'true' });
  }

  /**
   * Makes a change. One that refuses more than before needs what its plan answered.
   * @throws {@link SignalboxError} SB-4280 without it, or when something was changed meanwhile
   */
  change(ods: string, type: string, wish: StageWish, confirm?: string): Promise<StageResult> {
    return this.#change(ods, type, wish, { confirm });
  }

  async #change(
    ods: string,
    type: string,
    wish: StageWish,
    { dryrun, confirm }: { readonly dryrun?: string; readonly confirm?: string | undefined },
  ): Promise<StageResult> {
    const path = pathOf(ods, type);
    const request =
      wish.strictness === undefined
        ? ({ method: 'DELETE', path: `${path}${queryOf({ dryrun, confirm })}`, idempotent: true } as const)
        : json('PUT', `${path}${queryOf({ dryrun })}`, { ...wish, ...(confirm !== undefined && { confirm }) });
    return objectOf(await this.transport.sendForJson(request), 'what became of a stage');
  }

  #get(path: string): Promise<unknown> {
    return this.transport.sendForJson({ method: 'GET', path, idempotent: true });
  }
}

function pathOf(ods: string, type?: string): string {
  const base = `organisations/${encodeURIComponent(ods)}/stages`;
  return type === undefined ? base : `${base}/${encodeURIComponent(type)}`;
}
