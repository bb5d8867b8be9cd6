import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type Accepted, type CloudEvent, decodeNats, Refusal } from '@signalbox/contracts';
import type { EngineReply, EngineRequest } from '@signalbox/messaging';
import { Registry, type Actor } from '@signalbox/registry';
import { parseTraceparent } from '@signalbox/runtime';
import { Acceptance } from '../../events/acceptance.js';
import { OFFER_LIMITS, type OfferLimits } from '../../events/events.controller.js';
import { problemOf } from '../../problems.js';
import { addressOf, senderOf, type Addressed } from './sender.js';
import { Turnstile, TURNSTILE_LIMITS, type TurnstileLimits } from './turnstile.js';

/** Stands for the application in the record of a refusal while it is not known which one it was. */
const SOME_APPLICATION = '*';

/**
 * The door for organisations that speak NATS: a request to `publish.<type>` in an organisation's own account, with a
 * CloudEvent in binary or structured mode, is answered as `POST /events` answers, the status in the header `status`. It
 * arrives as `publish.<ODS>.<type>`, the code set by the server from the account, and no user of the house may publish
 * there: that is all the proof of origin there is, and it needs no token.
 */
@Controller()
export class PublishController {
  readonly #turnstile: Turnstile;

  constructor(
    @Inject(Acceptance) private readonly acceptance: Acceptance,
    @Inject(Registry) private readonly registry: Registry,
    @Inject(OFFER_LIMITS) private readonly limits: OfferLimits,
    @Inject(TURNSTILE_LIMITS) private readonly turns: TurnstileLimits,
  ) {
    this.#turnstile = new Turnstile(turns);
  }

  @MessagePattern('publish.>')
  async publish(@Payload() request: EngineRequest): Promise<EngineReply> {
    try {
      return reply(202, 'application/json', await this.#inTurn(request));
    } catch (error) {
      const problem = problemOf(error);
      const { retryAfter } = problem.options;
      return reply(problem.status, 'application/problem+json', problem.toProblem(), retryAfter);
    }
  }

  async #inTurn(request: EngineRequest): Promise<Accepted> {
    const address = addressOf(request.subject);
    const turn = this.#turnstile.enter(address.ods);
    if (turn === undefined) {
      await delay(this.turns.refusalMs);
      throw new Refusal('SB-4290', 'The organisation has too many requests under way', { retryAfter: 1 });
    }
    const leave = await turn;
    try {
      return await this.#take(address, request);
    } finally {
      leave();
    }
  }

  async #take({ ods, type }: Addressed, request: EngineRequest): Promise<Accepted> {
    const payload = () => request.body;
    let principal: Actor = { ods, application: SOME_APPLICATION };
    let event: CloudEvent | undefined;
    try {
      if (request.body.length > this.limits.maxBodyBytes) throw new Refusal('SB-4130');
      event = decodeNats(request.headers, request.body, this.limits);
      principal = senderOf(ods, event, this.registry);
      if (event.attributes['type'] !== type) {
        throw new Refusal('SB-2004', 'The type of the event is not the one that the subject names');
      }
    } catch (error) {
      throw await this.acceptance.refuse({ principal, payload, ...(event && { event }) }, problemOf(error));
    }
    const links = [parseTraceparent(text(event, 'traceparent'))];
    return this.acceptance.take({ principal, event, payload, links, batched: true });
  }
}

function text(event: CloudEvent, name: string): string | undefined {
  const value = event.attributes[name];
  return typeof value === 'string' ? value : undefined;
}

function reply(status: number, contentType: string, body: object, retryAfter?: number): EngineReply {
  const headers = { status: String(status), 'content-type': contentType };
  return {
    headers: retryAfter === undefined ? headers : { ...headers, 'retry-after': String(retryAfter) },
    body: Buffer.from(JSON.stringify(body)),
  };
}
