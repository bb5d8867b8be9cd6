import type { Stage, StageImpact, StageResult, StageWish, Strictness } from '@signalbox/contracts';
import { itemsOf, json, objectOf, queryOf } from './requests.js';
import type { Transport } from './transport.js';

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
