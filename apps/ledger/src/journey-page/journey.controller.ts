import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answers } from '../console/answers.js';
import { VisibleSpans } from '../console/visible-spans.js';
import { JourneyDesk } from './journey-desk.js';
import { journeyModel } from './journey-page.js';

/** What the address says was done, for the page to confirm. */
const DONE: ReadonlySet<string> = new Set(['nudged', 'replayed', 'handled']);

/** One journey, as a page and as JSON. */
@Controller()
export class JourneyController {
  constructor(
    private readonly desk: JourneyDesk,
    private readonly spans: VisibleSpans,
    private readonly answers: Answers,
  ) {}

  @Get('journeys/:id')
  journey(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const { id } = request.params as { id: string };
      const { done: said = '' } = request.query as { done?: string };
      const done = DONE.has(said) ? said : undefined;
      const { journey, still, acts } = await this.desk.about(known, id);
      const spans = await this.spans.of(known.viewer, journey);
      const nameOf = (ods: string) => this.desk.organisation(ods).name;
      const outages = this.desk.outagesOf(known, journey);
      const model = { ...journeyModel(journey, spans, nameOf, new Date()), still, acts, done, outages };
      return { json: { ...journey, spans }, view: 'journey', model };
    });
  }
}
