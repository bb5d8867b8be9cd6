import { Controller, Delete, Get, Inject, Param, Put, Query, Req, Res } from '@nestjs/common';
import { Refusal, type Stage, type StageResult } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { forward } from '../following/forwarding.js';
import { LedgerClient } from '../following/ledger-client.js';
import { principalOf } from '../http/authentication.js';
import { keptDtoOf } from '../http/json-body.js';
import { StageDesk } from './stage-desk.js';
import { StageWishBody } from './stage.dto.js';

const TYPE = /^(\*|[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*(\.\*)?)$/;
const MOST = 200;

/** `/organisations/{ods}/stages`: how strictly a publisher's events are judged, and from when on. */
@Controller('organisations/:ods/stages')
export class StagesController {
  constructor(
    @Inject(StageDesk) private readonly desk: StageDesk,
    @Inject(LedgerClient) private readonly ledger: LedgerClient,
  ) {}

  @Get()
  list(@Req() request: FastifyRequest, @Param('ods') ods: string): { items: Stage[] } {
    return { items: this.desk.list(principalOf(request), ods) };
  }

  @Get(':type')
  of(@Req() request: FastifyRequest, @Param('ods') ods: string, @Param('type') type: string): object {
    return this.desk.of(principalOf(request), ods, typeOf(type));
  }

  @Get(':type/impact')
  impact(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('ods') ods: string,
    @Param('type') type: string,
  ): Promise<void> {
    return forward(this.ledger, ['organisations', ods, 'stages', typeOf(type), 'impact'], request, reply);
  }

  @Put(':type')
  set(
    @Req() request: FastifyRequest,
    @Param('ods') ods: string,
    @Param('type') type: string,
    @Query() query: Readonly<Record<string, unknown>>,
  ): Promise<StageResult> {
    const { confirm, ...wish } = keptDtoOf(StageWishBody, request);
    return this.#change(request, ods, type, wish, { ...query, ...(confirm !== undefined && { confirm }) });
  }

  @Delete(':type')
  clear(
    @Req() request: FastifyRequest,
    @Param('ods') ods: string,
    @Param('type') type: string,
    @Query() query: Readonly<Record<string, unknown>>,
  ): Promise<StageResult> {
    return this.#change(request, ods, type, {}, query);
  }

  #change(
    request: FastifyRequest,
    ods: string,
    type: string,
    wish: Pick<StageWishBody, 'from'> & { readonly strictness?: StageWishBody['strictness'] },
    { dryrun, confirm }: Readonly<Record<string, unknown>>,
  ): Promise<StageResult> {
    if (dryrun !== undefined && dryrun !== 'true' && dryrun !== 'false')
      throw new Refusal('SB-4000', 'dryrun is true or false');
    if (confirm !== undefined && typeof confirm !== 'string')
      throw new Refusal('SB-4000', 'Name one confirm and no more');
    return this.desk.change({
      principal: principalOf(request),
      ods,
      type: typeOf(type),
      wish,
      dryrun: dryrun === 'true',
      confirm,
      authorization: request.headers.authorization ?? '',
    });
  }
}

/** @throws {Refusal} SB-4040 for what can be no type and no pattern */
function typeOf(type: string): string {
  if (type.length > MOST || !TYPE.test(type)) throw new Refusal('SB-4040');
  return type;
}
