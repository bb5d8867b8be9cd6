import type { Database } from './database.js';
import { migrate } from './migrations.js';
import { openPglite } from './pglite.js';
import { openPostgresql, type PoolLimits } from './postgresql.js';

/** Where the ledger keeps what it remembers. */
export interface StorePlace extends PoolLimits {
  /** `postgres://…`; absent means the embedded database. */
  readonly url?: string | undefined;
  /** Folder of the embedded database. */
  readonly folder: string;
}

/**
 * Opens the database, embedded or by URL, and brings its schema up to date.
 *
 * @param onError told when a connection is lost
 * @param onSetAside told when the embedded database could not be trusted any more and an empty one took its place
 */
export async function openDatabase(
  place: StorePlace,
  onError: (error: Error) => void,
  onSetAside?: () => void,
): Promise<Database> {
  const database =
    place.url === undefined
      ? await openPglite(place.folder, onSetAside)
      : await openPostgresql(place.url, place, onError);
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}
