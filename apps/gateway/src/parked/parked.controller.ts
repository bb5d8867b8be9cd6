import { Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { Refusal, type StuckAct } from '@signalbox/contracts';
import type { BulkAction } from '@signalbox/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalOf } from '../http/authentication.js';
import { keptDtoOf } from '../http/json-body.js';
import { BulkActions } from './bulk-actions.js';
import { ParkedDesk } from './parked-desk.js';
import { ParkedWish } from './parked.dto.js';

/** What could not be delivered, and what people decide about it. */
@Controller('subscriptions/:id/parked')
export class ParkedController {
  constructor(@Inject(ParkedDesk) private readonly parked: ParkedDesk) {}

  /** By cause; with `?reason=` those with this one. */
  @Get()
  async list(@Req() request: FastifyRequest, @Param('id') id: string): Promise<object> {
    const { authorization = '' } = request.headers;
    const { reason, after } = request.query as Record<string, unknown>;
    if (reason === undefined) return { items: await this.parked.groups(principalOf(request), id, authorization) };
    if (typeof reason !== 'string' || (after !== undefined && typeof after !== 'string')) throw new Refusal('SB-4000');
    const asked = { reason, ...(after !== undefined && { after }) };
    const { deliveries, next } = await this.parked.list(principalOf(request), id, asked, authorization);
    return { items: deliveries, ...(next !== undefined && { next }) };
  }

  @Post('retry')
  retry(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    return this.#act('retry', request, reply, id);
  }

  /** Stops what is still tried. */
  @Post('park')
  park(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    return this.#act('park', request, reply, id);
  }

  @Post('hand-over')
  handOver(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    return this.#act('hand-over', request, reply, id);
  }

  @Post('handled')
  handled(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    return this.#act('handled', request, reply, id);
  }

  async #act(act: StuckAct, request: FastifyRequest, reply: FastifyReply, id: string): Promise<void> {
    const wish = keptDtoOf(ParkedWish, request);
    const { authorization = '' } = request.headers;
    const result = await this.parked.act(principalOf(request), id, act, wish, authorization);
    reply.code(result.action === undefined ? 200 : 202).send(result);
  }
}

/** Acts on many deliveries that wait for a second person. */
@Controller('actions')
export class ActionsController {
  constructor(@Inject(BulkActions) private readonly actions: BulkActions) {}

  @Get()
  list(@Req() request: FastifyRequest): { items: BulkAction[] } {
    return { items: this.actions.list(principalOf(request)) };
  }

  @Post(':id/approve')
  @HttpCode(200)
  approve(@Req() request: FastifyRequest, @Param('id') id: string): Promise<BulkAction> {
    return this.actions.approve(principalOf(request), id, request.headers.authorization ?? '');
  }

  @Post(':id/reject')
  @HttpCode(200)
  reject(@Req() request: FastifyRequest, @Param('id') id: string): Promise<BulkAction> {
    return this.actions.reject(principalOf(request), id);
  }
}
