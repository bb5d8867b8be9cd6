import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { Refusal } from '@signalbox/contracts';
import { parseBody } from '@signalbox/runtime';
import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, Answers } from '../console/answers.js';
import { type Known, refuseForeignForm } from '../console/viewers.js';
import { Journeys } from '../journeys/journeys.js';
import type { Cursor } from '../journeys/queries.js';

/** What somebody looks for. It may be a patient's identifier, so it travels in a body and never in a URL. */
export class FindBody {
  @IsString()
  @MinLength(1)
  @MaxLength(1_024)
  readonly value!: string;

  @IsOptional()
  @IsString()
  @MaxLength(100)
  readonly name?: string;

  @IsOptional()
  @IsString()
  @MaxLength(500)
  readonly system?: string;
}

/** How many journeys a page holds. */
export class PageSize {
  constructor(readonly journeys: number) {}
}

/** Finds journeys: by an identifier, which never stands in an address, and by filters, which do. */
@Controller()
export class FindController {
  constructor(
    private readonly journeys: Journeys,
    private readonly answers: Answers,
    private readonly pageSize: PageSize,
  ) {}

  @Get('journeys')
  recent(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const { after } = request.query as { after?: string };
      const { journeys, next } = await this.journeys.recent(viewer, this.pageSize.journeys, cursorOf(after));
      const cursor = next === undefined ? {} : { next: textOf(next) };
      return {
        json: { journeys, ...cursor },
        view: 'journeys',
        model: { title: 'Recent journeys', at: 'find', page: { journeys }, later: after !== undefined, ...cursor },
      };
    });
  }

  @Get('find')
  ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const model = { title: 'Find a journey', at: 'find', asked: false, journeys: [] };
    return this.answers.known(request, reply, () => Promise.resolve({ json: { journeys: [] }, view: 'found', model }));
  }

  @Post('find')
  @HttpCode(200)
  find(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, (known) => this.#find(request, known));
  }

  async #find(request: FastifyRequest, { viewer }: Known): Promise<Answer> {
    if (request.headers.authorization === undefined) refuseForeignForm(request);
    const question = questionOf(request);
    const journeys = question === undefined ? [] : await this.journeys.find(viewer, question);
    const only = journeys.length === 1 ? journeys[0] : undefined;
    if (only !== undefined) return { json: { journeys }, seeOther: `/journeys/${encodeURIComponent(only.journey)}` };
    const model = { title: 'Find a journey', at: 'find', asked: question !== undefined, journeys };
    return { json: { journeys }, view: 'found', model };
  }
}

/** @throws Refusal SB-4000 */
function questionOf(request: FastifyRequest): FindBody | undefined {
  const body = request.body as Buffer | undefined;
  if (request.headers['content-type']?.startsWith('application/json') === true) {
    return parseBody(FindBody, body, (findings) => new Refusal('SB-4000', undefined, { findings }));
  }
  const value = new URLSearchParams(body?.toString() ?? '').get('value')?.trim() ?? '';
  return value === '' ? undefined : { value: value.slice(0, 1_024) };
}

function textOf(cursor: Cursor): string {
  return Buffer.from(JSON.stringify([cursor.updated, cursor.journey])).toString('base64url');
}

/** @throws Refusal SB-4000 */
function cursorOf(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  try {
    const [updated, journey] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    if (typeof updated === 'string' && typeof journey === 'string') {
      return { updated: new Date(updated).toISOString(), journey };
    }
  } catch {
    // Told below, like a cursor of another shape.
  }
  throw new Refusal('SB-4000', 'The cursor in ?after= is not one that this list gave out');
}
