import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answers } from '../console/answers.js';
import { VisibleSpans } from '../console/visible-spans.js';
import { Journeys } from '../journeys/journeys.js';
import { journeyModel } from './journey-page.js';

/** What of the registry the page needs: what organisations are called. */
export class Names {
  constructor(readonly of: (ods: string) => string | undefined) {}
}

/** One journey, as a page and as JSON. */
@Controller()
export class JourneyController {
  constructor(
    private readonly journeys: Journeys,
    private readonly spans: VisibleSpans,
    private readonly answers: Answers,
    private readonly names: Names,
  ) {}

  @Get('journeys/:id')
  journey(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const { id } = request.params as { id: string };
      const journey = await this.journeys.journey(known.viewer, id);
      const spans = await this.spans.of(known.viewer, journey);
      const model = journeyModel(journey, spans, this.names.of, new Date());
      return { json: { ...journey, spans }, view: 'journey', model };
    });
  }
}
