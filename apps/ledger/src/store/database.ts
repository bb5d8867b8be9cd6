/** One row as the drivers hand it over: `bigint` columns are numbers, `timestamptz` are `Date`, `json` is parsed. */
export type Row = Record<string, unknown>;

/** What both PGlite and PostgreSQL can do, and all that the ledger needs. Placeholders are `$1`, `$2`, … */
export interface Queries {
  query<T extends object = Row>(text: string, parameters?: readonly unknown[]): Promise<T[]>;
}

/** The ledger's database. The same SQL runs on either kind. */
export interface Database extends Queries {
  readonly kind: 'pglite' | 'postgresql';
  /** Runs several statements without parameters, as a migration file holds them. */
  script(text: string): Promise<void>;
  /** All or nothing: what `work` throws rolls everything back and is thrown on. */
  transaction<T>(work: (within: Queries & { script(text: string): Promise<void> }) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * The text of a parameter for `json_to_recordset`. PostgreSQL cannot hold U+0000 and refuses lone surrogates in
 * JSON; one such character must not stop the whole batch, so each is replaced by U+FFFD.
 */
export function recordset(rows: readonly object[]): string {
  return JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'string' ? storable(value) : value));
}

/** A string as PostgreSQL can store and compare it. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

/** Parameters as PostgreSQL can compare them: what a caller made up finds nothing, and is no error of ours. */
export function parametersOf(parameters: readonly unknown[]): unknown[] {
  return parameters.map((one) => (Array.isArray(one) ? one.map(asStorable) : asStorable(one)));
}

function asStorable(value: unknown): unknown {
  return typeof value === 'string' ? storable(value) : value;
}

/** A row without its nulls, and with its instants as RFC 3339 in UTC: what the rest of the ledger works with. */
export function plain<T extends object>(row: Row): T {
  const kept: Row = {};
  for (const [name, value] of Object.entries(row)) {
    if (value !== null) kept[name] = value instanceof Date ? value.toISOString() : value;
  }
  return kept as T;
}
