import type { Catalogue } from '@signalbox/contracts';
import type { Registry } from '@signalbox/registry';
import type { Viewer } from '../journeys/sight.js';
import { type Database, recordset } from '../store/database.js';
import { type DataFlow, dataFlows, type FlowKey, type FlowQuery, overlapping } from './data-flows.js';
import type { Retention } from './organisation-desk.js';
import type { GrantChange } from './rights-changes.js';
import { givenSince, grantChanges, historySince, patternsEver } from './rights-history.js';
import { type Told, told } from './small-numbers.js';

/** What {@link WhereDataGoes} is made of. */
export interface WhereParts {
  readonly database: Database;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly retention: () => Promise<Retention>;
  /** Numbers below this one are not told. */
  readonly smallest: number;
}

/** A flow as it is told. Times are RFC 3339. */
export interface FlowTold extends Omit<DataFlow, 'by' | 'asked'> {
  /** Since when data can go this way: since the last of what it stands on was there. */
  readonly since: string;
  /** Days that the exchange keeps the content; absent where the engine does not tell, 0 = for good. */
  readonly keptdays?: number;
  /** Events that arrived, of those accepted in the last 30 days. */
  readonly events30d: Told;
}

/** A change of where data may go, with its place in the history. */
export type ChangeTold = GrantChange & { readonly number: number };

/** What somebody asks for. */
export interface WhereQuery extends Omit<FlowQuery, 'side'> {
  readonly limit: number;
}

const DAY_MS = 86_400_000;
const OBSERVED_DAYS = 30;

/** What this account covers, and what not: shown wherever it is. */
export const COVERS: readonly string[] = [
  'Every flow of event types that hold patient data, as the grants and subscriptions of this moment make it: whoever may publish a type, and every organisation that asked to receive it and may.',
  'An event that names a recipient goes to that organisation alone, and filters of a receiver may leave events out: a flow says what can go, and the number beside it what did arrive.',
  'It does not cover what a receiver does with what it has received, nor what organisations send one another by other ways.',
  'Notices of the exchange itself (alerts, outages, stages) hold no patient data and are not listed.',
];

/** Says where patient data goes, out of what is in force now and what was observed: it cannot go stale. */
export class WhereDataGoes {
  constructor(private readonly parts: WhereParts) {}

  /** Flows that the viewer may see, in the order of publisher, receiver and type. */
  async flows(
    viewer: Viewer,
    { limit, ...query }: WhereQuery,
    now = new Date(),
  ): Promise<{ flows: FlowTold[]; next?: FlowKey }> {
    const { registry, catalogue } = this.parts;
    const asked = { ...query, ...(!viewer.all && { side: viewer.ods }) };
    const found: DataFlow[] = [];
    let more = false;
    for (const flow of dataFlows(registry, catalogue.types(), asked)) {
      if (found.length === limit) {
        more = true;
        break;
      }
      found.push(flow);
    }
    const last = found.at(-1);
    const flows = await this.#told(found, now);
    return { flows, ...(more && last !== undefined && { next: [last.from, last.to, last.type] as const }) };
  }

  /** The names of organisations, by code. */
  names(codes: readonly string[]): Record<string, string> {
    return Object.fromEntries(codes.map((ods) => [ods, this.parts.registry.organisation(ods)?.name ?? '']));
  }

  /** Grants given, changed, ended and withdrawn that bear on the viewer's side, newest first. */
  async changes(
    viewer: Viewer,
    { before, limit }: { readonly before?: number; readonly limit: number },
  ): Promise<{ changes: ChangeTold[]; next?: number; since?: string }> {
    const { database } = this.parts;
    const side = viewer.all ? {} : { side: { ods: viewer.ods, patterns: await this.#patternsOf(viewer.ods) } };
    const rows = await grantChanges(database, { ...side, limit: limit + 1, ...(before !== undefined && { before }) });
    const changes = rows.slice(0, limit);
    const since = await historySince(database);
    const last = changes.at(-1);
    return {
      changes,
      ...(rows.length > limit && last !== undefined && { next: last.number }),
      ...(since !== undefined && { since }),
    };
  }

  /** Patterns of grants to receive that mean something which an organisation may publish. */
  async #patternsOf(ods: string): Promise<string[]> {
    const { registry, catalogue, database } = this.parts;
    const published = registry.grants(ods).flatMap(({ action, types }) => (action === 'publish' ? [types] : []));
    const types = catalogue.types().map(({ type }) => type);
    return overlapping(await patternsEver(database), published, types);
  }

  async #told(flows: readonly DataFlow[], now: Date): Promise<FlowTold[]> {
    const grants = flows.flatMap(({ by }) => [by.publish, ...by.receive]);
    const [given, counts, retention] = await Promise.all([
      givenSince(this.parts.database, [
        ...new Map(grants.map((grant) => [`${grant.ods} ${grant.id}`, grant])).values(),
      ]),
      this.#observed(flows, now),
      this.parts.retention(),
    ]);
    const kept = new Map(retention.streams.map(({ family, days }) => [family, days]));
    return flows.map(({ by, asked, ...flow }) => {
      const since = [by.publish, ...by.receive].flatMap(({ ods, id }) => given.get(`${ods} ${id}`) ?? []);
      const days = kept.get(flow.type.split('.')[2] ?? '');
      return {
        ...flow,
        since: [...since, asked]
          .map((one) => new Date(one).toISOString())
          .toSorted()
          .at(-1)!,
        ...(days !== undefined && { keptdays: days }),
        events30d: told(counts.get(keyOf(flow)) ?? 0, this.parts.smallest),
      };
    });
  }

  async #observed(flows: readonly DataFlow[], now: Date): Promise<Map<string, number>> {
    if (flows.length === 0) return new Map();
    const since = new Date(now.getTime() - OBSERVED_DAYS * DAY_MS).toISOString();
    const rows = await this.parts.database.query<{ from: string; to: string; type: string; count: number }>(
      `select k."from", k."to", k.type, coalesce(sum(f.delivered), 0)::bigint as count
       from json_to_recordset($1::json) as k("from" text, "to" text, type text)
       join flows f on f.fromorg = k."from" and f.toorg = k."to" and f.type = k.type and f.hour >= $2
       group by k."from", k."to", k.type`,
      [recordset(flows.map(({ from, to, type }) => ({ from, to, type }))), since],
    );
    return new Map(rows.map((row) => [keyOf(row), row.count]));
  }
}

const keyOf = ({ from, to, type }: { from: string; to: string; type: string }): string => `${from} ${to} ${type}`;
