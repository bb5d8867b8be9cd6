import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { Catalogue, Refusal } from '@signalbox/contracts';
import { isUnderway, type Outage, OUTAGE_REASONS, outageCovers, Registry } from '@signalbox/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, Answers } from '../../console/answers.js';
import { CSV_TYPE, csvOf, takesCsv } from '../../console/csv.js';
import { formFrom } from '../../console/form.js';
import { type Known, requireRole } from '../../console/viewers.js';
import { Acting } from '../../people/acting.js';
import type { Database } from '../../store/database.js';
import { type InFlight, inFlight } from './inflight.js';
import { Outages } from './outages.js';

/** What the pages about outages work with. */
export class OutagesDesk {
  constructor(
    readonly outages: Outages,
    readonly database: Database,
    readonly registry: Registry,
    readonly catalogue: Catalogue,
    readonly acting: Acting,
    readonly limits: { readonly list: number; readonly page: number },
  ) {}
}

/** Outages of the viewer's own side, and what was in flight: pages, JSON, and CSV to work by. */
@Controller('outages')
export class OutagesController {
  constructor(
    private readonly desk: OutagesDesk,
    private readonly answers: Answers,
  ) {}

  @Get()
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, (known) => {
      const { outages, limits } = this.desk;
      const own = outages.all().filter((outage) => outages.concerns(outage, known.viewer));
      const shown = own.map((outage) => this.#shown(outage));
      const open = shown.filter(({ underway }) => underway);
      const over = shown.filter(({ underway }) => !underway).slice(0, limits.page);
      const model = {
        title: 'Outages',
        at: 'alerts',
        open,
        over,
        reasons: OUTAGE_REASONS.map((reason) => ({ reason, words: words(reason) })),
        mayDeclare: known.roles.has('operator'),
      };
      return Promise.resolve({ json: { outages: [...open, ...over] }, view: 'outages', model });
    });
  }

  @Post()
  @HttpCode(200)
  declare(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const form = formFrom(request);
      requireRole(known, 'operator');
      const text = (name: string) => (form.get(name) ?? '').trim();
      const types = text('types')
        .split(/[\s,]+/)
        .filter((one) => one !== '');
      const outage = await this.desk.acting.call<Outage>(known, 'POST', `/organisations/${known.ods}/outages`, {
        reason: text('reason'),
        ...(types.length > 0 && { types }),
        ...(text('expectedend') !== '' && { expectedend: text('expectedend') }),
        ...(text('note') !== '' && { note: text('note') }),
      });
      return { json: outage, seeOther: `/outages/${outage.id}?done=declared` };
    });
  }

  @Get(':id')
  one(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const { done } = request.query as { done?: string };
      const outage = this.#own(request, known);
      const { catalogue, database, limits } = this.desk;
      const types = catalogue
        .types()
        .filter(({ type }) => outageCovers(outage, type))
        .map(({ type }) => type);
      const lines = await inFlight(database, known.viewer, { ods: outage.ods, types }, limits.list);
      if (takesCsv(request)) return { file: { type: CSV_TYPE, name: `in-flight-${outage.id}.csv`, text: csv(lines) } };
      const shown = this.#shown(outage);
      const named = lines.map((line) => ({ ...line, title: catalogue.find(line.type)?.title ?? line.type }));
      const model = {
        title: `Outage of ${outage.ods}`,
        at: 'alerts',
        outage: shown,
        sent: named.filter(({ kind }) => kind === 'sent'),
        awaited: named.filter(({ kind }) => kind === 'awaited'),
        most: limits.list,
        asof: new Date().toISOString(),
        done: done === 'declared' || done === 'ended' ? done : undefined,
        mayEnd: shown.underway && known.ods === outage.ods && known.roles.has('operator'),
      };
      return { json: { ...shown, inflight: lines }, view: 'outage', model };
    });
  }

  @Post(':id/end')
  @HttpCode(200)
  end(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known): Promise<Answer> => {
      formFrom(request);
      requireRole(known, 'operator');
      const { id, ods } = this.#own(request, known);
      const path = `/organisations/${ods}/outages/${encodeURIComponent(id)}/end`;
      const json = await this.desk.acting.call<Outage>(known, 'POST', path);
      return { json, seeOther: `/outages/${id}?done=ended` };
    });
  }

  /** @throws Refusal SB-4040 for what is not of the viewer's side */
  #own(request: FastifyRequest, { viewer }: Known): Outage {
    const { id } = request.params as { id: string };
    const { outages } = this.desk;
    const outage = outages.all().find((one) => one.id === id);
    if (outage === undefined || !outages.concerns(outage, viewer)) throw new Refusal('SB-4040');
    return outage;
  }

  #shown(outage: Outage) {
    const known = this.desk.registry.organisation(outage.ods);
    return {
      ...outage,
      words: words(outage.reason),
      underway: isUnderway(outage),
      ...(known && { name: known.name, ...(known.contact !== undefined && { contact: known.contact }) }),
    };
  }
}

const words = (reason: string): string => reason.replaceAll('-', ' ');

const HEADER = ['what', 'urgency', 'type', 'journey', 'event', 'source', 'organisation', 'since', 'due', 'standing'];

function csv(lines: readonly InFlight[]): string {
  const rows = lines.map((line) => [
    ...[line.kind, line.urgency, line.type, line.journey, line.event, line.source],
    ...[line.org, line.since, line.due, line.standing],
  ]);
  return csvOf([HEADER, ...rows]);
}
