import { Refusal } from '@signalbox/contracts';
import { type Queries, recordset } from '../store/database.js';
import { applicationOf, type Names, OTHER, type Origin } from './tallies.js';

interface Named {
  readonly org: string;
  readonly kind: 'application' | 'product' | 'version';
  readonly name: string;
}

/**
 * Decides which of the names that senders chose are told apart: the first so many of each kind and organisation, for good.
 * Without a limit a sender could fill the ledger with names.
 */
export async function openNames(
  within: Queries,
  counts: readonly { readonly origin: Origin }[],
  most: number,
): Promise<Omit<Names, 'type'>> {
  const wanted = new Map(counts.flatMap(({ origin }) => namesOf(origin)).map((named) => [keyOf(named), named]));
  const orgs = [...new Set([...wanted.values()].map(({ org }) => org))];
  const known = await within.query<Named & Record<string, unknown>>(
    'select org, kind, name from scorenames where org = any($1::text[])',
    [orgs],
  );
  const keys = new Set(known.map(keyOf));
  const taken = new Map<string, number>();
  for (const { org, kind } of known) taken.set(`${org} ${kind}`, (taken.get(`${org} ${kind}`) ?? 0) + 1);
  const fresh: Named[] = [];
  for (const [key, named] of wanted) {
    const place = `${named.org} ${named.kind}`;
    if (keys.has(key) || (taken.get(place) ?? 0) >= most) continue;
    taken.set(place, (taken.get(place) ?? 0) + 1);
    keys.add(key);
    fresh.push(named);
  }
  if (fresh.length > 0) {
    await within.query('insert into scorenames select * from json_populate_recordset(null::scorenames, $1::json)', [
      recordset(fresh),
    ]);
  }
  const has = (kind: Named['kind']) => (org: string, name: string) => keys.has(keyOf({ org, kind, name }));
  return { application: has('application'), product: has('product'), version: has('version') };
}

function namesOf({ sourceorg: org, source, product = '', version = '' }: Origin): Named[] {
  const all: Named[] = [
    { org, kind: 'application', name: applicationOf(source) },
    { org, kind: 'product', name: product },
    { org, kind: 'version', name: version },
  ];
  return all.filter(({ name }) => name !== '');
}

const keyOf = ({ org, kind, name }: Named): string => JSON.stringify([org, kind, name]);

/**
 * A page repeats what it is narrowed to: only what was seen of this organisation, or somebody could have typed a patient.
 *
 * @throws Refusal SB-4000
 */
export async function refuseUnknownNames(
  queries: Queries,
  org: string,
  wanted: Partial<Record<Named['kind'], string>>,
): Promise<void> {
  for (const kind of ['application', 'product', 'version'] as const) {
    const name = wanted[kind];
    if (name === undefined || name === OTHER) continue;
    const rows = await queries.query('select 1 as one from scorenames where org = $1 and kind = $2 and name = $3', [
      org,
      kind,
      name,
    ]);
    if (rows.length === 0) throw new Refusal('SB-4000', `Nothing of this organisation is known by that ${kind}`);
  }
}
