import { Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Req, Res } from '@nestjs/common';
import { BATCH_MEDIA_TYPE, encodeBatch, encodeStructured, Refusal } from '@signalbox/contracts';
import type { Subscription } from '@signalbox/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalOf } from '../http/authentication.js';
import { dtoOf, keptDtoOf } from '../http/json-body.js';
import { HealthDesk } from '../subscription-care/health.js';
import { Acknowledging } from './acknowledging.js';
import { SubscriptionDesk } from './desk.js';
import { fetchable } from './fetchable.js';
import { Pulling, type Pulled } from './pulling.js';
import { Acknowledgement, NewSubscription, PullRequest, SubscriptionChange } from './subscription.dto.js';

export const PULL_WAIT_MAX_MS = Symbol('PULL_WAIT_MAX_MS');

const DEFAULT_LIMIT = 100;
const REVISION = /^"(\d+)"$/;

/** `/subscriptions`: what an organisation asks to receive, and the fetching of it. */
@Controller('subscriptions')
export class SubscriptionsController {
  constructor(
    @Inject(SubscriptionDesk) private readonly desk: SubscriptionDesk,
    @Inject(Pulling) private readonly pulling: Pulling,
    @Inject(Acknowledging) private readonly acknowledging: Acknowledging,
    @Inject(HealthDesk) private readonly healthDesk: HealthDesk,
    @Inject(PULL_WAIT_MAX_MS) private readonly waitMaxMs: number,
  ) {}

  @Post()
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const made = await this.desk.create(principalOf(request), keptDtoOf(NewSubscription, request));
    const shown = { ...view(made), ...(made.sinksecrets.length > 0 && { sinksecrets: made.sinksecrets }) };
    reply.code(201).header('location', `/subscriptions/${made.id}`).header('etag', etagOf(made)).send(shown);
  }

  @Get()
  async list(@Req() request: FastifyRequest): Promise<{ items: object[] }> {
    return { items: await Promise.all(this.desk.list(principalOf(request)).map((one) => this.#warned(one))) };
  }

  @Get(':id')
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    const subscription = this.desk.get(principalOf(request), id);
    reply
      .code(200)
      .header('etag', etagOf(subscription))
      .send(await this.#warned(subscription));
  }

  @Patch(':id')
  async change(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    const change = keptDtoOf(SubscriptionChange, request);
    const before = this.desk.get(principalOf(request), id);
    const changed = await this.desk.change(principalOf(request), id, change, revisionOf(request));
    // A webhook has secrets from the moment on at which it becomes one.
    const made = before.sinksecrets.length === 0 && changed.sinksecrets.length > 0;
    reply
      .code(200)
      .header('etag', etagOf(changed))
      .send({ ...view(changed), ...(made && { sinksecrets: changed.sinksecrets }) });
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@Req() request: FastifyRequest, @Param('id') id: string): Promise<void> {
    await this.desk.remove(principalOf(request), id);
  }

  @Post(':id/pause')
  async pause(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    answer(reply, await this.desk.pause(principalOf(request), id, revisionOf(request)));
  }

  @Post(':id/resume')
  async resume(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    answer(reply, await this.desk.resume(principalOf(request), id, revisionOf(request)));
  }

  @Post(':id/pull')
  async pull(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    const { limit = DEFAULT_LIMIT, waitms = 0 } = dtoOf(PullRequest, request);
    const subscription = fetchable(this.desk.get(principalOf(request), id));
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const pulled = await this.pulling.pull(subscription, limit, Math.min(waitms, this.waitMaxMs), gone.signal);
    sendPulled(request, reply, pulled);
  }

  @Post(':id/ack')
  @HttpCode(204)
  async acknowledge(@Req() request: FastifyRequest, @Param('id') id: string): Promise<void> {
    const acknowledgement = dtoOf(Acknowledgement, request);
    const subscription = this.desk.get(principalOf(request), id);
    await this.acknowledging.take(subscription, acknowledgement, request.headers.authorization ?? '');
  }

  /** With what a relay warns of: an endpoint that fares badly is seen by who merely looks at the subscription. */
  async #warned(subscription: Subscription): Promise<object> {
    const warning = await this.healthDesk.warningOf(subscription);
    return { ...view(subscription), ...(warning !== undefined && { warning }) };
  }
}

/** What its organisation may see of a subscription at any time: all but the secrets. */
function view(subscription: Subscription): object {
  const { sinksecrets: _secrets, sinkheaders: _headers, revision: _revision, ...shown } = subscription;
  return shown;
}

function etagOf(subscription: Subscription): string {
  return `"${String(subscription.revision)}"`;
}

function answer(reply: FastifyReply, subscription: Subscription): void {
  reply.code(200).header('etag', etagOf(subscription)).send(view(subscription));
}

/** If-Match is optional; when sent, the change is made over that revision or not at all. */
function revisionOf(request: FastifyRequest): number | undefined {
  const sent = request.headers['if-match'];
  if (sent === undefined || sent.trim() === '*') return undefined;
  const revision = REVISION.exec(sent.trim())?.[1];
  if (revision === undefined) throw new Refusal('SB-4120', 'If-Match is not the ETag of this subscription');
  return Number(revision);
}

/** As a CloudEvents batch where the caller takes one, else as JSON. The bytes of each event's data are those that were published. */
function sendPulled(request: FastifyRequest, reply: FastifyReply, pulled: Pulled): void {
  if (request.headers.accept?.includes(BATCH_MEDIA_TYPE)) {
    if (pulled.cursor === undefined) {
      reply.code(204).send();
      return;
    }
    reply.header('signalbox-cursor', pulled.cursor).header('signalbox-more', String(pulled.more));
    const events = encodeBatch(pulled.items.map(({ stored }) => stored.event));
    reply.code(200).header('content-type', BATCH_MEDIA_TYPE).send(events);
    return;
  }
  const parts: Buffer[] = [Buffer.from('{"items":[')];
  pulled.items.forEach(({ stored, marks }, at) => {
    const { stream, sequence } = stored;
    const position = JSON.stringify({ stream, sequence, ...marks });
    parts.push(
      Buffer.from(at === 0 ? '{"event":' : ',{"event":'),
      encodeStructured(stored.event),
      Buffer.from(`,"position":${position}}`),
    );
  });
  const { cursor, more } = pulled;
  parts.push(Buffer.from(`],${JSON.stringify({ cursor, more }).slice(1)}`));
  reply.code(200).header('content-type', 'application/json').send(Buffer.concat(parts));
}
