import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LedgerClient } from './ledger-client.js';

const PASSED_ON = ['content-type', 'etag', 'cache-control', 'retry-after', 'link'] as const;

/** Where is it, who has it: the ledger's answer, passed through. */
@Controller()
export class FollowingController {
  constructor(@Inject(LedgerClient) private readonly ledger: LedgerClient) {}

  @Get('events/:id')
  event(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#forward(request, reply);
  }

  @Get('journeys/:id')
  journey(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#forward(request, reply);
  }

  async #forward(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { authorization = '', accept } = request.headers;
    const answer = await this.ledger.get(request.url, authorization, accept);
    for (const name of PASSED_ON) {
      const value = answer.headers.get(name);
      if (value !== null) reply.header(name, value);
    }
    reply.code(answer.status).send(answer.body);
  }
}
