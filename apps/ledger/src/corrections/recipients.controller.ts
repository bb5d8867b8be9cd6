import { Controller, Get, Req } from '@nestjs/common';
import { type Recipients as Told, Refusal } from '@signalbox/contracts';
import type { FastifyRequest } from 'fastify';
import { Viewers } from '../console/viewers.js';
import { Recipients } from './recipients.js';

/** Who received an event: for its publisher and the operator. JSON only. */
@Controller()
export class RecipientsController {
  constructor(
    private readonly recipients: Recipients,
    private readonly viewers: Viewers,
  ) {}

  @Get('events/:id/recipients')
  async of(@Req() request: FastifyRequest): Promise<Told> {
    const { viewer } = await this.viewers.of(request);
    const { id } = request.params as { id: string };
    const { source } = request.query as { source?: string | string[] };
    if (Array.isArray(source)) throw new Refusal('SB-4000', 'Name one source');
    return this.recipients.of(viewer, id, source);
  }
}
