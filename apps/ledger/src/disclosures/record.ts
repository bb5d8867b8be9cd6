import { RevisionConflict, type KeyValue } from '@signalbox/messaging';
import { type Database, plain, recordset, type Row, storable } from '../store/database.js';
import { BEGINNING, canonical, type ChainCheck, checkChain, type Entry, type KeptEntry, leafHash } from './chain.js';

/** What somebody adds to the record. */
export type NewEntry = Omit<Entry, 'number' | 'previous'>;

/** An entry with its hash. */
export type Added = Entry & { readonly hash: string };

/** Where the record is kept. */
export interface RecordParts {
  readonly database: Database;
  /** The bucket of the engine: synced to disk before it answers. */
  readonly bucket: KeyValue;
}

/** How often a place in the record is looked for that another process has taken. */
const TRIES = 10;
/** Entries that are read at once when the table is filled. */
const PAGE = 100;

/**
 * The record of disclosures: only ever added to. An entry is on the engine's disk before it is in the table, so that it
 * outlives the database, and each holds the hash of the one before. Of several ledgers that add at once one gets the place.
 */
export class DisclosureRecord {
  #writing: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: RecordParts) {}

  /** Resolves once the entry is durable and can be found. @throws what stood in the way; then it may count all the same */
  add(entry: NewEntry): Promise<Added> {
    const written = this.#writing.then(() => this.#add(entry));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** Brings the table up to what the engine keeps. */
  async catchUp(): Promise<void> {
    for (let head = await this.#head(); ;) {
      const keys = Array.from({ length: PAGE }, (_none, at) => keyOf(head.number + 1 + at));
      const kept: KeptEntry[] = [];
      for (const key of keys) {
        const found = await this.parts.bucket.get(key);
        if (found?.value === undefined) break;
        const entry = Buffer.from(found.value).toString();
        kept.push({ number: head.number + 1 + kept.length, entry, hash: leafHash(entry) });
      }
      if (kept.length > 0) await this.#insert(kept);
      if (kept.length < PAGE) return;
      head = await this.#head();
    }
  }

  /** Whether the newest entries are as they were written. */
  async check(most: number): Promise<ChainCheck> {
    const rows = await this.parts.database.query<Row>(
      'select number, entry, hash from disclosures order by number desc limit $1',
      [most + 1],
    );
    const entries = rows.map((row) => plain<KeptEntry>(row)).toReversed();
    if (entries.length <= most) return checkChain(entries, BEGINNING);
    return checkChain(entries.slice(1), entries[0]?.hash);
  }

  /** Whether the entries behind a number are as they were written, `most` of them; `next` leads on where there are more. */
  async checkBehind(number: number, most: number): Promise<ChainCheck & { readonly next?: number }> {
    const rows = await this.parts.database.query<Row>(
      'select number, entry, hash from disclosures where number >= $1 order by number limit $2',
      [number, most + 2],
    );
    const [first, ...others] = rows.map((row) => plain<KeptEntry>(row));
    const isBefore = number > 0 && first?.number === number;
    const entries = isBefore || first === undefined ? others : [first, ...others];
    const looked = entries.slice(0, most);
    const check = checkChain(looked, isBefore ? first.hash : BEGINNING);
    return { ...check, ...(entries.length > most && { next: looked.at(-1)!.number }) };
  }

  async #add(entry: NewEntry): Promise<Added> {
    for (let tries = 0; ; tries++) {
      const { number, hash: previous } = await this.#head();
      const whole: Entry = { ...storableEntry(entry), number: number + 1, previous };
      const text = canonical(whole);
      try {
        await this.parts.bucket.create(keyOf(whole.number), text);
      } catch (error) {
        if (!(error instanceof RevisionConflict) || tries === TRIES) throw error;
        // Somebody else was first, or this table is behind.
        await this.catchUp();
        continue;
      }
      const hash = leafHash(text);
      await this.#insert([{ number: whole.number, entry: text, hash }]);
      return { ...whole, hash };
    }
  }

  async #head(): Promise<Pick<KeptEntry, 'number' | 'hash'>> {
    const [row] = await this.parts.database.query<Row>(
      'select number, hash from disclosures order by number desc limit 1',
    );
    return row === undefined ? { number: 0, hash: BEGINNING } : plain<KeptEntry>(row);
  }

  async #insert(kept: readonly KeptEntry[]): Promise<void> {
    const rows = kept.map(({ number, entry, hash }) => ({ ...(JSON.parse(entry) as Entry), number, entry, hash }));
    await this.parts.database.query(
      `insert into disclosures select * from json_populate_recordset(null::disclosures, $1::json)
       on conflict (number) do nothing`,
      [recordset(rows)],
    );
  }
}

/** What is hashed is what the table can hold. */
function storableEntry(entry: NewEntry): NewEntry {
  const members = Object.entries(entry).map(([name, member]: [string, string]) => [name, storable(member)]);
  return Object.fromEntries(members) as NewEntry;
}

/** In the order of their numbers, as people read them in the engine's own tools. */
function keyOf(number: number): string {
  return `entry.${String(number).padStart(12, '0')}`;
}
