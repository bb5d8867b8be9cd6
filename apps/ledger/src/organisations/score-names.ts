import { type Queries, recordset } from '../store/database.js';
import { applicationOf, type Names, type Origin } from './tallies.js';

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
