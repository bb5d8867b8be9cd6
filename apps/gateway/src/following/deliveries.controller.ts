import { Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalOf } from '../http/authentication.js';
import { keptDtoOf } from '../http/json-body.js';
import { HandledWish } from '../parked/parked.dto.js';
import { type HandledResult, PublisherDesk } from '../parked/publisher-desk.js';
import { forward } from './forwarding.js';
import { LedgerClient } from './ledger-client.js';

/** What became of deliveries, and who received an event: the ledger's answer, passed through. */
@Controller()
export class DeliveriesController {
  constructor(
    @Inject(LedgerClient) private readonly ledger: LedgerClient,
    @Inject(PublisherDesk) private readonly publisher: PublisherDesk,
  ) {}

  @Get('events/:id/recipients')
  recipients(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    return forward(this.ledger, ['events', id, 'recipients'], request, reply);
  }

  /** A receiver that the exchange could not tell was told by other means. */
  @Post('events/:id/recipients/handled')
  @HttpCode(200)
  handled(@Req() request: FastifyRequest, @Param('id') id: string): Promise<HandledResult> {
    const wish = keptDtoOf(HandledWish, request);
    return this.publisher.handled(principalOf(request), id, wish, request.headers.authorization ?? '');
  }

  @Get('subscriptions/:id/deliveries')
  deliveries(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    return forward(this.ledger, ['subscriptions', id, 'deliveries'], request, reply);
  }

  @Get('subscriptions/:id/deliveries/attempts')
  attempts(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    return forward(this.ledger, ['subscriptions', id, 'deliveries', 'attempts'], request, reply);
  }

  @Post('deliveries/query')
  query(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return forward(this.ledger, ['deliveries', 'query'], request, reply);
  }
}
