import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { Refusal } from '@signalbox/contracts';
import { STRICTNESSES } from '@signalbox/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answers } from '../console/answers.js';
import { CSV_TYPE, takesCsv } from '../console/csv.js';
import { OrganisationDesk } from './organisation-desk.js';
import { listModel, pageModel } from './organisation-page.js';
import { placeIn, placeText } from '../store/place.js';
import { oneOf, queryOf } from './query.js';
import { type Period, PERIODS } from './scorecard.js';
import { scorecardCsv } from './scorecard-csv.js';
import { StageForms } from './stage-forms.js';

const PERIOD_WORDS = Object.keys(PERIODS) as Period[];
const PAGE = 25;

/** Organisations and how they fare, as pages, JSON and CSV at the same paths. */
@Controller()
export class OrganisationsController {
  constructor(
    private readonly desk: OrganisationDesk,
    private readonly stages: StageForms,
    private readonly answers: Answers,
  ) {}

  @Get('organisations')
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const query = queryOf(request);
      const period = oneOf('period', query('period'), PERIOD_WORDS) ?? '30d';
      const after = placeIn(query('after'), ['text'])?.[0];
      const { organisations, next } = await this.desk.list(viewer, {
        limit: PAGE,
        period,
        ...(after !== undefined && { after }),
      });
      const cursor = next === undefined ? {} : { next: placeText([next]) };
      const json = { period, organisations, ...cursor };
      return { json, view: 'organisations', model: listModel(json, after !== undefined) };
    });
  }

  @Get('organisations/:ods')
  organisation(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const { ods } = request.params as { ods: string };
      const query = queryOf(request);
      const period = oneOf('period', query('period'), PERIOD_WORDS) ?? '30d';
      const narrowing = narrowed(query);
      const view = await this.desk.of(known.viewer, ods, period, narrowing);
      if (takesCsv(request)) {
        return { file: { type: CSV_TYPE, name: `scorecard-${ods}-${period}.csv`, text: scorecardCsv(view) } };
      }
      const done = oneOf('done', query('done'), ['stage-set', 'stage-cleared'] as const);
      return { json: view, view: 'organisation', model: pageModel(view, known, narrowing, done) };
    });
  }

  @Get('organisations/:ods/people')
  people(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, (known) => {
      const { ods } = request.params as { ods: string };
      const json = this.desk.people(known, ods);
      return Promise.resolve({
        json,
        view: 'people',
        model: { title: `People of ${ods}`, at: 'organisations', ...json },
      });
    });
  }

  @Get('organisations/:ods/stages/:type/impact')
  impact(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const { ods, type } = request.params as { ods: string; type: string };
      const strictness = oneOf('strictness', queryOf(request)('strictness'), STRICTNESSES);
      if (strictness === undefined)
        throw new Refusal('SB-4000', `Say which strictness: one of ${STRICTNESSES.join(', ')}`);
      const impact = await this.desk.impact(viewer, ods, type, strictness);
      return { json: impact, view: 'stage-impact', model: { title: 'Impact of a stage', at: 'organisations', impact } };
    });
  }

  @Get('organisations/:ods/stages/:type')
  stage(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, (known) => this.stages.show(known, request));
  }

  @Post('organisations/:ods/stages/:type')
  change(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, (known) => this.stages.change(known, request));
  }
}

function narrowed(query: (name: string) => string | undefined) {
  const [type, application, product, version] = ['type', 'application', 'product', 'version'].map(query);
  return {
    ...(type !== undefined && { type }),
    ...(application !== undefined && { application }),
    ...(product !== undefined && { product }),
    ...(version !== undefined && { version }),
  };
}
