import { randomUUID } from 'node:crypto';
import { Refusal } from '@signalbox/contracts';
import type { Principal, Registry, Replay, Subscription } from '@signalbox/registry';
import type { SubscriptionDesk } from '../subscriptions/desk.js';
import type { Plan, Planning } from './planning.js';
import type { ReplayWish } from './replay.dto.js';

/** Bounds of replays; every one is a setting. */
export interface ReplayLimits {
  /** Events a second when nothing is asked for, and the most that may be. */
  readonly rate: number;
  readonly rateMax: number;
  /** Ended replays that are remembered of a subscription. */
  readonly kept: number;
}

export interface ReplayDeskParts {
  readonly desk: Pick<SubscriptionDesk, 'inCharge'>;
  readonly registry: Registry;
  readonly planning: Planning;
  readonly limits: ReplayLimits;
}

/** What a dry run answers. */
export interface PlanView extends Omit<Plan, 'range'> {
  readonly dryrun: true;
  readonly rate: number;
  /** Seconds that it would take at least. */
  readonly seconds: number;
  /** By family: first and last place. */
  readonly range: Readonly<Record<string, { readonly from: number; readonly to: number }>>;
}

/** A replay as its organisation sees it. */
export type ReplayView = Omit<Replay, 'range' | 'status'> & {
  /** `paused`: while its subscription is. */
  readonly status: Replay['status'] | 'paused';
  readonly range: PlanView['range'];
};

const KINDS = ['missed', 'journey', 'positions', 'time'] as const;

/** Where an organisation has events sent to one of its subscriptions again. The relay carries it out. */
export class ReplayDesk {
  constructor(private readonly parts: ReplayDeskParts) {}

  /** What would be sent. @throws {Refusal} SB-4040, SB-4220, SB-5032; {EngineUnavailable} */
  async plan(principal: Principal, id: string, wish: ReplayWish, authorization: string): Promise<PlanView> {
    const { subscription, rate } = this.#ready(principal, id, wish);
    const { range, ...plan } = await this.parts.planning.plan(subscription, wish, authorization, true);
    return { dryrun: true, ...plan, rate, seconds: Math.ceil(plan.events / rate), range: outline(range) };
  }

  /** Starts it. @throws {Refusal} as {@link plan}, SB-4092 while another one is under way */
  async start(principal: Principal, id: string, wish: ReplayWish, authorization: string): Promise<ReplayView> {
    const { subscription, rate } = this.#ready(principal, id, wish);
    this.mustBeAlone(id);
    const { range, events } = await this.parts.planning.plan(subscription, wish, authorization, false);
    if (events === 0) throw new Refusal('SB-4220', 'The range holds no event that the subscription would be given');
    this.mustBeAlone(id);
    const now = new Date().toISOString();
    const replay = await this.parts.registry.create('replay', {
      id: randomUUID(),
      subscription: id,
      ods: subscription.ods,
      by: `${principal.ods}:${principal.application}`,
      created: now,
      updated: now,
      status: 'running',
      selection: KINDS.find((kind) => kind in wish.from)!,
      range,
      rate,
      planned: events,
      done: 0,
      gone: 0,
      passed: 0,
      position: {},
    });
    await this.#forgetOldest(id);
    return this.#view(replay);
  }

  list(principal: Principal, id: string): ReplayView[] {
    this.parts.desk.inCharge(principal, id);
    return this.parts.registry.replays(id).map((replay) => this.#view(replay));
  }

  /** @throws {Refusal} SB-4040 */
  get(principal: Principal, id: string, replay: string): ReplayView {
    return this.#view(this.#own(principal, id, replay));
  }

  /** What is on its way arrives; nothing more is sent. One that has ended stays as it ended. */
  async cancel(principal: Principal, id: string, replay: string): Promise<void> {
    this.#own(principal, id, replay);
    await this.parts.registry.changeReplay(id, replay, (current) =>
      current.status === 'running' ? { ...current, status: 'cancelled', updated: new Date().toISOString() } : current,
    );
  }

  /** @throws {Refusal} SB-4092 */
  mustBeAlone(id: string): void {
    if (this.parts.registry.replays(id).some(({ status }) => status === 'running')) throw new Refusal('SB-4092');
  }

  #own(principal: Principal, id: string, replay: string): Replay {
    this.parts.desk.inCharge(principal, id);
    const found = this.parts.registry.replay(id, replay);
    if (found === undefined) throw new Refusal('SB-4040');
    return found;
  }

  #ready(principal: Principal, id: string, wish: ReplayWish): { subscription: Subscription; rate: number } {
    const subscription = this.parts.desk.inCharge(principal, id);
    const { rate, rateMax } = this.parts.limits;
    if (subscription.protocol === 'PULL') {
      throw new Refusal(
        'SB-4220',
        'A subscription of protocol PULL is not replayed: it fetches again from where POST /subscriptions/{id}/seek puts it',
      );
    }
    if (subscription.status !== 'active' && subscription.status !== 'paused') {
      throw new Refusal('SB-4220', `The subscription is ${subscription.status}: nothing is delivered to it`);
    }
    if (wish.rate !== undefined && wish.rate > rateMax) {
      const expected = `at most ${String(rateMax)} events a second`;
      const finding = { path: '/rate', rule: 'rate', expected, fix: 'Ask for fewer.', doc: '/openapi.json' };
      throw new Refusal('SB-4220', 'The rate is higher than this exchange allows', { findings: [finding] });
    }
    return { subscription, rate: wish.rate ?? Math.min(rate, rateMax) };
  }

  async #forgetOldest(id: string): Promise<void> {
    const ended = this.parts.registry.replays(id).filter(({ status }) => status !== 'running');
    const tooMany = ended.slice(0, Math.max(0, ended.length - this.parts.limits.kept));
    for (const { id: replay } of tooMany) await this.parts.registry.deleteReplay(id, replay);
  }

  #view({ range, status, ...replay }: Replay): ReplayView {
    const isActive = this.parts.registry.subscription(replay.subscription)?.status === 'active';
    return {
      ...replay,
      status: status === 'running' && !isActive ? 'paused' : status,
      range: outline(range),
    };
  }
}

function outline(range: Plan['range']): PlanView['range'] {
  return Object.fromEntries(
    Object.entries(range).map(([family, stretches]) => [
      family,
      { from: stretches[0]?.[0] ?? 0, to: stretches.at(-1)?.[1] ?? 0 },
    ]),
  );
}
