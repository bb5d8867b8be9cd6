import { Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Req } from '@nestjs/common';
import { Refusal } from '@signalbox/contracts';
import { isPersonId, type Person, personId, type Principal, Registry } from '@signalbox/registry';
import type { FastifyRequest } from 'fastify';
import { principalOf } from '../http/authentication.js';
import { keptDtoOf } from '../http/json-body.js';
import { NewPerson, PersonChange } from './people.dto.js';

export const PEOPLE_MAX = Symbol('PEOPLE_MAX');

/**
 * `/organisations/{ods}/people`: who signs in to the console for an organisation, and what they may do there. For whoever
 * administers the exchange, and for the organisation's own administrators.
 */
@Controller('organisations/:ods/people')
export class PeopleController {
  constructor(
    @Inject(Registry) private readonly registry: Registry,
    /** Most people of one organisation. */
    @Inject(PEOPLE_MAX) private readonly most: number,
  ) {}

  @Get()
  list(@Req() request: FastifyRequest, @Param('ods') ods: string): { items: Person[] } {
    this.#mayDecide(principalOf(request), ods);
    return { items: this.registry.people({ ods }).sort((a, b) => (a.name < b.name ? -1 : 1)) };
  }

  @Post()
  @HttpCode(201)
  add(@Req() request: FastifyRequest, @Param('ods') ods: string): Promise<Person> {
    this.#mayDecide(principalOf(request), ods);
    const { issuer, subject, name, roles, expires } = keptDtoOf(NewPerson, request);
    const id = personId(issuer, subject);
    // The operator's administrators are somebody in every organisation: they give themselves rights in none.
    this.#mayDecide(principalOf(request), ods, id);
    if (this.registry.people({ ods }).length >= this.most) {
      throw new Refusal('SB-4220', 'The organisation has as many people as this exchange allows');
    }
    const ends = expires === undefined ? {} : { expires };
    const said = { ods, id, issuer, subject, name, roles, active: true, ...ends };
    return this.registry.create('person', { ...said, ...decidedBy(principalOf(request)) });
  }

  @Patch(':id')
  change(@Req() request: FastifyRequest, @Param('ods') ods: string, @Param('id') id: string): Promise<Person> {
    this.#mayDecide(principalOf(request), ods, id);
    const { name, roles, active, expires } = keptDtoOf(PersonChange, request);
    this.#mustBeThere(ods, id);
    return this.registry.changePerson(ods, id, ({ expires: before, ...current }) => ({
      ...current,
      ...(name != null && { name }),
      ...(roles != null && { roles }),
      ...(active != null && { active }),
      ...endOf(expires === undefined ? before : expires),
      ...decidedBy(principalOf(request)),
    }));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@Req() request: FastifyRequest, @Param('ods') ods: string, @Param('id') id: string): Promise<void> {
    this.#mayDecide(principalOf(request), ods, id);
    this.#mustBeThere(ods, id);
    await this.registry.deletePerson(ods, id);
  }

  /**
   * Nobody decides about themselves, or an administrator could give themselves the right to see values.
   * @throws {Refusal} SB-4040 for people of others, SB-3005, SB-3008
   */
  #mayDecide(principal: Principal, ods: string, about?: string): void {
    const administers = this.registry.allows(principal, 'administer', '*') !== undefined;
    if (!administers && principal.ods !== ods) throw new Refusal('SB-4040');
    if (this.registry.organisation(ods) === undefined) throw new Refusal('SB-4040');
    // That somebody of the organisation itself is its administrator was asked before: see DUTIES.
    if (!administers && !isPersonId(principal.application)) {
      throw new Refusal('SB-3005', 'Administrators of the organisation decide this, and the operator');
    }
    if (about !== undefined && about === principal.application) {
      throw new Refusal('SB-3008', 'Nobody changes their own roles');
    }
  }

  #mustBeThere(ods: string, id: string): void {
    if (this.registry.person(ods, id) === undefined) throw new Refusal('SB-4040');
  }
}

function decidedBy({ ods, application }: Principal): Required<Pick<Person, 'by' | 'updated'>> {
  return { by: `${ods}:${application}`, updated: new Date().toISOString() };
}

function endOf(expires: string | null | undefined): Pick<Person, 'expires'> {
  return expires == null ? {} : { expires };
}
