import { Controller, Delete, Get, HttpCode, Inject, Param, Put, Req } from '@nestjs/common';
import {
  type ByUrgency,
  Catalogue,
  type ClockName,
  CLOCKS,
  type EventType,
  isClock,
  Refusal,
  timesOf,
} from '@signalbox/contracts';
import { type Deadline, isPersonId, type Principal, Registry } from '@signalbox/registry';
import type { FastifyRequest } from 'fastify';
import { principalOf } from '../http/authentication.js';
import { keptDtoOf } from '../http/json-body.js';
import { askedTimes } from './deadline-times.js';
import { NewDeadline } from './deadlines.dto.js';

/** How long one clock of a type runs for an organisation whose move it is. */
interface DeadlineView {
  readonly type: string;
  readonly clock: ClockName;
  /** What the clock runs between. */
  readonly title: string;
  /** As they hold for this organisation, and as the type says. */
  readonly times: ByUrgency;
  readonly standard: ByUrgency;
  /** Who set what differs, and when. */
  readonly by?: string;
  readonly updated?: string;
}

/**
 * `/organisations/{ods}/deadlines`: by when an organisation has to have done what is its move. For the organisation itself,
 * which may make them shorter, and for the operator.
 */
@Controller('organisations/:ods/deadlines')
export class DeadlinesController {
  constructor(
    @Inject(Registry) private readonly registry: Registry,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  @Get()
  list(@Req() request: FastifyRequest, @Param('ods') ods: string): { items: DeadlineView[] } {
    this.#mayLook(principalOf(request), ods);
    const names = Object.keys(CLOCKS) as ClockName[];
    const types = this.catalogue.types().filter(({ status }) => status !== 'retired');
    return { items: types.flatMap((type) => names.flatMap((clock) => this.#view(ods, type, clock) ?? [])) };
  }

  @Put(':type/:clock')
  async set(
    @Req() request: FastifyRequest,
    @Param('ods') ods: string,
    @Param('type') name: string,
    @Param('clock') clock: string,
  ): Promise<DeadlineView> {
    const principal = principalOf(request);
    const mayLengthen = this.#mayDecide(principal, ods, name);
    const known = this.#known(name, clock);
    const asked = askedTimes(keptDtoOf(NewDeadline, request).times, known.times, mayLengthen);
    if ('findings' in asked) {
      throw new Refusal('SB-4220', 'A deadline cannot be set as asked for', { findings: asked.findings });
    }
    const by = `${principal.ods}:${principal.application}`;
    const set: Deadline = { ods, type: name, clock: known.clock, ...asked, by, updated: new Date().toISOString() };
    await this.registry.putDeadline(set);
    return this.#view(ods, known.type, known.clock)!;
  }

  @Delete(':type/:clock')
  @HttpCode(204)
  async clear(
    @Req() request: FastifyRequest,
    @Param('ods') ods: string,
    @Param('type') name: string,
    @Param('clock') clock: string,
  ): Promise<void> {
    this.#mayDecide(principalOf(request), ods, name);
    if (!isClock(clock) || this.registry.deadline(ods, name, clock) === undefined) throw new Refusal('SB-4040');
    await this.registry.deleteDeadline(ods, name, clock);
  }

  #view(ods: string, type: EventType, clock: ClockName): DeadlineView | undefined {
    const standard = timesOf(type, clock);
    if (standard === undefined) return undefined;
    const set = this.registry.deadline(ods, type.type, clock);
    const { title } = CLOCKS[clock];
    return {
      ...{ type: type.type, clock, title, standard },
      times: { ...standard, ...set?.times },
      ...(set && { by: set.by, updated: set.updated }),
    };
  }

  /** @throws {Refusal} SB-4040 for a type that there is not, or that has no such clock */
  #known(name: string, clock: string): { type: EventType; clock: ClockName; times: ByUrgency } {
    const type = this.catalogue.find(name);
    const times = isClock(clock) ? timesOf(type, clock) : undefined;
    if (type === undefined || times === undefined || !isClock(clock)) {
      throw new Refusal('SB-4040', 'No type of this name has such a clock: see GET /organisations/{ods}/deadlines');
    }
    return { type, clock, times };
  }

  /** @returns whether the caller administers the exchange. @throws {Refusal} SB-4040 for what is another's */
  #mayLook(principal: Principal, ods: string): boolean {
    const administers = this.registry.allows(principal, 'administer', '*') !== undefined;
    if (!administers && principal.ods !== ods) throw new Refusal('SB-4040');
    if (this.registry.organisation(ods) === undefined) throw new Refusal('SB-4040');
    return administers;
  }

  /** An organisation decides about types that it receives or publishes. @throws {Refusal} SB-4040, SB-3005 */
  #mayDecide(principal: Principal, ods: string, type: string): boolean {
    if (this.#mayLook(principal, ods)) return true;
    // That a person is an administrator was asked before: see DUTIES.
    const takesPart = (['subscribe', 'publish'] as const).some((action) =>
      this.registry.allows(principal, action, type),
    );
    if (!takesPart && !isPersonId(principal.application)) {
      throw new Refusal('SB-3005', 'This application neither receives nor publishes events of this type');
    }
    return false;
  }
}
