import { Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { DELIVERY_STATES, Refusal } from '@signalbox/contracts';
import { IsMoment, IsText, parseBody } from '@signalbox/runtime';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Viewers } from '../console/viewers.js';
import { Deliveries, type DeliveryGroups, type DeliveryHistory, type DeliveryPage } from './deliveries.js';
import type { DeliveryPlaces } from './delivery-places.js';

/** Which deliveries of a subscription are listed. */
class DeliveryListQuestion {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(DELIVERY_STATES.length)
  @IsIn([...DELIVERY_STATES], { each: true, message: `each one of ${DELIVERY_STATES.join(', ')}` })
  readonly state?: string[];

  @IsOptional()
  @IsString()
  @MaxLength(100)
  readonly reason?: string;

  @IsOptional()
  @IsMoment({ day: true })
  readonly since?: string;

  @IsOptional()
  @IsString()
  @MaxLength(1_024)
  readonly after?: string;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly limit?: number;

  @IsOptional()
  @IsIn(['oldest', 'newest'])
  readonly order?: 'oldest' | 'newest';
}

/** `POST /deliveries/query` */
class DeliveriesQuestion extends DeliveryListQuestion {
  @IsOptional()
  @IsText(128)
  readonly subscription?: string;

  @IsOptional()
  @IsText(200)
  readonly journey?: string;

  @IsOptional()
  @IsIn(['reason', 'state'])
  readonly group?: 'reason' | 'state';
}

/** `POST /deliveries/places` */
class PlacesRequest {
  @IsText(128)
  readonly subscription!: string;

  @IsText(128)
  readonly stream!: string;

  @IsInt()
  @Min(0)
  readonly from!: number;

  @IsInt()
  @Min(0)
  readonly to!: number;

  @IsOptional()
  @IsText(200)
  readonly journey?: string;
}

/** `GET …/attempts` */
class AttemptsQuestion {
  @IsString()
  @IsNotEmpty()
  readonly id!: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  readonly source?: string;
}

type Query = Readonly<Record<string, string | string[] | undefined>>;

/** What became of everything that was meant for a receiver: for the receiver itself and the operator. JSON only. */
@Controller()
export class DeliveriesController {
  constructor(
    private readonly deliveries: Deliveries,
    private readonly viewers: Viewers,
  ) {}

  @Post('deliveries/query')
  @HttpCode(200)
  async query(@Req() request: FastifyRequest): Promise<DeliveryPage | DeliveryGroups> {
    const { viewer } = await this.viewers.of(request);
    const { group, ...question } = read(DeliveriesQuestion, request.body as Buffer | undefined);
    return group === undefined
      ? this.deliveries.list(viewer, question)
      : this.deliveries.grouped(viewer, question, group);
  }

  @Post('deliveries/places')
  @HttpCode(200)
  async places(@Req() request: FastifyRequest): Promise<DeliveryPlaces> {
    const { viewer } = await this.viewers.of(request);
    return this.deliveries.places(viewer, read(PlacesRequest, request.body as Buffer | undefined));
  }

  @Get('subscriptions/:id/deliveries')
  async ofSubscription(@Req() request: FastifyRequest): Promise<DeliveryPage> {
    const { viewer } = await this.viewers.of(request);
    const { id } = request.params as { id: string };
    const { state, limit, ...rest } = request.query as Query;
    const question = {
      ...rest,
      ...(state !== undefined && { state: [state].flat().flatMap((one) => one.split(',')) }),
      ...(limit !== undefined && { limit: /^\d+$/.test(String(limit)) ? Number(limit) : limit }),
    };
    return this.deliveries.ofSubscription(viewer, id, read(DeliveryListQuestion, jsonOf(question)));
  }

  @Get('subscriptions/:id/deliveries/attempts')
  async attempts(@Req() request: FastifyRequest): Promise<DeliveryHistory> {
    const { viewer } = await this.viewers.of(request);
    const { id: subscription } = request.params as { id: string };
    const { id, source } = read(AttemptsQuestion, jsonOf(request.query as Query));
    return this.deliveries.history(viewer, subscription, id, source);
  }
}

const jsonOf = (value: object): Buffer => Buffer.from(JSON.stringify(value));

/** @throws Refusal SB-4000 with every finding */
function read<T extends object>(Dto: new () => T, body: Buffer | undefined): T {
  return parseBody(Dto, body, (findings) => new Refusal('SB-4000', undefined, { findings }));
}
