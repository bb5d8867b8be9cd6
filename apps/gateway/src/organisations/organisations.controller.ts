import { randomUUID } from 'node:crypto';
import { Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Req } from '@nestjs/common';
import { Refusal, type Finding } from '@signalbox/contracts';
import { isTenantName } from '@signalbox/messaging';
import {
  checkEgressAllow,
  Registry,
  takePublicJwk,
  type Application,
  type Grant,
  type Organisation,
  type PublicJwk,
} from '@signalbox/registry';
import type { FastifyRequest } from 'fastify';
import { principalOf } from '../http/authentication.js';
import { keptDtoOf } from '../http/json-body.js';
import {
  ApplicationChange,
  NewApplication,
  NewGrant,
  NewOrganisation,
  OrganisationChange,
} from './organisation.dto.js';

/** `/organisations`: who takes part and what they may. For the operator, who holds a grant to administer. */
@Controller('organisations')
export class OrganisationsController {
  constructor(@Inject(Registry) private readonly registry: Registry) {}

  @Post()
  @HttpCode(201)
  create(@Req() request: FastifyRequest): Promise<Organisation> {
    this.#mayAdminister(request);
    const { ods, name, ...details } = keptDtoOf(NewOrganisation, request);
    return this.registry.create('organisation', { ods, name, active: true, ...checkedDetails(details) });
  }

  @Get()
  list(@Req() request: FastifyRequest): { items: Organisation[] } {
    this.#mayAdminister(request);
    return { items: this.registry.organisations() };
  }

  @Get(':ods')
  get(@Req() request: FastifyRequest, @Param('ods') ods: string): Organisation {
    this.#mayAdminister(request);
    return this.#organisation(ods);
  }

  @Patch(':ods')
  change(@Req() request: FastifyRequest, @Param('ods') ods: string): Promise<Organisation> {
    this.#mayAdminister(request);
    const { contact, egressAllow, ...change } = keptDtoOf(OrganisationChange, request);
    const details = checkedDetails({ contact, egressAllow });
    return this.registry.changeOrganisation(ods, (current) => ({ ...current, ...given(change), ...details }));
  }

  @Post(':ods/applications')
  @HttpCode(201)
  async createApplication(@Req() request: FastifyRequest, @Param('ods') ods: string): Promise<Application> {
    this.#mayAdminister(request);
    this.#organisation(ods);
    const { id, name, keys, natskeys } = keptDtoOf(NewApplication, request);
    this.#mayConnect(ods, id, natskeys);
    const application = { ods, id, name, active: true, keys: await publicKeys(keys), ...(natskeys && { natskeys }) };
    return this.registry.create('application', application);
  }

  @Get(':ods/applications')
  applications(@Req() request: FastifyRequest, @Param('ods') ods: string): { items: Application[] } {
    this.#mayAdminister(request);
    this.#organisation(ods);
    return { items: this.registry.applications(ods) };
  }

  @Patch(':ods/applications/:id')
  async changeApplication(
    @Req() request: FastifyRequest,
    @Param('ods') ods: string,
    @Param('id') id: string,
  ): Promise<Application> {
    this.#mayAdminister(request);
    const { keys, ...change } = keptDtoOf(ApplicationChange, request);
    this.#mayConnect(ods, id, change.natskeys);
    const newKeys = keys !== undefined && { keys: await publicKeys(keys) };
    return this.registry.changeApplication(ods, id, (current) => ({ ...current, ...given(change), ...newKeys }));
  }

  @Post(':ods/grants')
  @HttpCode(201)
  createGrant(@Req() request: FastifyRequest, @Param('ods') ods: string): Promise<Grant> {
    this.#mayAdminister(request);
    this.#organisation(ods);
    const { application = '*', expires, basis, ...grant } = keptDtoOf(NewGrant, request);
    const optional = { ...(expires !== undefined && { expires }), ...(basis !== undefined && { basis }) };
    const created = new Date().toISOString();
    return this.registry.create('grant', { id: randomUUID(), ods, application, ...grant, ...optional, created });
  }

  @Get(':ods/grants')
  grants(@Req() request: FastifyRequest, @Param('ods') ods: string): { items: Grant[] } {
    this.#mayAdminister(request);
    this.#organisation(ods);
    return { items: this.registry.grants(ods) };
  }

  @Delete(':ods/grants/:id')
  @HttpCode(204)
  async deleteGrant(@Req() request: FastifyRequest, @Param('ods') ods: string, @Param('id') id: string): Promise<void> {
    this.#mayAdminister(request);
    if (!this.registry.grants(ods).some((grant) => grant.id === id)) throw new Refusal('SB-4040');
    await this.registry.deleteGrant(ods, id);
  }

  #mayAdminister(request: FastifyRequest): void {
    if (this.registry.allows(principalOf(request), 'administer', '*')) return;
    throw new Refusal('SB-3005', 'No grant allows this application to administer the exchange');
  }

  /** @throws {Refusal} SB-4220 when the organisation cannot have an account, or a key is another application's already */
  #mayConnect(ods: string, id: string, natskeys: readonly string[] = []): void {
    if (natskeys.length > 0 && !isTenantName(ods)) {
      const expected = 'an organisation whose code is not also a name in the engine';
      throw new Refusal('SB-4220', 'This organisation cannot have an account of its own', {
        findings: [finding('/natskeys', 'account-name', expected, 'It goes on over HTTP.')],
      });
    }
    const others = this.registry.applications().filter((one) => one.ods !== ods || one.id !== id);
    const taken = new Set(others.flatMap((one) => one.natskeys ?? []));
    const findings = natskeys.flatMap((key, at) =>
      taken.has(key)
        ? [finding(`/natskeys/${String(at)}`, 'key-in-use', 'a key of no other application', 'Make a new key.')]
        : [],
    );
    if (findings.length > 0) throw new Refusal('SB-4220', 'A key stands for another application', { findings });
  }

  #organisation(ods: string): Organisation {
    const organisation = this.registry.organisation(ods);
    if (!organisation) throw new Refusal('SB-4040');
    return organisation;
  }
}

function finding(path: string, rule: string, expected: string, fix: string): Finding {
  return { path, rule, expected, fix, doc: '/openapi.json' };
}

/** What was sent of contact and private places. @throws {Refusal} SB-4220 with every place that cannot be opened */
function checkedDetails({
  contact,
  egressAllow,
}: {
  readonly contact?: string | undefined;
  readonly egressAllow?: readonly unknown[] | undefined;
}): Pick<Organisation, 'contact' | 'egressAllow'> {
  const findings = checkEgressAllow(egressAllow ?? []);
  if (findings.length > 0) throw new Refusal('SB-4220', 'A place cannot be opened', { findings });
  return {
    ...(typeof contact === 'string' && { contact }),
    // Nothing but text has passed the check.
    ...(Array.isArray(egressAllow) && { egressAllow: egressAllow as string[] }),
  };
}

function publicKeys(keys: readonly unknown[]): Promise<PublicJwk[]> {
  return Promise.all(keys.map((key, at) => takePublicJwk(key, `/keys/${String(at)}`)));
}

/** Without the members that were not sent. */
function given<T extends object>(change: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const sent = Object.entries(change).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(sent) as { [K in keyof T]: Exclude<T[K], undefined> };
}
