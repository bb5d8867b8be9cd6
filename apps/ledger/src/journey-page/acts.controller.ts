import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { holdsTenDigits, Refusal } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, Answers } from '../console/answers.js';
import { type Faults, type Form, formFrom, refuseFaults } from '../console/form.js';
import { type Known, requireRole } from '../console/viewers.js';
import { faultOfRemark } from '../disclosures/right-to-values.js';
import { Acting } from '../people/acting.js';
import type { Acts, Handleable } from './acts.js';
import { JourneyDesk } from './journey-desk.js';
import { Nudging } from './nudging.js';

/** What a dry run of a replay tells; only what is shown. */
interface Plan {
  readonly events: number;
  readonly bytes: number;
  readonly duplicates?: number;
  readonly gone?: number;
  readonly seconds: number;
  readonly rate: number;
}

type Query = Readonly<Record<string, string | undefined>>;

/** What people do about a journey. Each act says first what it will do; the gateway carries it out in their name. */
@Controller('journeys/:id')
export class JourneyActsController {
  constructor(
    private readonly desk: JourneyDesk,
    private readonly nudging: Nudging,
    private readonly acting: Acting,
    private readonly answers: Answers,
  ) {}

  @Get('nudge')
  askNudge(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#with(request, reply, async ({ journey, acts }) => {
      const again = await this.nudging.again(journey.journey);
      const json = { holders: acts.nudge, ...(again !== undefined && { again: again.toISOString() }) };
      const holders = acts.nudge.map((ods) => this.desk.organisation(ods));
      return { json, view: 'journey-nudge', model: { title: 'Nudge', journey, holders, again: again?.toISOString() } };
    });
  }

  @Post('nudge')
  @HttpCode(200)
  nudge(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#with(request, reply, async ({ known, journey, acts, stuck }) => {
      formFrom(request);
      await this.nudging.nudge(known, { journey, holders: acts.nudge, ...(stuck !== undefined && { stuck }) });
      return { json: { nudged: acts.nudge }, seeOther: pathOf(journey, 'nudged') };
    });
  }

  /** Without a subscription in the query, which ones there are; with one, what would be sent to it. */
  @Get('replay')
  askReplay(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#with(request, reply, async ({ known, journey, acts }) => {
      const { subscription } = request.query as Query;
      const repeat = acts.repeat.map((one) => ({ ...one, organisation: this.desk.organisation(one.org) }));
      const chosen = repeat.find((one) => one.subscription === (subscription ?? repeat[0]?.subscription));
      if (subscription !== undefined && chosen === undefined) throw new Refusal('SB-4040');
      const only = subscription !== undefined || repeat.length === 1 ? chosen : undefined;
      const plan = only && (await this.#replay<Plan>(known, only.subscription, journey.journey, { dryrun: true }));
      const json = {
        subscriptions: acts.repeat,
        ...(plan !== undefined && { subscription: only?.subscription, plan }),
      };
      return { json, view: 'journey-replay', model: { title: 'Send again', journey, repeat, chosen: only, plan } };
    });
  }

  @Post('replay')
  @HttpCode(200)
  replay(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#with(request, reply, async ({ known, journey, acts }) => {
      const subscription = formFrom(request).get('subscription');
      if (!acts.repeat.some((one) => one.subscription === subscription)) throw new Refusal('SB-4040');
      const replay = await this.#replay<object>(known, subscription ?? '', journey.journey, { dryrun: false });
      return { json: { replay }, seeOther: pathOf(journey, 'replayed') };
    });
  }

  @Get('handled')
  askHandled(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#with(request, reply, ({ journey, acts }) => {
      const one = handleableOf(acts, new Map(Object.entries(request.query as Record<string, string>)));
      return Promise.resolve(this.#handledForm(journey, one, {}));
    });
  }

  @Post('handled')
  @HttpCode(200)
  handled(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#with(request, reply, async ({ known, journey, acts }) => {
      const form = formFrom(request);
      const one = handleableOf(acts, form);
      const [who, note] = [form.get('who')?.trim() ?? '', form.get('note')?.trim() ?? ''];
      const faults = faultsOf(who, note);
      if (Object.keys(faults).length > 0) {
        refuseFaults(request, faults);
        return this.#handledForm(journey, one, faults);
      }
      const json = await this.#handle(known, one, who, note);
      return { json, seeOther: pathOf(journey, 'handled') };
    });
  }

  #handledForm(journey: object, one: Handleable, faults: Faults): Answer {
    const isFaulty = Object.keys(faults).length > 0;
    const receiver = this.desk.organisation(one.org);
    const model = { title: 'Mark handled outside', journey, one, receiver, faults, isFaulty };
    return { json: { delivery: one, ...(isFaulty && { faults }) }, view: 'journey-handled', model };
  }

  #replay<T>(known: Known, subscription: string, journey: string, more: object): Promise<T> {
    const path = `/subscriptions/${encodeURIComponent(subscription)}/replay`;
    return this.acting.call<T>(known, 'POST', path, { from: { journey }, ...more });
  }

  #handle(known: Known, { event, org, side, subscription }: Handleable, who: string, note: string): Promise<object> {
    const { id, source } = event;
    if (side === 'publisher') {
      const path = `/events/${encodeURIComponent(id)}/recipients/handled`;
      return this.acting.call<object>(known, 'POST', path, { source, org, who, note, dryrun: false });
    }
    const path = `/subscriptions/${encodeURIComponent(subscription ?? '')}/parked/handled`;
    const selection = { events: [{ source, id }] };
    return this.acting.call<object>(known, 'POST', path, { selection, to: who, note, dryrun: false });
  }

  #with(
    request: FastifyRequest,
    reply: FastifyReply,
    work: (about: Awaited<ReturnType<JourneyDesk['about']>> & { known: Known }) => Promise<Answer>,
  ): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const { id } = request.params as { id: string };
      // What is not one's own is not found, whatever one's role.
      const about = await this.desk.about(known, id);
      requireRole(known, 'operator');
      return work({ ...about, known });
    });
  }
}

/** The delivery that a form or a query names. @throws Refusal SB-4040 when there is none that this person may close */
function handleableOf({ handle }: Acts, form: Form): Handleable {
  const found = handle.find(
    (one) =>
      one.event.id === form.get('event') &&
      one.event.source === form.get('source') &&
      one.org === form.get('org') &&
      (one.subscription ?? '') === (form.get('subscription') ?? ''),
  );
  if (found === undefined) throw new Refusal('SB-4040', 'Nothing of this journey waits there for you any more');
  return found;
}

function faultsOf(who: string, note: string): Faults {
  const faultOfNote = faultOfRemark(note);
  const faultOfWho = who === '' ? 'Say who handled it: a name or a mailbox' : faultOfName(who);
  return { ...(faultOfWho && { who: faultOfWho }), ...(faultOfNote && { note: faultOfNote }) };
}

const LONGEST_NAME = 200;

function faultOfName(who: string): string | undefined {
  return who.length > LONGEST_NAME ? `Use no more than ${String(LONGEST_NAME)} characters` : longNumber(who);
}

function longNumber(who: string): string | undefined {
  return holdsTenDigits(who) ? 'Leave out numbers of ten digits or more' : undefined;
}

function pathOf({ journey }: { readonly journey: string }, done: string): string {
  return `/journeys/${encodeURIComponent(journey)}?done=${done}`;
}
