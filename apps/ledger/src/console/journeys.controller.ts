import { Controller, Get, Req, Res } from '@nestjs/common';
import { PROBLEMS, type ProblemCode } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AcceptedEventView, Journeys, type RefusedEventView } from '../journeys/journeys.js';
import type { SpanFact } from '../spans/otlp.js';
import { waterfallsOf } from '../spans/waterfall.js';
import { type Answer, Answers } from './answers.js';
import { attributeRows, deliveryRows } from './event-rows.js';
import { eventMoments, timelineOf } from './timeline.js';
import { VisibleSpans } from './visible-spans.js';

/** Journeys and events, as pages and as JSON at the same paths. */
@Controller()
export class JourneysController {
  constructor(
    private readonly journeys: Journeys,
    private readonly spans: VisibleSpans,
    private readonly answers: Answers,
  ) {}

  @Get('journeys/:id')
  journey(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const { id } = request.params as { id: string };
      const journey = await this.journeys.journey(known.viewer, id);
      const spans = await this.spans.of(known.viewer, journey);
      return journeyAnswer(journey, spans);
    });
  }

  @Get('events/:id')
  event(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const { id } = request.params as { id: string };
      const { source } = request.query as { source?: string };
      return eventAnswer(await this.journeys.event(known.viewer, id, source));
    });
  }
}

type JourneyOf = Awaited<ReturnType<Journeys['journey']>>;

function journeyAnswer(journey: JourneyOf, spans: readonly SpanFact[]): Answer {
  const model = {
    // The page's title stands in histories and tabs: an id of ours and nothing else.
    title: `Journey ${journey.journey.slice(0, 8)}`,
    journey,
    lanes: journey.organisations.slice(0, 4),
    timeline: timelineOf(journey, new Date()),
    waterfalls: waterfallsOf(spans),
  };
  return { json: { ...journey, spans }, view: 'journey', model };
}

function eventAnswer(event: AcceptedEventView | RefusedEventView): Answer {
  const refusals = event.refusals.map((refusal) => ({ ...refusal, title: titleOf(refusal.code) }));
  const accepted = event.state === 'accepted';
  const model = {
    title: accepted ? event.title : 'Refused event',
    event: { ...event, refusals },
    attributes: attributeRows(event),
    deliveries: accepted ? deliveryRows(event.deliveries) : [],
    moments: accepted ? eventMoments(event) : [],
  };
  return { json: event, view: 'event', model };
}

function titleOf(code: string): string {
  return code in PROBLEMS ? PROBLEMS[code as ProblemCode].title : 'refused';
}
