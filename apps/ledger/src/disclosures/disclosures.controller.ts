import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { Refusal } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, Answers } from '../console/answers.js';
import { type Cell, csvOf, CSV_TYPE, takesCsv } from '../console/csv.js';
import { formFrom } from '../console/form.js';
import type { DisclosureLine, DisclosureQuestion } from './disclosure-queries.js';
import { type DisclosurePage, Disclosures } from './disclosures.js';
import { isDisclosureReason, REASONS } from './reasons.js';

/** Ages by which the list can be narrowed, in days. */
const AGES = [1, 7, 30, 365] as const;

type Question = Omit<DisclosureQuestion, 'now'>;

/** Who was shown values and why: for information governance, as a page, JSON and CSV. */
@Controller('disclosures')
export class DisclosuresController {
  constructor(
    private readonly disclosures: Disclosures,
    private readonly answers: Answers,
  ) {}

  @Get()
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const question = questionOf(request.query as Query);
      const page = await this.disclosures.list(known, question);
      if (takesCsv(request)) return { file: { type: CSV_TYPE, name: 'disclosures.csv', text: csv(page.disclosures) } };
      return listAnswer(page, question, request.query as Query);
    });
  }

  /** Whether the whole record is as it was written, stretch by stretch. For programs: the list says it of the newest entries. */
  @Get('chain')
  chain(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const { after = '0' } = request.query as Query;
      if (typeof after !== 'string' || !/^\d{1,12}$/.test(after))
        throw new Refusal('SB-4000', 'after is the number of an entry');
      return { json: await this.disclosures.check(known, Number(after)), seeOther: '/disclosures' };
    });
  }

  @Post(':id/review')
  @HttpCode(200)
  review(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const { id } = request.params as { id: string };
      const note = formFrom(request).get('note') ?? '';
      const disclosure = await this.disclosures.review(known, id, note);
      return { json: { disclosure }, seeOther: '/disclosures?done=reviewed' };
    });
  }
}

type Query = Readonly<Record<string, string | string[] | undefined>>;

/** @throws Refusal SB-4000 */
function questionOf(query: Query): Question {
  const text = (name: string) => {
    const value = query[name];
    if (Array.isArray(value)) throw new Refusal('SB-4000', `Name one ${name}`);
    return value === '' ? undefined : value;
  };
  const days = text('days');
  const reviewed = text('reviewed');
  if (days !== undefined && !/^[1-9]\d{0,3}$/.test(days)) throw new Refusal('SB-4000', 'days is a number of days');
  if (reviewed !== undefined && reviewed !== 'yes' && reviewed !== 'no')
    throw new Refusal('SB-4000', 'reviewed is yes or no');
  return {
    days: days === undefined ? undefined : Number(days),
    by: text('by'),
    reviewed: reviewed === undefined ? undefined : reviewed === 'yes',
    after: text('after'),
  };
}

function listAnswer(page: DisclosurePage, question: Question, query: Query): Answer {
  const { days, by, reviewed, done } = query;
  const filter = { days, by, reviewed };
  const kept = Object.entries(filter).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []));
  const lines = page.disclosures.map((line) => ({ ...line, why: reasonOf(line.reason) }));
  const pathWith = (more: Record<string, string>) =>
    `/disclosures?${new URLSearchParams([...(kept as [string, string][]), ...Object.entries(more)]).toString()}`;
  return {
    json: page,
    view: 'disclosures',
    model: {
      title: 'Disclosures',
      at: 'disclosures',
      page: { ...page, disclosures: lines },
      question: { ...question, reviewed: filter['reviewed'] },
      ages: AGES,
      done,
      csv: pathWith({ format: 'csv' }),
      ...(page.next !== undefined && { next: pathWith({ after: page.next }) }),
      later: question.after !== undefined,
      newest: pathWith({}),
    },
  };
}

function reasonOf(reason: string): string {
  return isDisclosureReason(reason) ? REASONS[reason] : reason;
}

const HEADER = [
  ...['at', 'until', 'ended', 'organisation', 'by', 'name', 'publisher', 'event', 'source', 'type'],
  ...['reason', 'text', 'views', 'reviewed', 'reviewedby', 'note', 'disclosure', 'hash'],
];

function csv(lines: readonly DisclosureLine[]): string {
  const rows = lines.map((one): Cell[] => [
    ...[one.at, one.until, one.ended, one.org, one.by, one.name, one.publisher, one.eventid, one.source, one.type],
    ...[one.reason, one.text, one.views, one.reviewed?.at, one.reviewed?.by, one.reviewed?.note],
    ...[one.disclosure, one.hash],
  ]);
  return csvOf([HEADER, ...rows]);
}
