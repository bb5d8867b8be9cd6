import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** The board. */
@Controller()
export class BoardController {
  @Get()
  home(@Res() reply: FastifyReply): void {
    reply.redirect('/journeys', 303);
  }
}
