import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { decodeNats, Refusal, type CloudEvent } from '@signalbox/contracts';
import type { EngineReply, EngineRequest } from '@signalbox/messaging';
import { TokenVerifier, type Principal } from '@signalbox/registry';
import { parseTraceparent } from '@signalbox/runtime';
import { Acceptance } from '../../events/acceptance.js';
import { OFFER_LIMITS, type OfferLimits } from '../../events/events.controller.js';
import { problemOf } from '../../problems.js';

const PREFIX = 'publish.';

/**
 * The door for publishers that are on NATS: a request to `publish.<type>` with a CloudEvent in binary or structured
 * mode and the access token in the header `Authorization` is answered as `POST /events` answers, the status in the
 * header `status`.
 */
@Controller()
export class PublishController {
  constructor(
    @Inject(Acceptance) private readonly acceptance: Acceptance,
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(OFFER_LIMITS) private readonly limits: OfferLimits,
  ) {}

  @MessagePattern('publish.>')
  async publish(@Payload() request: EngineRequest): Promise<EngineReply> {
    try {
      const principal = await this.verifier.verify(header(request, 'authorization'));
      const event = await this.#decoded(principal, request);
      const links = [parseTraceparent(text(event, 'traceparent'))];
      const offer = { principal, event, payload: () => request.body, links, batched: true };
      return reply(202, 'application/json', await this.acceptance.take(offer));
    } catch (error) {
      const problem = problemOf(error);
      const { retryAfter } = problem.options;
      return reply(problem.status, 'application/problem+json', problem.toProblem(), retryAfter);
    }
  }

  async #decoded(principal: Principal, request: EngineRequest): Promise<CloudEvent> {
    try {
      if (request.body.length > this.limits.maxBodyBytes) throw new Refusal('SB-4130');
      const event = decodeNats(request.headers, request.body);
      if (event.attributes['type'] !== request.subject.slice(PREFIX.length)) {
        throw new Refusal('SB-2004', 'The type of the event is not the one that the subject names');
      }
      return event;
    } catch (error) {
      throw await this.acceptance.refuse({ principal, payload: () => request.body }, problemOf(error));
    }
  }
}

function header(request: EngineRequest, name: string): string | undefined {
  return request.headers.find(([candidate]) => candidate.toLowerCase() === name)?.[1];
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
