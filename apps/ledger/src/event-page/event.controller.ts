import { Controller, Get, Req, Res } from '@nestjs/common';
import { PROBLEMS, type ProblemCode } from '@signalbox/contracts';
import { isPersonId } from '@signalbox/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, Answers } from '../console/answers.js';
import type { Known } from '../console/viewers.js';
import { formOf } from '../console/negotiation.js';
import { eventMoments } from '../console/timeline.js';
import { type AcceptedEventView, type EventInJourney, Journeys, type RefusedEventView } from '../journeys/journeys.js';
import { deliveryHistories } from './attempts.js';
import { attributeRows } from './event-rows.js';
import { lineageOf } from './lineage.js';
import { type PayloadAnswer, Payloads } from './payloads.js';

/** The content as the page tells it; `unreadable`: the engine does not answer now. */
type Shown = PayloadAnswer | { readonly kind: 'unreadable' };

/** One event, as a page and as JSON. */
@Controller()
export class EventController {
  constructor(
    private readonly journeys: Journeys,
    private readonly payloads: Payloads,
    private readonly answers: Answers,
  ) {}

  @Get('events/:id')
  event(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const { id } = request.params as { id: string };
      const { source, payload: wanted } = request.query as { source?: string; payload?: string };
      const found = await this.journeys.eventInJourney(known.viewer, id, source);
      // A program that follows an event asks again and again: it gets the tree when it asks for it.
      const isPage = formOf(request) === 'html';
      const payload = isPage || wanted === 'tree' ? await this.#payload(found.event) : undefined;
      return eventAnswer(found, payload, known);
    });
  }

  async #payload(event: AcceptedEventView | RefusedEventView): Promise<Shown | undefined> {
    if (event.state === 'refused') return undefined;
    // The rest of the page needs no engine.
    return this.payloads.redacted(event).catch(() => ({ kind: 'unreadable' as const }));
  }
}

function eventAnswer({ event, journey }: EventInJourney, payload: Shown | undefined, known: Known): Answer {
  const refusals = event.refusals.map((refusal) => ({ ...refusal, ...wordsOf(refusal.code) }));
  const accepted = event.state === 'accepted';
  const lineage = accepted ? lineageOf(event, journey?.events ?? []) : undefined;
  const model = {
    title: accepted ? event.title : 'Refused event',
    event: { ...event, refusals },
    attributes: attributeRows(event),
    lineage,
    histories: accepted ? deliveryHistories(event) : [],
    moments: accepted ? eventMoments({ ...event, steps: event.steps.filter(({ org }) => org === undefined) }) : [],
    payload,
    showvalues: accepted && mayAsk(known) ? valuesPath(event) : undefined,
  };
  const json = { ...event, ...(lineage !== undefined && { lineage }), ...(payload !== undefined && { payload }) };
  return { json, view: 'event', model };
}

/** Whether it is worth asking for the values; what stands in the way is said there. */
function mayAsk({ application, roles }: Known): boolean {
  return isPersonId(application) && (roles.has('information-governance') || roles.has('operator'));
}

function valuesPath({ id, source }: AcceptedEventView): string {
  return `/events/${encodeURIComponent(id)}/show-values?source=${encodeURIComponent(source)}`;
}

/** What a refusal means, and what to do about it. */
function wordsOf(code: string): { readonly title: string; readonly advice?: string } {
  if (!(code in PROBLEMS)) return { title: 'refused' };
  const { title, advice } = PROBLEMS[code as ProblemCode];
  return { title, advice };
}
