import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import {
  type Accepted,
  type BatchItem,
  type CloudEvent,
  decodeBatch,
  decodeHttp,
  type DecodeLimits,
  encodeStructured,
  httpMode,
  type ProblemDetails,
  Refusal,
  type Verdict,
} from '@signalbox/contracts';
import type { Principal } from '@signalbox/registry';
import { parseTraceparent, traceIdOf, type SpanContext } from '@signalbox/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bodyOf, principalOf } from '../http/authentication.js';
import { problemOf } from '../problems.js';
import { Acceptance } from './acceptance.js';

/** How large what is offered may be: one event, and a batch of them. */
export interface OfferLimits extends DecodeLimits {
  readonly batchBytes: number;
  readonly batchEvents: number;
}
export const OFFER_LIMITS = Symbol('OFFER_LIMITS');

type BatchAnswer = (Accepted & { readonly status: 202 }) | ProblemDetails;

/** `POST /events`: the door for CloudEvents over HTTP. */
@Controller('events')
export class EventsController {
  constructor(
    @Inject(Acceptance) private readonly acceptance: Acceptance,
    @Inject(OFFER_LIMITS) private readonly limits: OfferLimits,
  ) {}

  @Post()
  async publish(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const mode = await this.#read(request, () => httpMode(request.headers));
    if (mode === 'batch') {
      reply.code(200).send({ items: await this.#takeAll(request) });
      return;
    }
    const payload = bodyOf(request);
    const principal = principalOf(request);
    const event = await this.#read(request, () => decodeHttp(request.headers, payload, this.limits));
    const links = linksOf(request, event);
    reply.code(202).send(await this.acceptance.take({ principal, event, payload: () => payload, links }));
  }

  @Post('validate')
  validate(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    if (httpMode(request.headers) !== 'batch') {
      const event = decodeHttp(request.headers, bodyOf(request), this.limits);
      reply.code(200).send(this.acceptance.validate(event));
      return;
    }
    reply.code(200).send({ items: this.#items(request).map((item) => this.#verdict(item)) });
  }

  #verdict(item: BatchItem): Verdict {
    if (item.event) return this.acceptance.validate(item.event);
    return { valid: false, code: item.refusal.code, findings: item.refusal.findings };
  }

  /** Reads what was sent; what cannot be read is a refusal with a record like any other. */
  async #read<T>(request: FastifyRequest, read: () => T): Promise<T> {
    try {
      return read();
    } catch (error) {
      const refused = { principal: principalOf(request), payload: () => bodyOf(request) };
      throw await this.acceptance.refuse(refused, problemOf(error), traceIdOf(request));
    }
  }

  #items(request: FastifyRequest): BatchItem[] {
    const { batchBytes, batchEvents } = this.limits;
    const items = decodeBatch(request.headers, bodyOf(request), { ...this.limits, maxBodyBytes: batchBytes });
    if (items.length > batchEvents) {
      throw new Refusal('SB-4130', `The batch holds more than ${String(batchEvents)} events`);
    }
    return items.map((item) => (isTooLarge(item, this.limits) ? { refusal: new Refusal('SB-4130') } : item));
  }

  async #takeAll(request: FastifyRequest): Promise<BatchAnswer[]> {
    const items = await this.#read(request, () => this.#items(request));
    const principal = principalOf(request);
    return Promise.all(items.map((item) => this.#takeOne(request, principal, item)));
  }

  async #takeOne(request: FastifyRequest, principal: Principal, item: BatchItem): Promise<BatchAnswer> {
    try {
      if (item.refusal) {
        const refused = { principal, payload: () => new Uint8Array() };
        throw await this.acceptance.refuse(refused, item.refusal, traceIdOf(request));
      }
      const { event } = item;
      const offer = {
        principal,
        event,
        payload: () => encodeStructured(event),
        links: linksOf(request, event),
        batched: true,
      };
      return { status: 202, ...(await this.acceptance.take(offer)) };
    } catch (error) {
      return problemOf(error).toProblem(traceIdOf(request));
    }
  }
}

function isTooLarge(item: BatchItem, limits: OfferLimits): boolean {
  return (
    item.event !== undefined && item.event.data.kind !== 'absent' && item.event.data.bytes.length > limits.maxBodyBytes
  );
}

/** The sender's contexts: of the event itself, and of the request that carried it; never with its `tracestate`. */
function linksOf(request: FastifyRequest, event: CloudEvent): (SpanContext | undefined)[] {
  const { traceparent } = event.attributes;
  const sent = request.headers['traceparent'];
  return [
    typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined,
    typeof sent === 'string' && sent !== traceparent ? parseTraceparent(sent) : undefined,
  ];
}
