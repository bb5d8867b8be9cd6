import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { Catalogue, durationMs, holdsNhsNumber, Refusal } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, Answers } from '../console/answers.js';
import type { Known } from '../console/viewers.js';
import { duration } from '../journeys/words.js';
import { queryOf } from '../organisations/query.js';
import { toldWords } from '../organisations/small-numbers.js';
import type { Database } from '../store/database.js';
import { ContractsTold, type TypeLine, type TypeTold } from './contracts-told.js';
import { type ObservedUse, observedUse } from './observed-use.js';

/** What the catalogue's pages work with. */
export class CatalogueSite {
  constructor(
    readonly told: ContractsTold,
    readonly database: Database,
    readonly smallest: number,
    readonly nameOf: (ods: string) => string | undefined,
    /** Where browsers reach the gateway: its OpenAPI and AsyncAPI. */
    readonly gateway: URL,
  ) {}
}

/** Longer questions are not asked of a list this short. */
const MOST_LETTERS = 100;

const SCHEMA_TYPES: Readonly<Record<string, string>> = {
  json: 'application/schema+json',
  md: 'text/markdown; charset=utf-8',
};

/** The contracts for everybody, without an account; who uses them, for those who may know. */
@Controller()
export class CatalogueController {
  constructor(
    private readonly site: CatalogueSite,
    private readonly catalogue: Catalogue,
    private readonly answers: Answers,
  ) {}

  @Get('catalogue')
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.anybody(request, reply, () => {
      const asked = queryOf(request)('q')?.trim().slice(0, MOST_LETTERS) ?? '';
      // It stands in the address, where no number of a patient may be: the page without it says so.
      if (holdsNhsNumber(asked)) return Promise.resolve({ json: { types: [] }, seeOther: '/catalogue?refused=number' });
      return Promise.resolve(this.#list(asked, queryOf(request)('refused') === 'number'));
    });
  }

  @Get('catalogue/:type')
  type(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('type') name: string): Promise<void> {
    return this.answers.anybody(request, reply, async (known) => {
      const type = this.#find(name);
      const use = known && (await this.#use(known, name));
      return this.#page(type, use);
    });
  }

  @Get('catalogue/:type/use')
  use(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('type') name: string): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const use = await this.#use(known, this.#find(name).type);
      return { json: use, seeOther: `/catalogue/${name}#use` };
    });
  }

  @Get('schemas/*')
  schema(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('*') path: string): void {
    const file = this.catalogue.schemaFile(path);
    if (!file) throw new Refusal('SB-4040', 'The catalogue has no such file');
    reply.headers({ etag: file.etag, 'cache-control': 'public, max-age=300' });
    if (request.headers['if-none-match'] === file.etag) return void reply.code(304).send();
    reply.type(SCHEMA_TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream').send(file.bytes);
  }

  #find(name: string): TypeTold {
    const type = this.site.told.of(name.startsWith(PREFIX) ? name : PREFIX + name);
    if (!type) throw new Refusal('SB-4040', 'The catalogue has no such type');
    return type;
  }

  #use({ viewer }: Known, type: string): Promise<ObservedUse> {
    const { database, nameOf, smallest } = this.site;
    return observedUse(database, viewer, type, { nameOf, smallest });
  }

  #list(asked: string, refused: boolean): Answer {
    const { told, gateway } = this.site;
    const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
    const types = told.lines(words).map((line) => {
      const fields = words.length === 0 ? [] : told.fieldsLike(line.type, words);
      return { ...line, ...(words.length > 0 && { fields }) };
    });
    const named = Object.keys(FAMILY_TITLES);
    const others = types.map(({ family }) => family).filter((family) => !named.includes(family));
    const present = [...named, ...new Set(others)].filter((family) => types.some((one) => one.family === family));
    const families = present.map((family) => ({
      family,
      title: FAMILY_TITLES[family] ?? family,
      types: types.filter((one) => one.family === family),
    }));
    return {
      json: { types },
      view: 'catalogue',
      ...(words.length === 0 && !refused && { lasting: 'catalogue' }),
      model: {
        at: 'catalogue',
        title: 'Catalogue',
        families,
        count: types.length,
        // What finds nothing is not repeated: it may be somebody's name.
        asked: types.length > 0 ? asked : '',
        none: types.length === 0,
        refused,
        gateway: gateway.origin,
      },
    };
  }

  #page(type: TypeTold, use: ObservedUse | undefined): Answer {
    const { told, gateway } = this.site;
    const [versions, steps] = [told.versions(type), told.steps(type)];
    const model = {
      at: 'catalogue',
      title: `${type.title}, version ${String(type.version)}`,
      type,
      versions,
      steps,
      notice: noticeOf(type),
      use: use && { ...use, publishers: inWords(use.publishers), subscribers: inWords(use.subscribers) },
      gateway: gateway.origin,
      examples: type.examples.accepts.map((one) => ({ ...one, text: JSON.stringify(one.event, null, 2) })),
      faults: type.examples.rejects,
      clocks: type.clocks.map((clock) => ({ ...clock, words: timesInWords(clock.times) })),
    };
    return {
      json: { ...type, versions, changes: steps, ...(use && { use }) },
      view: 'catalogue-type',
      model,
      lasting: `catalogue ${type.type}`,
    };
  }
}

const PREFIX = 'org.signalbox.';

/** In the order of a patient's way; families that are not named here follow under their own names. */
const FAMILY_TITLES: Readonly<Record<string, string>> = {
  referral: 'Referrals',
  booking: 'Bookings',
  result: 'Results',
  operations: 'Operations: what the exchange tells about itself',
};

function inWords(lines: ObservedUse['publishers']): object[] {
  return lines.map((line) => ({ ...line, words: toldWords(line.events) }));
}

/** Durations as people say them: days, and hours up to a day. */
function timesInWords(times: Readonly<Record<string, string>>): Record<string, string> {
  const words = (value: string): string => {
    const ms = durationMs(value);
    const unit = ms === undefined ? 0 : ms >= 172_800_000 ? 86_400_000 : ms >= 3_600_000 ? 3_600_000 : 60_000;
    // What is not a whole number of its unit stays as it is written.
    return ms === undefined || ms % unit !== 0 ? value : duration(ms);
  };
  return Object.fromEntries(Object.entries(times).map(([urgency, value]) => [urgency, words(value)]));
}

/** What somebody who builds on a version should know first. */
function noticeOf({ status, dates, replacedby }: TypeLine): { title: string; text: string } | undefined {
  const since = dates[status] ?? '';
  const instead = replacedby === undefined ? '' : ` Use ${replacedby} instead.`;
  if (status === 'draft')
    return { title: 'Draft', text: `It is taken, but the contract may still change. Draft since ${since}.` };
  if (status === 'retired') return { title: 'Retired', text: `It takes no new events since ${since}.${instead}` };
  if (status !== 'deprecated') return undefined;
  const sunset = dates.retired === undefined ? '' : ` It is retired on ${dates.retired}.`;
  return {
    title: 'Deprecated',
    text: `It is still taken, but will not be for good: deprecated since ${since}.${sunset}${instead}`,
  };
}
