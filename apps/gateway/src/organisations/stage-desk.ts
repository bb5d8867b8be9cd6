import {
  type Catalogue,
  Refusal,
  type Stage,
  type StageImpact,
  type StageResult,
  type StageWish,
  type Strictness,
  typeMatches,
} from '@signalbox/contracts';
import {
  type Announcing,
  floorFrom,
  isLaxer,
  isPersonId,
  type Principal,
  type Registry,
  stageAfter,
  type StageSide,
  strictnessAt,
} from '@signalbox/registry';
import type { LedgerClient } from '../following/ledger-client.js';
import type { StageAsked, StageConfirmations } from './stage-confirmation.js';

/** What {@link StageDesk} is made of. */
export interface StageDeskParts {
  readonly registry: Registry;
  readonly catalogue: Pick<Catalogue, 'types'>;
  readonly ledger: Pick<LedgerClient, 'get'>;
  readonly announcing: Pick<Announcing, 'announce'>;
  readonly confirmations: StageConfirmations;
}

/** Who asks, for what. */
export interface StageAsk {
  readonly principal: Principal;
  readonly ods: string;
  readonly type: string;
  /** Without strictness it is taken back. */
  readonly wish: StageWish;
  readonly dryrun: boolean;
  readonly confirm?: string | undefined;
  readonly authorization: string;
}

/**
 * Changes how strictly a publisher's events are judged. A change that refuses more than before is shown first, measured on
 * real traffic, and made only by who was shown it; one that refuses less is made at once, for it is how one goes back.
 */
export class StageDesk {
  constructor(private readonly parts: StageDeskParts) {}

  /** @throws {Refusal} SB-4040 for what is not the caller's own */
  list(principal: Principal, ods: string): Stage[] {
    this.#sideOf(principal, ods);
    return this.parts.registry.stages(ods).sort((a, b) => (a.type < b.type ? -1 : 1));
  }

  /** How a type is judged now, and the record of exactly this type where there is one. @throws {Refusal} SB-4040 */
  of(principal: Principal, ods: string, type: string): { type: string; strictness: Strictness; stage?: Stage } {
    this.#sideOf(principal, ods);
    this.#refuseUnknown({ ods, type, wish: {} });
    const stage = this.parts.registry.stageOf(ods, type);
    return { type, strictness: this.parts.registry.stage(ods, type), ...(stage && { stage }) };
  }

  /** @throws {Refusal} SB-4040, SB-3005, SB-4220, SB-4280 when its impact was not looked at, SB-5032 */
  async change(ask: StageAsk): Promise<StageResult> {
    const { principal, ods, type, dryrun, confirm } = ask;
    const side = this.#mayDecide(principal, ods, type);
    this.#refuseUnknown(ask);
    const at = new Date();
    const wish = beginning(ask.wish, at);
    this.#withinPolicy(side, ods, type, wish, at.getTime());
    const by = `${principal.ods}:${principal.application}`;
    const { registry, confirmations } = this.parts;
    const before = registry.stage(ods, type, at.getTime());
    const next = this.#after(registry.stageOf(ods, type), ask, wish, side, at);
    const then = wish.from === undefined ? at.getTime() : Date.parse(wish.from);
    const after = this.#strictnessWith(ods, type, next, type, then);
    const told = { organisation: ods, type, before, after, ...(wish.from !== undefined && { from: wish.from }) };
    const asked: StageAsked = { ods, type, strictness: wish.strictness, from: wish.from, by, before };
    const refusesMore = this.#refusesMore(ods, type, next, then, at.getTime());
    if (dryrun) {
      const measured = this.#impact(ask, after);
      // Going back must not have to wait for the ledger.
      const impact = await (refusesMore ? measured : measured.catch(() => undefined));
      return {
        dryrun,
        ...told,
        ...(next && { stage: next }),
        ...(impact && { impact }),
        confirm: confirmations.of(asked),
      };
    }
    if (refusesMore && !confirmations.holds(confirm ?? '', asked)) throw new Refusal('SB-4280');
    const stage = await this.#write(ods, type, (current) => this.#after(current, ask, wish, side, at));
    const impact = refusesMore ? await this.#impact(ask, after).catch(() => undefined) : undefined;
    await this.#announce(told, by, at, impact);
    return { dryrun, ...told, ...(stage && { stage }), ...(impact && { impact }) };
  }

  #after(current: Stage | undefined, { ods, type, principal }: StageAsk, wish: StageWish, side: StageSide, at: Date) {
    const effective = this.parts.registry.stage(ods, type, at.getTime());
    const by = `${principal.ods}:${principal.application}`;
    return stageAfter(current, { ods, type }, wish, { side, effective, by, at: at.toISOString() });
  }

  async #write(ods: string, type: string, after: (current: Stage | undefined) => Stage | undefined) {
    const { registry } = this.parts;
    if (after(registry.stageOf(ods, type)) !== undefined)
      return registry.changeStage(ods, type, (current) => after(current) ?? { ods, type, strictness: 'enforce' });
    await registry.deleteStage(ods, type);
    return undefined;
  }

  /** How a type is judged at a moment, with another record in the place of one. */
  #strictnessWith(ods: string, replaced: string, by: Stage | undefined, type: string, at: number): Strictness {
    const { registry } = this.parts;
    return strictnessAt((pattern) => (pattern === replaced ? by : registry.stageOf(ods, pattern)), type, at);
  }

  /** Whether any type that is meant would be judged more strictly than it is. */
  #refusesMore(ods: string, type: string, next: Stage | undefined, then: number, now: number): boolean {
    const meant = this.parts.catalogue.types().filter((one) => typeMatches(type, one.type));
    return meant.some((one) =>
      isLaxer(this.parts.registry.stage(ods, one.type, now), this.#strictnessWith(ods, type, next, one.type, then)),
    );
  }

  async #impact({ ods, type, authorization }: StageAsk, strictness: Strictness): Promise<StageImpact> {
    const path = `/organisations/${encodeURIComponent(ods)}/stages/${encodeURIComponent(type)}/impact?strictness=${strictness}`;
    const { status, body } = await this.parts.ledger.get(path, authorization);
    if (status !== 200) throw new Refusal('SB-4040', 'No type of the catalogue is meant by this');
    return JSON.parse(body.toString('utf8')) as StageImpact;
  }

  async #announce(
    {
      organisation,
      type,
      before,
      after,
      from,
    }: Pick<StageResult, 'organisation' | 'type' | 'before' | 'after' | 'from'>,
    by: string,
    at: Date,
    impact: StageImpact | undefined,
  ): Promise<void> {
    const changed = at.toISOString();
    await this.parts.announcing.announce('stage-changed', {
      targetorg: organisation,
      id: [organisation, type, changed],
      thread: ['stage', organisation, type],
      time: changed,
      data: {
        organisation,
        type,
        before,
        after,
        ...(from !== undefined && { from }),
        by,
        changed,
        ...(impact && { impact: { looked: impact.looked, wouldrefuse: impact.wouldrefuse } }),
      },
    });
  }

  /** @throws {Refusal} SB-4040 for another organisation's */
  #sideOf(principal: Principal, ods: string): StageSide {
    const { registry } = this.parts;
    const operator = registry.allows(principal, 'administer', '*') !== undefined;
    if ((!operator && principal.ods !== ods) || registry.organisation(ods) === undefined) throw new Refusal('SB-4040');
    return operator ? 'operator' : 'organisation';
  }

  /** The operator; an administrator of the organisation; an application that holds a grant to administer the type. */
  #mayDecide(principal: Principal, ods: string, type: string): StageSide {
    const side = this.#sideOf(principal, ods);
    const { registry } = this.parts;
    const own = isPersonId(principal.application)
      ? registry.person(ods, principal.application)?.roles.includes('administrator') === true
      : registry.allows(principal, 'administer', type) !== undefined;
    if (side === 'operator' || own) return side;
    throw new Refusal('SB-3005', 'An administrator of the organisation decides this, or the operator');
  }

  /** What a type of the catalogue that is no more has left behind can be looked at and taken back. @throws {Refusal} SB-4040 */
  #refuseUnknown({ ods, type, wish }: Pick<StageAsk, 'ods' | 'type' | 'wish'>): void {
    const { registry, catalogue } = this.parts;
    const isMeant = catalogue.types().some((one) => typeMatches(type, one.type));
    const isLeft = wish.strictness === undefined && registry.stageOf(ods, type) !== undefined;
    if (!isMeant && !isLeft) throw new Refusal('SB-4040', 'No type of the catalogue is meant by this');
  }

  /** @throws {Refusal} SB-3005 for an organisation that would judge itself more laxly than the operator has set */
  #withinPolicy(side: StageSide, ods: string, type: string, { strictness, from }: StageWish, now: number): void {
    if (side === 'operator' || strictness === undefined) return;
    const { registry, catalogue } = this.parts;
    const records = (pattern: string) => registry.stageOf(ods, pattern);
    const begins = from === undefined ? now : Date.parse(from);
    const meant = [type, ...catalogue.types().flatMap((one) => (typeMatches(type, one.type) ? [one.type] : []))];
    if (meant.every((one) => !isLaxer(strictness, floorFrom(records, one, begins)))) return;
    throw new Refusal(
      'SB-3005',
      'The operator of the exchange has set it more strictly, and alone can set it more laxly',
    );
  }
}

/** What begins in the past begins now. */
function beginning({ strictness, from }: StageWish, now: Date): StageWish {
  const later = from !== undefined && Date.parse(from) > now.getTime();
  return {
    ...(strictness !== undefined && { strictness }),
    ...(later && { from: new Date(from).toISOString() }),
  };
}
