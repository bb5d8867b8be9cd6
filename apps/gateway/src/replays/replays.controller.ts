import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalOf } from '../http/authentication.js';
import { dtoOf } from '../http/json-body.js';
import { ReplayDesk, type ReplayView } from './replay-desk.js';
import { ReplayWish, SeekWish } from './replay.dto.js';
import { Seeking, type Sought } from './seeking.js';

/** Having events sent again, and moving a subscription to another place. Both say first what they would do. */
@Controller('subscriptions/:id')
export class ReplaysController {
  constructor(
    @Inject(ReplayDesk) private readonly replays: ReplayDesk,
    @Inject(Seeking) private readonly seeking: Seeking,
  ) {}

  @Post('replay')
  async replay(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    const principal = principalOf(request);
    const wish = dtoOf(ReplayWish, request);
    const { authorization = '' } = request.headers;
    if (wish.dryrun ?? true) {
      reply.code(200).send(await this.replays.plan(principal, id, wish, authorization));
      return;
    }
    const started = await this.replays.start(principal, id, wish, authorization);
    reply.code(202).header('location', `/subscriptions/${id}/replays/${started.id}`).send(started);
  }

  @Get('replays')
  list(@Req() request: FastifyRequest, @Param('id') id: string): { items: ReplayView[] } {
    return { items: this.replays.list(principalOf(request), id) };
  }

  @Get('replays/:replay')
  get(@Req() request: FastifyRequest, @Param('id') id: string, @Param('replay') replay: string): ReplayView {
    return this.replays.get(principalOf(request), id, replay);
  }

  @Delete('replays/:replay')
  @HttpCode(204)
  async cancel(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Param('replay') replay: string,
  ): Promise<void> {
    await this.replays.cancel(principalOf(request), id, replay);
  }

  @Post('seek')
  @HttpCode(200)
  seek(@Req() request: FastifyRequest, @Param('id') id: string): Promise<Sought> {
    return this.seeking.seek(principalOf(request), id, dtoOf(SeekWish, request));
  }
}
