import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { PROBLEMS, type ProblemCode, Refusal } from '@signalbox/contracts';
import { parseBody } from '@signalbox/runtime';
import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AcceptedEventView, Journeys, type RefusedEventView } from '../journeys/journeys.js';
import type { Cursor } from '../journeys/queries.js';
import type { SpanFact } from '../spans/otlp.js';
import { waterfallsOf } from '../spans/waterfall.js';
import { type Answer, Answers } from './answers.js';
import { attributeRows, deliveryRows } from './event-rows.js';
import { eventMoments, timelineOf } from './timeline.js';
import { type Known, refuseForeignForm } from './viewers.js';
import { VisibleSpans } from './visible-spans.js';

/** What somebody looks for. It may be a patient's identifier, so it travels in a body and never in a URL. */
export class FindBody {
  @IsString()
  @MinLength(1)
  @MaxLength(1_024)
  readonly value!: string;

  @IsOptional()
  @IsString()
  @MaxLength(100)
  readonly name?: string;

  @IsOptional()
  @IsString()
  @MaxLength(500)
  readonly system?: string;
}

/** How many journeys a page holds. */
export class PageSize {
  constructor(readonly journeys: number) {}
}

/** Journeys and events, as pages and as JSON at the same paths. */
@Controller()
export class JourneysController {
  constructor(
    private readonly journeys: Journeys,
    private readonly spans: VisibleSpans,
    private readonly answers: Answers,
    private readonly pageSize: PageSize,
  ) {}

  @Get()
  home(@Res() reply: FastifyReply): void {
    reply.redirect('/journeys', 303);
  }

  @Get('journeys')
  recent(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const { after } = request.query as { after?: string };
      const { journeys, next } = await this.journeys.recent(viewer, this.pageSize.journeys, cursorOf(after));
      const cursor = next === undefined ? {} : { next: textOf(next) };
      return {
        json: { journeys, ...cursor },
        view: 'journeys',
        model: { title: 'Recent journeys', page: { journeys }, later: after !== undefined, ...cursor },
      };
    });
  }

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

  @Get('find')
  ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const model = { title: 'Find a journey', asked: false, journeys: [] };
    return this.answers.known(request, reply, () => Promise.resolve({ json: { journeys: [] }, view: 'found', model }));
  }

  @Post('find')
  @HttpCode(200)
  find(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, (known) => this.#find(request, known));
  }

  async #find(request: FastifyRequest, { viewer }: Known): Promise<Answer> {
    if (request.headers.authorization === undefined) refuseForeignForm(request);
    const question = questionOf(request);
    const journeys = question === undefined ? [] : await this.journeys.find(viewer, question);
    const only = journeys.length === 1 ? journeys[0] : undefined;
    if (only !== undefined) return { json: { journeys }, seeOther: `/journeys/${encodeURIComponent(only.journey)}` };
    const model = { title: 'Find a journey', asked: question !== undefined, journeys };
    return { json: { journeys }, view: 'found', model };
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

/** @throws Refusal SB-4000 */
function questionOf(request: FastifyRequest): FindBody | undefined {
  const body = request.body as Buffer | undefined;
  if (request.headers['content-type']?.startsWith('application/json') === true) {
    return parseBody(FindBody, body, (findings) => new Refusal('SB-4000', undefined, { findings }));
  }
  const value = new URLSearchParams(body?.toString() ?? '').get('value')?.trim() ?? '';
  return value === '' ? undefined : { value: value.slice(0, 1_024) };
}

function textOf(cursor: Cursor): string {
  return Buffer.from(JSON.stringify([cursor.updated, cursor.journey])).toString('base64url');
}

/** @throws Refusal SB-4000 */
function cursorOf(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  try {
    const [updated, journey] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    if (typeof updated === 'string' && typeof journey === 'string') {
      return { updated: new Date(updated).toISOString(), journey };
    }
  } catch {
    // Told below, like a cursor of another shape.
  }
  throw new Refusal('SB-4000', 'The cursor in ?after= is not one that this list gave out');
}
