import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { Refusal } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, Answers } from '../console/answers.js';
import { type Faults, formFrom, refuseFaults } from '../console/form.js';
import { formOf } from '../console/negotiation.js';
import { eventPath } from '../console/pages.js';
import type { Known } from '../console/viewers.js';
import { Payloads } from '../event-page/payloads.js';
import { type AcceptedEventView, Journeys } from '../journeys/journeys.js';
import { Disclosures } from './disclosures.js';
import { isDisclosureReason, REASONS } from './reasons.js';
import { faultOfRemark } from './right-to-values.js';

const CHOOSE = 'Choose a reason from the list';

/** Breaking the glass for one event: the reason, the values while they are shown, and their end. */
@Controller()
export class ValuesController {
  constructor(
    private readonly journeys: Journeys,
    private readonly disclosures: Disclosures,
    private readonly payloads: Payloads,
    private readonly answers: Answers,
  ) {}

  @Get('events/:id/show-values')
  ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const event = await this.#event(known, request);
      const running = await this.disclosures.running(known, event);
      if (running !== undefined) return { json: { disclosure: running }, seeOther: valuesPath(event) };
      return this.#form(known, event);
    });
  }

  @Post('events/:id/show-values')
  @HttpCode(200)
  open(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const form = formFrom(request);
      const event = await this.#event(known, request);
      const obstacle = this.disclosures.obstacle(known, event);
      if (obstacle !== undefined) throw new Refusal('SB-3005', obstacle);
      const [reason, text] = [form.get('reason'), form.get('text') ?? ''];
      const faultOfText = faultOfRemark(text);
      if (!isDisclosureReason(reason) || faultOfText !== undefined) {
        const faults = {
          ...(!isDisclosureReason(reason) && { reason: CHOOSE }),
          ...(faultOfText && { text: faultOfText }),
        };
        refuseFaults(request, faults);
        return this.#form(known, event, faults, isDisclosureReason(reason) ? reason : undefined);
      }
      const disclosure = await this.disclosures.open(known, event, { reason, text });
      return { json: { disclosure }, seeOther: valuesPath(event) };
    });
  }

  @Get('events/:id/values')
  values(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const event = await this.#event(known, request);
      // A program is refused below; a person is asked why.
      if (formOf(request) === 'html' && (await this.disclosures.running(known, event)) === undefined)
        return { json: {}, seeOther: valuesPath(event, 'show-values') };
      const disclosure = await this.disclosures.view(known, event);
      const payload = await this.payloads.open(event);
      const left = Math.max(1, Math.ceil((Date.parse(disclosure.until) - Date.now()) / 1_000));
      return {
        json: { disclosure, payload },
        view: 'values',
        model: { title: 'Values of an event', event, disclosure, payload },
        // Kept nowhere, and gone from the screen when its time is over, without any script.
        headers: { 'cache-control': 'no-store', refresh: `${String(left)}; url=${eventPath(event)}` },
      };
    });
  }

  @Post('disclosures/:id/end')
  @HttpCode(200)
  end(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      formFrom(request);
      const { id } = request.params as { id: string };
      const disclosure = await this.disclosures.end(known, id);
      const { eventid, source } = disclosure;
      return { json: { disclosure }, seeOther: eventPath({ id: eventid, source }) };
    });
  }

  #form(known: Known, event: AcceptedEventView, faults: Faults = {}, chosen?: string): Answer {
    const obstacle = this.disclosures.obstacle(known, event);
    const reasons = Object.entries(REASONS).map(([value, text]) => ({ value, text, checked: value === chosen }));
    const isFaulty = Object.keys(faults).length > 0;
    return {
      json: { reasons: REASONS, ...(obstacle !== undefined && { obstacle }), ...(isFaulty && { faults }) },
      view: 'show-values',
      model: { title: 'Show values', event, reasons, obstacle, faults, isFaulty, minutes: this.disclosures.minutes },
    };
  }

  /** @throws Refusal SB-4040 for what is not the viewer's, and for what was never accepted */
  async #event({ viewer }: Known, request: FastifyRequest): Promise<AcceptedEventView> {
    const { id } = request.params as { id: string };
    const { source } = request.query as { source?: string };
    const event = await this.journeys.event(viewer, id, source);
    if (event.state === 'refused') throw new Refusal('SB-4040', 'The event was refused: the exchange does not keep it');
    return event;
  }
}

function valuesPath({ id, source }: AcceptedEventView, page: 'values' | 'show-values' = 'values'): string {
  return `/events/${encodeURIComponent(id)}/${page}?source=${encodeURIComponent(source)}`;
}
