import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { checkFilters, type FilterTestResult, Refusal } from '@signalbox/contracts';
import type { FastifyRequest } from 'fastify';
import { principalOf } from '../http/authentication.js';
import { keptDtoOf } from '../http/json-body.js';
import { SubscriptionDesk } from './desk.js';
import { FilterTesting } from './filter-test.js';
import { FilterTest } from './subscription.dto.js';

/** `/subscriptions/test-filter`: what a subscription would be given of what was published lately. */
@Controller('subscriptions')
export class FilterTestController {
  constructor(
    @Inject(SubscriptionDesk) private readonly desk: SubscriptionDesk,
    @Inject(FilterTesting) private readonly testing: FilterTesting,
  ) {}

  @Post('test-filter')
  @HttpCode(200)
  test(@Req() request: FastifyRequest): Promise<FilterTestResult> {
    const principal = principalOf(request);
    const wish = keptDtoOf(FilterTest, request);
    this.desk.requireGrants(principal, wish.types);
    const findings = checkFilters(wish.filters ?? []);
    if (findings.length > 0) throw new Refusal('SB-4220', 'The filters cannot be tried like this', { findings });
    return this.testing.try(principal, wish);
  }
}
