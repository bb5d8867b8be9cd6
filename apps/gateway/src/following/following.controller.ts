import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { Refusal } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LedgerClient } from './ledger-client.js';

const PASSED_ON = ['content-type', 'etag', 'cache-control', 'retry-after', 'link'] as const;

/** Where is it, who has it: the ledger's answer, passed through. */
@Controller()
export class FollowingController {
  constructor(@Inject(LedgerClient) private readonly ledger: LedgerClient) {}

  @Get('events/:id')
  event(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    return this.#forward('events', id, request, reply);
  }

  @Get('journeys/:id')
  journey(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    return this.#forward('journeys', id, request, reply);
  }

  async #forward(what: string, id: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // A URL takes these for steps through folders, escaped or not: they must not lead to other calls of the ledger.
    if (id === '.' || id === '..') throw new Refusal('SB-4040');
    const { authorization = '', accept } = request.headers;
    const query = /\?[^#]*/.exec(request.url)?.[0] ?? '';
    const answer = await this.ledger.get(`/${what}/${encodeURIComponent(id)}${query}`, authorization, accept);
    for (const name of PASSED_ON) {
      const value = answer.headers.get(name);
      if (value !== null) reply.header(name, value);
    }
    reply.code(answer.status).send(answer.body);
  }
}
