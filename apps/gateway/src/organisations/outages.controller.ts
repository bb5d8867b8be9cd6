import { Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { Outage } from '@signalbox/registry';
import type { FastifyRequest } from 'fastify';
import { principalOf } from '../http/authentication.js';
import { keptDtoOf } from '../http/json-body.js';
import { OutageDesk } from './outage-desk.js';
import { NewOutage } from './outage.dto.js';

/** `/organisations/{ods}/outages`: an organisation says that its events stay away, and that it is back. */
@Controller('organisations/:ods/outages')
export class OutagesController {
  constructor(@Inject(OutageDesk) private readonly desk: OutageDesk) {}

  @Post()
  @HttpCode(201)
  declare(@Req() request: FastifyRequest, @Param('ods') ods: string): Promise<Outage> {
    return this.desk.declare(principalOf(request), ods, keptDtoOf(NewOutage, request));
  }

  @Get()
  list(@Req() request: FastifyRequest, @Param('ods') ods: string): { items: Outage[] } {
    return { items: this.desk.list(principalOf(request), ods) };
  }

  @Post(':id/end')
  @HttpCode(200)
  end(@Req() request: FastifyRequest, @Param('ods') ods: string, @Param('id') id: string): Promise<Outage> {
    return this.desk.end(principalOf(request), ods, id);
  }
}
