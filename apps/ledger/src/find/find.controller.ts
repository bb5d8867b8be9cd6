import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { type Catalogue, PROBLEMS, type ProblemCode, Refusal } from '@signalbox/contracts';
import type { Metrics } from '@signalbox/runtime';
import { parseBody } from '@signalbox/runtime';
import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, Answers } from '../console/answers.js';
import { type Known, refuseForeignForm } from '../console/viewers.js';
import { Journeys } from '../journeys/journeys.js';
import type { Database } from '../store/database.js';
import { placeIn, placeText } from '../store/place.js';
import { ORDERS, walkOf } from './candidates.js';
import { JourneyList } from './journey-list.js';
import { filterOf, filters, LIST_AGES, LIST_STATES, type ListFilter } from './list-filter.js';
import type { Rate } from './rate.js';
import { refusedLines } from './refused.js';

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

/** What the search needs besides who may see what. */
export class FindParts {
  readonly searches;

  constructor(
    readonly database: Database,
    readonly catalogue: Pick<Catalogue, 'types'>,
    readonly rate: Rate,
    metrics: Metrics,
    readonly pageSize: number,
  ) {
    this.searches = metrics.counter(
      'signalbox_find_searches_total',
      'Searches by identifier, by what they came to: one, several, nothing, limited',
      ['outcome'],
    );
  }
}

/** Finds journeys: by an identifier, which never stands in an address, and by filters, which do. */
@Controller()
export class FindController {
  constructor(
    private readonly journeys: Journeys,
    private readonly lists: JourneyList,
    private readonly answers: Answers,
    private readonly parts: FindParts,
  ) {}

  @Get('journeys')
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const query = request.query as Readonly<Record<string, unknown>>;
      const filter = filterOf(query);
      const { journeys, next, partial } = await this.lists.page(
        viewer,
        filter,
        placeIn(query['after'], ORDERS[walkOf(filter)]),
      );
      const cursor = next === undefined ? {} : { next: placeText(next) };
      const later = query['after'] !== undefined && query['after'] !== '';
      const title = filters(filter) ? 'Journeys' : 'Recent journeys';
      return {
        json: { journeys, ...(filters(filter) && { filter, partial }), ...cursor },
        view: 'journeys',
        model: {
          title,
          at: 'find',
          journeys,
          filter,
          partial,
          later,
          ...this.#choices(),
          ...addressOf(filter),
          ...cursor,
        },
      };
    });
  }

  @Get('refused')
  refused(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const query = request.query as Readonly<Record<string, unknown>>;
      const { org, type } = filterOf({ org: query['org'], type: query['type'] });
      const after = placeIn(query['after'], ['instant', 'number']);
      const since = refusedSince(new Date()).toISOString();
      const limit = this.parts.pageSize + 1;
      const found = await refusedLines(this.parts.database, viewer, { org, type, since, after, limit });
      const refused = found.slice(0, -1 + limit);
      const last = found.length === limit ? refused.at(-1) : undefined;
      const cursor = last === undefined ? {} : { next: placeText([last.time, last.sequence]) };
      const lines = refused.map((line) => ({ ...line, title: titleOf(line.code) }));
      return {
        json: { since, refused: lines, ...cursor },
        view: 'refused',
        model: { title: 'Refused events', at: 'find', since, refused: lines, org, type, ...this.#choices(), ...cursor },
      };
    });
  }

  @Get('find')
  ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const answer = { json: { journeys: [] }, view: 'find', model: this.#page([], false) };
    return this.answers.known(request, reply, () => Promise.resolve(answer));
  }

  @Post('find')
  @HttpCode(200)
  find(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, (known) => this.#find(request, reply, known));
  }

  async #find(request: FastifyRequest, reply: FastifyReply, known: Known): Promise<Answer> {
    if (request.headers.authorization === undefined) refuseForeignForm(request);
    const question = questionOf(request);
    if (question === undefined) return { json: { journeys: [] }, view: 'find', model: this.#page([], false) };
    this.#refuseTrawling(known, reply);
    const journeys = await this.journeys.find(known.viewer, question);
    this.parts.searches.inc({ outcome: journeys.length === 0 ? 'nothing' : journeys.length === 1 ? 'one' : 'several' });
    const only = journeys.length === 1 ? journeys[0] : undefined;
    if (only !== undefined) return { json: { journeys }, seeOther: `/journeys/${encodeURIComponent(only.journey)}` };
    return { json: { journeys }, view: 'find', model: this.#page(journeys, true) };
  }

  /** Whoever tries out numbers is stopped, whether they exist or not. @throws Refusal SB-4290 */
  #refuseTrawling({ ods, application }: Known, reply: FastifyReply): void {
    const waitMs = this.parts.rate.take(`${ods}:${application}`);
    if (waitMs === 0) return;
    this.parts.searches.inc({ outcome: 'limited' });
    const seconds = Math.ceil(waitMs / 1_000);
    reply.header('retry-after', String(seconds));
    throw new Refusal('SB-4290', `Too many searches: wait ${String(seconds)} seconds, then search again`);
  }

  #page(journeys: readonly object[], asked: boolean): object {
    return { title: 'Find a journey', at: 'find', asked, journeys, ...this.#choices(), ...addressOf({}), filter: {} };
  }

  #choices(): object {
    const types = this.parts.catalogue.types().map(({ type, title }) => ({ type, title }));
    return {
      types: types.toSorted((one, other) => (one.title < other.title ? -1 : 1)),
      states: LIST_STATES,
      ages: LIST_AGES,
    };
  }
}

const HOUR = 3_600_000;

/** The same hours that the board counts. */
function refusedSince(now: Date): Date {
  return new Date(Math.floor(now.getTime() / HOUR) * HOUR - 23 * HOUR);
}

/** The filter as the part of an address before its cursor. */
function addressOf(filter: ListFilter): { readonly address: string } {
  const text = new URLSearchParams(Object.entries(filter)).toString();
  return { address: text === '' ? '' : `${text}&` };
}

function titleOf(code: string): string {
  return code in PROBLEMS ? PROBLEMS[code as ProblemCode].title : 'Refused';
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
