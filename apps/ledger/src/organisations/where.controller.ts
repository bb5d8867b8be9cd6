import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answers } from '../console/answers.js';
import { CSV_TYPE, takesCsv } from '../console/csv.js';
import { placeIn, placeText } from '../store/place.js';
import { queryOf, withQuery } from './query.js';
import { toldWords } from './small-numbers.js';
import { COVERS, WhereDataGoes } from './where-data-goes.js';
import { changesAtom, changesCsv, changeSentence, flowsCsv } from './where-files.js';

/** How much one answer holds, and where the console is. */
export class WhereLimits {
  constructor(
    readonly page: number,
    readonly file: number,
    /** Numbers below this one are not told. */
    readonly smallest: number,
    /** Address of the console for feeds; without it, the one that was asked. */
    readonly publicUrl: URL | undefined,
  ) {}
}

/** Where patient data goes, and how that changed: as pages, JSON, CSV and a feed. */
@Controller()
export class WhereController {
  constructor(
    private readonly where: WhereDataGoes,
    private readonly limits: WhereLimits,
    private readonly answers: Answers,
  ) {}

  @Get('where-data-goes')
  flows(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const query = queryOf(request);
      const chosen = { from: query('from'), to: query('to'), type: query('type') };
      const file = takesCsv(request);
      const after = placeIn(query('after'), ['text', 'text', 'text']);
      const { flows, next } = await this.where.flows(viewer, {
        ...given(chosen),
        ...(after !== undefined && !file && { after }),
        limit: file ? this.limits.file : this.limits.page,
      });
      if (file) return { file: { type: CSV_TYPE, name: 'where-data-goes.csv', text: flowsCsv(flows) } };
      const cursor = next === undefined ? {} : { next: placeText(next) };
      const { changes } = await this.where.changes(viewer, { limit: 10 });
      const json = { covers: COVERS, all: viewer.all, smallest: this.limits.smallest, flows, changes, ...cursor };
      const shown = flows.map((flow) => ({ ...flow, events: toldWords(flow.events30d) }));
      const model = {
        ...json,
        title: 'Where patient data goes',
        at: 'organisations',
        flows: shown,
        names: this.where.names(flows.flatMap(({ from, to }) => [from, to])),
        changes: changes.map((change) => ({ ...change, sentence: changeSentence(change) })),
        chosen,
        later: after !== undefined,
        csv: withQuery('/where-data-goes', { ...chosen, format: 'csv' }),
        first: withQuery('/where-data-goes', chosen),
        more: next && withQuery('/where-data-goes', { ...chosen, after: placeText(next) }),
      };
      return { json, view: 'where-data-goes', model };
    });
  }

  @Get('where-data-goes/changes')
  changes(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const query = queryOf(request);
      const [after] = placeIn(query('after'), ['number']) ?? [];
      const before = after === undefined ? undefined : Number(after);
      const csv = takesCsv(request);
      const limit = csv ? this.limits.file : this.limits.page;
      const told = await this.where.changes(viewer, { limit, ...(before !== undefined && !csv && { before }) });
      if (csv) return { file: { type: CSV_TYPE, name: 'where-data-goes-changes.csv', text: changesCsv(told.changes) } };
      if (takesAtom(request)) {
        const base = this.#base(request);
        return {
          file: { type: 'application/atom+xml; charset=utf-8', text: changesAtom(told.changes, base, new Date()) },
        };
      }
      const { changes, next, since } = told;
      const cursor = next === undefined ? {} : { next: placeText([next]) };
      const json = { ...(since !== undefined && { since }), changes, ...cursor };
      const model = {
        ...json,
        title: 'Where patient data goes: changes',
        at: 'organisations',
        changes: changes.map((change) => ({ ...change, sentence: changeSentence(change) })),
        later: before !== undefined,
      };
      return { json, view: 'where-data-changes', model };
    });
  }

  #base(request: FastifyRequest): string {
    const told = this.limits.publicUrl?.href ?? `${request.protocol}://${request.host}`;
    return told.replace(/\/+$/, '');
  }
}

function takesAtom(request: FastifyRequest): boolean {
  return queryOf(request)('format') === 'atom' || request.headers.accept?.includes('application/atom+xml') === true;
}

function given(chosen: Readonly<Record<'from' | 'to' | 'type', string | undefined>>) {
  const { from, to, type } = chosen;
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }), ...(type !== undefined && { type }) };
}
