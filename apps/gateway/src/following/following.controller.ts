import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { forward } from './forwarding.js';
import { LedgerClient } from './ledger-client.js';

/** Where is it, who has it: the ledger's answer, passed through. */
@Controller()
export class FollowingController {
  constructor(@Inject(LedgerClient) private readonly ledger: LedgerClient) {}

  @Get('events/:id')
  event(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    return forward(this.ledger, ['events', id], request, reply);
  }

  @Get('journeys/:id')
  journey(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    return forward(this.ledger, ['journeys', id], request, reply);
  }
  @Get('reconciliation')
  reconciliation(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return forward(this.ledger, ['reconciliation'], request, reply);
  }

  @Get('statements/:date')
  statement(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('date') date: string): Promise<void> {
    return forward(this.ledger, ['statements', date], request, reply);
  }

  @Get('work-items')
  workItems(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return forward(this.ledger, ['work-items'], request, reply);
  }
}
