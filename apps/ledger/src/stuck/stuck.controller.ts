import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { type Finding, Refusal, STUCK, type StuckKey } from '@signalbox/contracts';
import { parseBody } from '@signalbox/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, Answers } from '../console/answers.js';
import { formFrom } from '../console/form.js';
import { type Known, refuseForeignForm, requireRole } from '../console/viewers.js';
import { defined } from '../journeys/delivery.js';
import { type ActOutcome, ACTS, actsOn, LEFT, type LeftReason } from './act-plan.js';
import { StuckActs } from './acts.js';
import { type GroupFilter, groupPath, type OpenGroup } from './groups.js';
import type { StuckItem } from './items.js';
import { SecondPersons } from './second-persons.js';
import { StuckWork } from './stuck-work.js';
import { ActBody, EventsQuestion, GroupQuestion } from './stuck.dto.js';

/** What stands still, grouped, with what can be done about it: as pages and as JSON at the same paths. */
@Controller('stuck')
export class StuckController {
  constructor(
    private readonly work: StuckWork,
    private readonly acts: StuckActs,
    private readonly seconds: SecondPersons,
    private readonly answers: Answers,
  ) {}

  @Get()
  groups(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const question = questionOf(request);
      const page = Number(question.page ?? 1);
      const { groups, pages } = await this.work.groups(known.viewer, filterOf(question), page);
      const totals = Object.fromEntries(await this.work.totals(known.viewer));
      const shown = groups.map((group) => groupJson(group, known));
      const waiting = await this.seconds.waiting(known);
      const model = {
        title: 'Stuck work',
        at: 'stuck',
        groups: shown.map((group) => ({ ...group, path: groupPath(group) })),
        totals: Object.entries(totals).map(([reason, count]) => ({ reason, count })),
        reasons: Object.keys(STUCK),
        filter: filterOf(question),
        filtered: Object.keys(filterOf(question)).length > 0,
        page,
        previous: page > 1 ? pathWith(question, { page: String(page - 1) }) : undefined,
        next: page < pages ? pathWith(question, { page: String(page + 1) }) : undefined,
        waiting,
      };
      const next = page < pages ? { next: String(page + 1) } : {};
      return { json: { groups: shown, totals, ...next }, view: 'stuck', model };
    });
  }

  @Get('group')
  group(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const question = questionOf(request);
      const key = keyOf(question);
      const group = await this.work.group(known.viewer, key);
      if (group === undefined) return goneAnswer(key, question);
      const page = await this.work.items(known.viewer, group, question.after);
      const shown = groupJson(group, known);
      const json = { group: shown, items: page.items.map(itemJson(group, known)), ...defined({ next: page.next }) };
      const model = {
        title: `Stuck: ${group.stuck}`,
        at: 'stuck',
        ...json,
        key,
        acts: shown.acts.map((act) => ({ act, ...ACTS[act] })),
        later: question.after !== undefined,
        first: groupPath(key),
        nextpath: page.next && `${groupPath(key)}&after=${encodeURIComponent(page.next)}`,
        done: doneOf(question),
      };
      return { json, view: 'stuck-group', model };
    });
  }

  @Post('act')
  @HttpCode(200)
  act(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      if (request.headers.authorization === undefined) refuseForeignForm(request);
      requireRole(known, 'operator');
      const { act, dryrun = true, note, to, ...key } = bodyOf(request);
      const group = await this.work.group(known.viewer, key);
      if (group === undefined) throw new Refusal('SB-4040', 'Nothing of this group stands still any more');
      const outcome = await this.acts.act(known, group, { act, dryrun, note, to });
      if (!dryrun) return { json: outcome, seeOther: `${groupPath(key)}&${doneQuery(outcome)}` };
      const wish = { ...key, act, note, to };
      const model = {
        title: `${ACTS[act].title}: what would be done`,
        at: 'stuck',
        group: groupJson(group, known),
        outcome,
        words: ACTS[act],
        wish: Object.entries(wish).flatMap(([name, value]) => (value === undefined ? [] : { name, value })),
        back: groupPath(key),
      };
      return { json: outcome, view: 'stuck-act', model };
    });
  }

  /** Which of some events are open for their publisher. JSON only: the gateway asks before it closes anything. */
  @Post('events')
  @HttpCode(200)
  events(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const refusal = (findings: readonly Finding[]) => new Refusal('SB-4000', undefined, { findings });
      const { events } = parseBody(EventsQuestion, request.body as Buffer | undefined, refusal);
      return { json: { events: await this.work.open(viewer, events) }, seeOther: '/stuck' };
    });
  }

  /** Agrees to an act on many that somebody else asked for, or stops it. */
  @Post('decide')
  @HttpCode(200)
  decide(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const json = await this.seconds.decide(known, Object.fromEntries(formFrom(request)));
      this.work.forget();
      return { json, seeOther: '/stuck' };
    });
  }
}

/** A group as it is told: without what only finds its members. */
function groupJson({ cells: _cells, ...group }: OpenGroup, known: Known) {
  const open = { ...group, cells: _cells };
  return { ...group, acts: actsOn(open, known) };
}

/** A publisher is not told by which subscription its event would be received. */
function itemJson(group: OpenGroup, { viewer }: Known) {
  return ({ identity: _identity, subscription, ...item }: StuckItem): object => ({
    ...item,
    ...(subscription !== '' && (viewer.all || viewer.ods === group.receiver) && { subscription }),
  });
}

function pathWith({ stuck, cause, publisher, receiver, type }: GroupQuestion, more: Record<string, string>): string {
  const filter = defined({ stuck, cause, publisher, receiver, type });
  return `/stuck?${String(new URLSearchParams({ ...filter, ...more }))}`;
}

function filterOf({ stuck, cause, publisher, receiver, type }: GroupQuestion): GroupFilter {
  const named = Object.entries({ stuck, cause, publisher, receiver, type });
  return Object.fromEntries(named.filter(([, value]) => value !== undefined && value !== ''));
}

/** @throws Refusal SB-4000 unless everything is named */
function keyOf({ stuck, cause, publisher, receiver = '', type = '' }: GroupQuestion): StuckKey {
  if (stuck === undefined || cause === undefined || publisher === undefined)
    throw new Refusal('SB-4000', 'Name the group by stuck, cause, publisher, receiver and type');
  return { stuck, cause, publisher, receiver, type };
}

/** @throws Refusal SB-4000 */
function questionOf(request: FastifyRequest): GroupQuestion {
  return parseBody(
    GroupQuestion,
    Buffer.from(JSON.stringify(request.query)),
    (findings) => new Refusal('SB-4000', undefined, { findings }),
  );
}

/** @throws Refusal SB-4000 */
function bodyOf(request: FastifyRequest): ActBody {
  const isJson = request.headers['content-type']?.startsWith('application/json') === true;
  const { dryrun, ...form } = isJson ? { dryrun: undefined } : formOf(request);
  const body = isJson
    ? (request.body as Buffer | undefined)
    : Buffer.from(
        JSON.stringify({
          ...Object.fromEntries(Object.entries(form).filter(([name, value]) => value !== '' || !REMARKS.has(name))),
          dryrun: dryrun !== 'no',
        }),
      );
  return parseBody(ActBody, body, (findings) => new Refusal('SB-4000', undefined, { findings }));
}

/** What may be left empty on a page. */
const REMARKS: ReadonlySet<string> = new Set(['note', 'to']);

function formOf(request: FastifyRequest): Record<string, string> {
  return Object.fromEntries(new URLSearchParams((request.body as Buffer | undefined)?.toString() ?? ''));
}

function doneQuery({ act, changed = 0, left, actions }: ActOutcome): string {
  return String(
    new URLSearchParams({
      done: act,
      changed: String(changed),
      ...(left.length > 0 && { left: left.map(({ why, count }) => `${why}.${String(count)}`).join(',') }),
      ...(actions.length > 0 && { actions: actions.join(',') }),
    }),
  );
}

/** What was done, for the page that follows: the address tells, so that it survives a refresh. */
function doneOf({ done, changed = '0', left, actions }: GroupQuestion): object | undefined {
  if (done === undefined) return undefined;
  const rest = (left ?? '').split(',').flatMap((part) => {
    const [why = '', count = '0'] = part.split('.');
    return why in LEFT ? { count: Number(count), sentence: LEFT[why as LeftReason] } : [];
  });
  return { did: ACTS[done].did, changed: Number(changed), left: rest, actions: actions?.split(',') ?? [] };
}

/** A group that is gone is good news for a page, and not found for a program. */
function goneAnswer(key: StuckKey, question: GroupQuestion): Answer {
  const json = { group: { ...key, count: 0 }, items: [] };
  const model = { title: 'Nothing stands still', at: 'stuck', key, done: doneOf(question) };
  return { json, view: 'stuck-none', model };
}
