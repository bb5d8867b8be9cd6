import pg from 'pg';
import { type Database, parametersOf, type Queries } from './database.js';
import { DatabaseUnavailable } from './unavailable.js';

/** Limits of the pool of connections; all in milliseconds but `connections`. */
export interface PoolLimits {
  readonly connections: number;
  readonly connectTimeout: number;
  readonly statementTimeout: number;
}

const BIGINT = 20;

/** Connects to a PostgreSQL server. Connections that break while idle are reported to `onError` and replaced by the pool. */
export async function openPostgresql(
  url: string,
  limits: PoolLimits,
  onError: (error: Error) => void,
): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: limits.connections,
    connectionTimeoutMillis: limits.connectTimeout,
    statement_timeout: limits.statementTimeout,
    application_name: 'signalbox-ledger',
    types: { getTypeParser },
    onConnect: compileNothing,
  });
  pool.on('error', onError);
  await pool.query('select 1').catch(async (error: unknown) => {
    await pool.end();
    throw new Error(`PostgreSQL at LEDGER_DATABASE_URL cannot be used: ${reasonOf(error)}`, { cause: error });
  });
  return {
    kind: 'postgresql',
    ...queriesOf(pool),
    script: async (text) => void (await pool.query(text)),
    transaction: (work) => transaction(pool, work),
    close: () => pool.end(),
  };
}

/**
 * Every question here finds few rows by an index. Of those that skip through one PostgreSQL expects thousands of times as
 * much, and would compile for seconds what runs for milliseconds. The pool waits for the answer, though its types do not say so.
 */
function compileNothing(client: pg.ClientBase): unknown {
  return client.query('set jit = off');
}

function queriesOf(client: pg.Pool | pg.PoolClient): Queries {
  return {
    query: async <T extends object>(text: string, parameters: readonly unknown[] = []) =>
      (await client.query(text, parametersOf(parameters)).catch(refuseIfAway)).rows as T[],
  };
}

/** The driver hands `bigint` over as text; nothing here comes near 2^53. */
const getTypeParser = ((oid: number, format?: 'text'): unknown =>
  oid === BIGINT ? Number : (pg.types.getTypeParser(oid, format) as unknown)) as typeof pg.types.getTypeParser;

/** SQLSTATE classes of a server that cannot serve now: connection, resources, operator intervention, internal. */
const AWAY = /^(08|53|57|58|XX)/;

function refuseIfAway(error: unknown): never {
  const fromServer = error instanceof pg.DatabaseError;
  throw fromServer && !AWAY.test(error.code ?? '') ? error : new DatabaseUnavailable(error);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return (message ?? '') === '' ? (code ?? 'unknown reason') : message!;
}

async function transaction<T>(
  pool: pg.Pool,
  work: (within: Queries & { script(text: string): Promise<void> }) => Promise<T>,
): Promise<T> {
  const client = await pool.connect().catch(refuseIfAway);
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work({ ...queriesOf(client), script: async (text) => void (await client.query(text)) });
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: unknown) => {
      broken = failure as Error;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
