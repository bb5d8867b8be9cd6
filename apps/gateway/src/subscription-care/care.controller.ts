import type { TestOutcome } from '@signalbox/contracts';
import { Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { Registry } from '@signalbox/registry';
import type { FastifyRequest } from 'fastify';
import { principalOf } from '../http/authentication.js';
import { dtoOf } from '../http/json-body.js';
import { SubscriptionDesk } from '../subscriptions/desk.js';
import { SecretRotation, TestRequest } from './care.dto.js';
import { HealthDesk, type SubscriptionHealth } from './health.js';
import { rotated } from './rotation.js';
import { Testing } from './testing.js';

/** Milliseconds for which a former secret signs beside a new one unless the receiver says otherwise. */
export const SECRET_OVERLAP_MS = Symbol('SECRET_OVERLAP_MS');

/** What a receiver does to keep a subscription well: see how it fares, try its endpoint, exchange its secret. */
@Controller('subscriptions')
export class CareController {
  constructor(
    @Inject(SubscriptionDesk) private readonly desk: SubscriptionDesk,
    @Inject(Registry) private readonly registry: Registry,
    @Inject(HealthDesk) private readonly healthDesk: HealthDesk,
    @Inject(Testing) private readonly testing: Testing,
    @Inject(SECRET_OVERLAP_MS) private readonly overlapMs: number,
  ) {}

  @Get(':id/health')
  health(@Req() request: FastifyRequest, @Param('id') id: string): Promise<SubscriptionHealth> {
    return this.healthDesk.of(this.desk.get(principalOf(request), id));
  }

  @Post(':id/test')
  @HttpCode(200)
  test(@Req() request: FastifyRequest, @Param('id') id: string): Promise<TestOutcome> {
    const { type } = dtoOf(TestRequest, request);
    return this.testing.test(this.desk.get(principalOf(request), id), type);
  }

  @Post(':id/rotate-secret')
  @HttpCode(200)
  async rotate(@Req() request: FastifyRequest, @Param('id') id: string): Promise<object> {
    const { overlapms = this.overlapMs } = dtoOf(SecretRotation, request);
    this.desk.get(principalOf(request), id);
    const now = Date.now();
    const changed = await this.registry.changeSubscription(id, (current) => ({
      ...rotated(current, { overlapMs: overlapms, now }),
      updated: new Date(now).toISOString(),
    }));
    const { sinksecrets, oldsecretsuntil } = changed;
    // The former secret is not told again: who holds a token must not learn what an endpoint verifies with today.
    return { id, sinksecrets: sinksecrets.slice(0, 1), ...(oldsecretsuntil !== undefined && { oldsecretsuntil }) };
  }
}
