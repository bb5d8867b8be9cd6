import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalOf } from '../http/authentication.js';
import { SubscriptionDesk } from './desk.js';
import { fetchable } from './fetchable.js';
import { Streaming } from './streaming.js';

/** `/subscriptions/{id}/stream`: the events of a fetched subscription as they come. */
@Controller('subscriptions')
export class StreamController {
  constructor(
    @Inject(SubscriptionDesk) private readonly desk: SubscriptionDesk,
    @Inject(Streaming) private readonly streaming: Streaming,
  ) {}

  @Get(':id/stream')
  async stream(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    const principal = principalOf(request);
    const subscription = fetchable(this.desk.get(principal, id));
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const events = await this.streaming.open(subscription, principal, lastEventIdOf(request), gone.signal);
    // Proxies that gather answers would hold back every event; and a connection that had a stream is of no further use.
    const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no', connection: 'close' };
    reply.code(200).headers(headers).send(events);
  }
}

/** A reader that has not seen any event sends none, or an empty one. */
function lastEventIdOf({ headers }: FastifyRequest): string | undefined {
  const sent = headers['last-event-id'];
  const id = Array.isArray(sent) ? sent.at(-1) : sent;
  return id === '' ? undefined : id;
}
