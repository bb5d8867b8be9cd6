import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalOf } from '../http/authentication.js';
import { keptDtoOf } from '../http/json-body.js';
import { EventsDesk, type EventsResult } from '../parked/events-desk.js';
import { EventsWish } from '../parked/parked.dto.js';
import { forward } from './forwarding.js';
import { LedgerClient } from './ledger-client.js';

/** What stands still, in groups: the ledger's answer, passed through; and what a publisher does about its own events. */
@Controller()
export class StuckController {
  constructor(
    @Inject(LedgerClient) private readonly ledger: LedgerClient,
    @Inject(EventsDesk) private readonly events: EventsDesk,
  ) {}

  @Get('stuck')
  groups(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return forward(this.ledger, ['stuck'], request, reply);
  }

  @Get('stuck/group')
  group(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return forward(this.ledger, ['stuck', 'group'], request, reply);
  }

  @Post('stuck/act')
  act(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return forward(this.ledger, ['stuck', 'act'], request, reply, 'act');
  }

  @Post('events/handled')
  @HttpCode(200)
  handled(@Req() request: FastifyRequest): Promise<EventsResult> {
    return this.#events('handled', request);
  }

  @Post('events/hand-over')
  @HttpCode(200)
  handOver(@Req() request: FastifyRequest): Promise<EventsResult> {
    return this.#events('hand-over', request);
  }

  #events(act: 'handled' | 'hand-over', request: FastifyRequest): Promise<EventsResult> {
    const wish = keptDtoOf(EventsWish, request);
    return this.events.act(principalOf(request), act, wish, request.headers.authorization ?? '');
  }
}
