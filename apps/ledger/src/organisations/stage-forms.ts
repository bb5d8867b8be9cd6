import { Refusal, type StageResult, STRICTNESSES } from '@signalbox/contracts';
import type { Registry, Strictness } from '@signalbox/registry';
import type { FastifyRequest } from 'fastify';
import type { Answer } from '../console/answers.js';
import { formFrom } from '../console/form.js';
import { type Known, requireRole } from '../console/viewers.js';
import type { Acting } from '../people/acting.js';
import type { OrganisationDesk } from './organisation-desk.js';
import { oneOf, queryOf } from './query.js';
import { STRICTNESS_WORDS } from './strictness-words.js';

/** What the gateway answers to a dry run. */
type StageDryRun = StageResult & Required<Pick<StageResult, 'confirm'>>;

/** What {@link StageForms} is made of. */
export interface StageFormsParts {
  readonly desk: OrganisationDesk;
  readonly acting: Pick<Acting, 'call'>;
  readonly registry: Pick<Registry, 'stageOf'>;
}

const TYPE = /^(\*|[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*(\.\*)?)$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Shows how strictly a type is judged, what a change would do, and makes the change in the name of who asks for it. */
export class StageForms {
  constructor(private readonly parts: StageFormsParts) {}

  /** The present stage; with a strictness in the query, what that would do. @throws Refusal SB-4040, SB-3005, SB-4000 */
  async show(known: Known, request: FastifyRequest): Promise<Answer> {
    const { desk } = this.parts;
    const { ods, type } = paramsOf(request);
    const organisation = desk.seen(known.viewer, ods);
    const query = queryOf(request);
    const wish = wishOf(query);
    const now = new Date();
    const line = { type, ...desk.stageOf(ods, type, now) };
    const record = this.parts.registry.stageOf(ods, type);
    const impacts = await Promise.all(
      STRICTNESSES.map(
        async (strictness) => [strictness, await desk.impact(known.viewer, ods, type, strictness)] as const,
      ),
    );
    const dryrun = wish && (await this.#dryRun(known, ods, type, wish));
    const json = { organisation: ods, stage: line, ...(record && { record }), ...(dryrun && { dryrun }) };
    const model = {
      title: `Stage of ${type}`,
      at: 'organisations',
      organisation,
      line,
      record,
      words: STRICTNESS_WORDS,
      impacts: Object.fromEntries(impacts),
      chosen: { strictness: query('strictness'), from: query('from'), clear: query('clear') !== undefined },
      dryrun,
      mayact: known.roles.has('administrator'),
      example: new Date(now.getTime() + 7 * 86_400_000).toISOString().slice(0, 10),
    };
    return { json, view: 'stage', model };
  }

  /** Makes the change that was shown. @throws Refusal SB-3005, and as the gateway answers */
  async change(known: Known, request: FastifyRequest): Promise<Answer> {
    const form = formFrom(request);
    requireRole(known, 'administrator');
    const { ods, type } = paramsOf(request);
    this.parts.desk.seen(known.viewer, ods);
    const wish = wishOf((name) => form.get(name));
    if (wish === undefined) throw new Refusal('SB-4000', 'The form says nothing to do');
    const confirm = form.get('confirm') ?? '';
    const done = wish === 'clear' ? 'stage-cleared' : 'stage-set';
    const json = await this.#call(known, ods, type, wish, { confirm });
    return { json: json ?? {}, seeOther: `/organisations/${encodeURIComponent(ods)}?done=${done}` };
  }

  async #dryRun(known: Known, ods: string, type: string, wish: Wish): Promise<StageDryRun> {
    requireRole(known, 'administrator');
    return (await this.#call(known, ods, type, wish, { dryrun: 'true' })) as StageDryRun;
  }

  #call(
    known: Known,
    ods: string,
    type: string,
    wish: Wish,
    query: Record<string, string>,
  ): Promise<object | undefined> {
    const path = `/organisations/${encodeURIComponent(ods)}/stages/${encodeURIComponent(type)}?${new URLSearchParams(query).toString()}`;
    return wish === 'clear'
      ? this.parts.acting.call<object | undefined>(known, 'DELETE', path)
      : this.parts.acting.call<object>(known, 'PUT', path, wish);
  }
}

type Wish = 'clear' | { readonly strictness: Strictness; readonly from?: string };

/** @throws Refusal SB-4040 for what can be no type */
function paramsOf(request: FastifyRequest): { ods: string; type: string } {
  const { ods, type } = request.params as { ods: string; type: string };
  if (!TYPE.test(type)) throw new Refusal('SB-4040');
  return { ods, type };
}

/** @throws Refusal SB-4000 */
function wishOf(named: (name: string) => string | undefined): Wish | undefined {
  if (named('clear') !== undefined) return 'clear';
  const strictness = oneOf('strictness', named('strictness'), STRICTNESSES);
  if (strictness === undefined) return undefined;
  const date = named('from');
  if (date === undefined || date === '') return { strictness };
  if (!DATE.test(date) || Number.isNaN(Date.parse(date)))
    throw new Refusal('SB-4000', 'The start must be a date: yyyy-mm-dd');
  return { strictness, from: `${date}T00:00:00Z` };
}
