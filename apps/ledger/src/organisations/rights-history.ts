import type { Grant, Registry, Stage } from '@signalbox/registry';
import { type Database, plain, type Queries, recordset, type Row } from '../store/database.js';
import { changesOf, type GrantChange, type KnownGrant, sameStage } from './rights-changes.js';
import type { SecondReader } from './second-reading.js';

/** What the history stands on. */
export interface RightsHistoryParts {
  readonly database: Database;
  readonly registry: Pick<Registry, 'organisations' | 'grants' | 'stages' | 'onChange'>;
}

/** Milliseconds after which everything is compared though nothing was told: a grant ends without a word. */
const COMPARE_EVERY_MS = 60_000;

/**
 * Writes down every change of a right and of a stage, by comparing the registry with what was written last. What changes
 * while the ledger is away is noticed when it is back, and dated so.
 */
export class RightsHistory implements SecondReader {
  #dirty = true;
  #compared = 0;
  readonly #stop: (() => void)[];

  constructor(private readonly parts: RightsHistoryParts) {
    const changed = () => {
      this.#dirty = true;
    };
    const { registry } = parts;
    this.#stop = [registry.onChange('grant', changed), registry.onChange('stage', changed)];
  }

  close(): void {
    for (const stop of this.#stop) stop();
  }

  async look(): Promise<boolean> {
    const now = Date.now();
    if (!this.#dirty && now - this.#compared < COMPARE_EVERY_MS) return false;
    this.#dirty = false;
    this.#compared = now;
    try {
      await this.parts.database.transaction(async (within) => {
        await this.#grants(within, new Date(now));
        await this.#stages(within, new Date(now));
      });
    } catch (error) {
      this.#dirty = true;
      throw error;
    }
    return false;
  }

  async #grants(within: Queries, now: Date): Promise<void> {
    const rows = await within.query<Row>(
      'select distinct on (ods, grantid) * from grantchanges order by ods, grantid, number desc',
    );
    const [first] = await within.query<{ empty: boolean }>('select not exists (select 1 from grantchanges) as empty');
    const { registry } = this.parts;
    const present = registry.organisations().flatMap(({ ods }) => registry.grants(ods));
    const changes = changesOf(
      rows.map((row) => plain<KnownGrant>(row)),
      present,
      now,
      first?.empty === true,
    );
    if (changes.length > 0) await within.query(INSERT_GRANTS, [recordset(inOrder(changes))]);
  }

  async #stages(within: Queries, now: Date): Promise<void> {
    const rows = await within.query<Row>(
      'select distinct on (ods, type) * from stagechanges order by ods, type, number desc',
    );
    const { registry } = this.parts;
    const known = new Map(rows.map((row) => plain<StageRow>(row)).map((row) => [`${row.ods} ${row.type}`, row]));
    const present = registry.organisations().flatMap(({ ods }) => registry.stages(ods));
    const at = now.toISOString();
    const changes: WrittenStage[] = [];
    for (const stage of present) {
      const before = known.get(`${stage.ods} ${stage.type}`);
      known.delete(`${stage.ods} ${stage.type}`);
      if (before !== undefined && before.change !== 'cleared' && sameStage(before, stage)) continue;
      changes.push(stageRow(stage, stage.changed === undefined ? 'found' : 'set', stage.changed ?? at));
    }
    for (const { ods, type, change, strictness } of known.values())
      if (change !== 'cleared') changes.push({ ods, type, change: 'cleared', at, before: strictness });
    if (changes.length > 0) await within.query(INSERT_STAGES, [recordset(inOrder(changes))]);
  }
}

/** Something that happened at a time. */
interface Dated {
  readonly at: string;
}

/** A line about a stage as it is written. */
type WrittenStage = Dated & Readonly<Record<string, unknown>>;

/** What is noticed together is written in the order in which it happened. */
function inOrder<T extends Dated>(changes: readonly T[]): T[] {
  return changes.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** The newest line about a stage. */
interface StageRow {
  readonly ods: string;
  readonly type: string;
  readonly change: 'found' | 'set' | 'cleared';
  readonly strictness?: string;
  readonly starts?: string;
  readonly by?: string;
}

function stageRow({ ods, type, strictness, from, before, by }: Stage, change: string, at: string): WrittenStage {
  return { ods, type, change, at, strictness, starts: from, before, by };
}

const GRANT_COLUMNS = 'at, change, grantid, ods, application, action, types, purpose, basis, expires, created';
const INSERT_GRANTS = `
  insert into grantchanges (${GRANT_COLUMNS})
  select ${GRANT_COLUMNS} from json_populate_recordset(null::grantchanges, $1::json)`;
const STAGE_COLUMNS = 'at, change, ods, type, strictness, starts, before, by';
const INSERT_STAGES = `
  insert into stagechanges (${STAGE_COLUMNS})
  select ${STAGE_COLUMNS} from json_populate_recordset(null::stagechanges, $1::json)`;

/** Which changes somebody asks for. */
export interface ChangeQuery {
  /** Own grants, and grants to receive types that one of these patterns overlaps with; without it, all. */
  readonly side?: { readonly ods: string; readonly patterns: readonly string[] };
  readonly before?: number;
  readonly limit: number;
}

/** Changes of grants that say where data may go, newest first. */
export async function grantChanges(
  queries: Queries,
  { side, before, limit }: ChangeQuery,
): Promise<(GrantChange & { readonly number: number })[]> {
  const rows = await queries.query<Row>(
    `select * from grantchanges
     where action in ('publish', 'subscribe') and ($1::bigint is null or number < $1)
       and ($2::text is null or ods = $2 or (action = 'subscribe' and types = any($3::text[])))
     order by number desc limit $4`,
    [before ?? null, side?.ods ?? null, side?.patterns ?? [], limit],
  );
  return rows.map((row) => plain<GrantChange & { readonly number: number }>(row));
}

/** Every pattern that a grant to receive has or had. */
export async function patternsEver(queries: Queries): Promise<string[]> {
  const rows = await queries.query<{ types: string }>(
    `select distinct types from grantchanges where action = 'subscribe'`,
  );
  return rows.map(({ types }) => types);
}

/** Since when the history is kept; `undefined` while nothing was written. RFC 3339. */
export async function historySince(queries: Queries): Promise<string | undefined> {
  const [row] = await queries.query<Row>('select at from grantchanges order by number limit 1');
  return row && plain<{ at: string }>(row).at;
}

/** Since when each grant has been given, by organisation and grant. RFC 3339. */
export async function givenSince(queries: Queries, grants: readonly Grant[]): Promise<Map<string, string>> {
  const keys = grants.map(({ ods, id }) => ({ ods, grantid: id }));
  const rows = await queries.query<Row>(
    `select ods, grantid, min(coalesce(created, at)) as given
     from grantchanges join json_to_recordset($1::json) as k(ods text, grantid text) using (ods, grantid)
     where change in ('found', 'given') group by ods, grantid`,
    [recordset(keys)],
  );
  return new Map(
    rows
      .map((row) => plain<{ ods: string; grantid: string; given: string }>(row))
      .map((row) => [`${row.ods} ${row.grantid}`, row.given]),
  );
}

/** A line of the history of an organisation's stages. */
export interface StageChange {
  readonly at: string;
  readonly change: 'found' | 'set' | 'cleared';
  readonly type: string;
  readonly strictness?: string;
  readonly starts?: string;
  readonly before?: string;
  readonly by?: string;
}

/** How the stages of an organisation changed, newest first. */
export async function stageChanges(queries: Queries, ods: string, limit: number): Promise<StageChange[]> {
  const rows = await queries.query<Row>(
    `select at, change, type, strictness, starts, before, by from stagechanges where ods = $1
     order by number desc limit $2`,
    [ods, limit],
  );
  return rows.map((row) => plain<StageChange>(row));
}
