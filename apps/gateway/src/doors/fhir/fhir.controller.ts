import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { Catalogue, Refusal, statusBundle, type NotificationContent } from '@signalbox/contracts';
import type { Subscription } from '@signalbox/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalOf } from '../../http/authentication.js';
import { keptJsonOf } from '../../http/json-body.js';
import { SubscriptionDesk } from '../../subscriptions/desk.js';
import { FHIR_CONTENTS, wrong } from '../../subscriptions/protocols.js';
import { capabilityStatement, subscriptionTopic } from './capability.js';
import { FhirNotifications } from './notifications.js';
import { FHIR_JSON } from './operation-outcome.js';
import { type FhirWish, readSubscription, renderSubscription } from './subscription-resource.js';

export const FHIR_BASE = Symbol('FHIR_BASE');

type Parameters = Readonly<Record<string, string | undefined>>;

const RESOURCE_ID = /^(.{1,128})\.([1-9]\d{0,15})$/;

/** `/fhir`: topic-based Subscriptions of FHIR R4 (Subscriptions R5 Backport 1.1.0), rest-hook. */
@Controller('fhir')
export class FhirController {
  readonly #since = new Date().toISOString();

  constructor(
    @Inject(SubscriptionDesk) private readonly desk: SubscriptionDesk,
    @Inject(FhirNotifications) private readonly notifications: FhirNotifications,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
    @Inject(FHIR_BASE) private readonly base: string,
  ) {}

  @Get('metadata')
  metadata(@Res() reply: FastifyReply): void {
    answer(reply, capabilityStatement(this.base, this.catalogue, this.#since));
  }

  @Get('SubscriptionTopic/:name')
  topic(@Res() reply: FastifyReply, @Param('name') name: string): void {
    const topic = subscriptionTopic(this.base, this.catalogue, name);
    if (topic === undefined) throw new Refusal('SB-4040');
    answer(reply, topic);
  }

  @Post('Subscription')
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { wish, sinkheaders, status } = this.#read(request);
    if (status !== 'requested') throw refused([wrong('/status', 'status', 'requested')]);
    const made = await this.desk.create(principalOf(request), wish, sinkheaders);
    reply.header('location', `${this.base}/Subscription/${made.id}`);
    this.#answer(reply.code(201), made);
  }

  @Get('Subscription')
  async search(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await Promise.resolve();
    const entry = this.#all(request).map((one) => ({
      fullUrl: `${this.base}/Subscription/${one.id}`,
      resource: renderSubscription(one, this.base),
      search: { mode: 'match' },
    }));
    answer(reply, { resourceType: 'Bundle', type: 'searchset', total: entry.length, entry });
  }

  @Get('Subscription/$status')
  async statuses(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Query() query: Parameters,
  ): Promise<void> {
    const ids = query['id']?.split(',');
    const asked = this.#all(request).filter(({ id }) => ids === undefined || ids.includes(id));
    const facts = await Promise.all(asked.map((one) => this.notifications.statusOf(one, 'query-status')));
    const wanted = query['status']?.split(',');
    const found = facts.filter(({ status }) => wanted === undefined || wanted.includes(status));
    answer(reply, statusBundle(found, new Date().toISOString()));
  }

  @Get('Subscription/:id')
  read(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): void {
    this.#answer(reply, this.#get(request, id));
  }

  @Put('Subscription/:id')
  async update(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    const principal = principalOf(request);
    const present = this.#get(request, id);
    const { wish, sinkheaders = [], status } = this.#read(request, present.sinkheaders);
    const { protocol: _protocol, ...change } = wish;
    let changed = await this.desk.change(principal, id, { ...change, sinkheaders });
    if (status === 'off' && changed.status !== 'paused') changed = await this.desk.pause(principal, id);
    const asksAgain = status === 'requested' && changed.status !== 'active' && changed.status !== 'pending';
    if (asksAgain) changed = await this.desk.resume(principal, id);
    this.#answer(reply, changed);
  }

  @Delete('Subscription/:id')
  @HttpCode(204)
  async remove(@Req() request: FastifyRequest, @Param('id') id: string): Promise<void> {
    this.#get(request, id);
    await this.desk.remove(principalOf(request), id);
  }

  @Get('Subscription/:id/$status')
  async status(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    const facts = await this.notifications.statusOf(this.#get(request, id), 'query-status');
    answer(reply, statusBundle([facts], new Date().toISOString()));
  }

  @Get('Subscription/:id/$events')
  async events(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('id') id: string,
    @Query() query: Parameters,
  ): Promise<void> {
    const subscription = this.#get(request, id);
    const since = numberOf(query, 'eventsSinceNumber') ?? 1;
    const until = numberOf(query, 'eventsUntilNumber') ?? Number.MAX_SAFE_INTEGER;
    const content = contentOf(query['content'] ?? subscription.config['content'] ?? 'empty');
    reply.header('content-type', FHIR_JSON);
    reply.send(await this.notifications.eventsOf(subscription, since, until, content));
  }

  /** The content of one event by its number, for receivers of `id-only`: exactly as it was published. */
  @Get('Bundle/:id')
  async content(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    const [, subscription = '', number = ''] = RESOURCE_ID.exec(id) ?? [];
    const event = await this.notifications.eventOf(this.#get(request, subscription), Number(number));
    if (event === undefined || event.data.kind === 'absent') throw new Refusal('SB-4040');
    reply.header('content-type', String(event.attributes['datacontenttype'] ?? FHIR_JSON));
    reply.send(Buffer.from(event.data.bytes));
  }

  #read(request: FastifyRequest, present?: Subscription['sinkheaders']): FhirWish {
    const { read, findings } = readSubscription(keptJsonOf(request), this.base, present);
    if (read === undefined) throw refused(findings);
    return read;
  }

  #get(request: FastifyRequest, id: string): Subscription {
    const subscription = this.desk.get(principalOf(request), id);
    if (subscription.protocol !== 'FHIR') throw new Refusal('SB-4040');
    return subscription;
  }

  #all(request: FastifyRequest): Subscription[] {
    return this.desk.list(principalOf(request)).filter(({ protocol }) => protocol === 'FHIR');
  }

  #answer(reply: FastifyReply, subscription: Subscription): void {
    reply.header('etag', `W/"${String(subscription.revision)}"`);
    answer(reply, renderSubscription(subscription, this.base));
  }
}

/** As bytes: Fastify would add a charset, which this media type does not have. */
function answer(reply: FastifyReply, resource: object): void {
  reply.header('content-type', FHIR_JSON).send(Buffer.from(JSON.stringify(resource)));
}

const refused = (findings: NonNullable<ReturnType<typeof readSubscription>['findings']>): Refusal =>
  new Refusal('SB-4220', 'The Subscription cannot be taken like this', { findings });

function numberOf(query: Parameters, name: string): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,15}$/.test(text)) throw badParameter(name, 'a whole number from 1');
  return Number(text);
}

function contentOf(text: unknown): NotificationContent {
  const content = FHIR_CONTENTS.find((one) => one === text);
  if (content === undefined) throw badParameter('content', FHIR_CONTENTS.join(', '));
  return content;
}

const badParameter = (name: string, expected: string): Refusal =>
  new Refusal('SB-4000', undefined, { findings: [wrong(`/${name}`, 'parameter', expected)] });
