import { createHash } from 'node:crypto';

/** What an entry says happened. */
export type EntryKind =
  /** Somebody was let see the values of an event, for a time. */
  | 'opened'
  /** The organisations concerned were told; nothing is shown before. */
  | 'noticed'
  /** The values were shown once. */
  | 'viewed'
  /** Ended before its time. */
  | 'ended'
  /** Somebody looked into whether it was right. */
  | 'reviewed';

/** One entry of the record of disclosures. It is never changed. Times are RFC 3339 in UTC. */
export interface Entry {
  /** Counted from 1 without a gap. */
  readonly number: number;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly previous: string;
  readonly kind: EntryKind;
  readonly at: string;
  /** Id of the disclosure that it belongs to. */
  readonly disclosure: string;
  /** ODS code of the organisation, and `<ODS>:<person>`, of who did it. */
  readonly org: string;
  readonly by: string;
  /** Their name, as it was. */
  readonly name?: string;
  /** Of an opening: the event, its publisher, why, and until when. */
  readonly publisher?: string;
  readonly source?: string;
  readonly eventid?: string;
  readonly type?: string;
  readonly journey?: string;
  readonly reason?: string;
  readonly text?: string;
  readonly until?: string;
  /** Of a review. */
  readonly note?: string;
}

/** An entry as it is kept: the very text that was hashed. */
export interface KeptEntry {
  readonly number: number;
  readonly entry: string;
  readonly hash: string;
}

/** What stands before the first entry. */
export const BEGINNING = '0'.repeat(64);

/** The canonical JSON (RFC 8785) of an entry: its members are flat, so sorting them is all there is to do. */
export function canonical(entry: Entry): string {
  return JSON.stringify(Object.fromEntries(Object.entries(entry).toSorted(([one], [other]) => (one < other ? -1 : 1))));
}

/** The hash of an entry as a leaf (RFC 6962, section 2.1): SHA-256 over a zero byte and the entry, in hex. */
export function leafHash(entry: string): string {
  return createHash('sha256').update(Buffer.of(0)).update(entry).digest('hex');
}

/** What looking through the record came to. */
export interface ChainCheck {
  /** How many entries were looked at, and the first and last of them. */
  readonly checked: number;
  readonly from?: number;
  readonly to?: number;
  /** Hash of the last. */
  readonly head?: string;
  readonly holds: boolean;
  /** Number of the first entry that is not what the chain says. */
  readonly brokenat?: number;
}

/**
 * Whether entries are as they were written, none missing between them. It proves that nothing up to the last entry was
 * changed, left out or put in since somebody else noted its hash, as every notice to an organisation does; that nothing was
 * cut off behind the last notice it cannot prove.
 *
 * @param entries in order
 * @param before hash of the entry before the first; absent when the first is looked at as it is
 */
export function checkChain(entries: readonly KeptEntry[], before?: string): ChainCheck {
  let previous = before;
  let expected = entries[0]?.number;
  const [first, last] = [entries[0], entries.at(-1)];
  const looked = {
    checked: entries.length,
    ...(first !== undefined && { from: first.number }),
    ...(last !== undefined && { to: last.number, head: last.hash }),
  };
  for (const { number, entry, hash } of entries) {
    const said = read(entry);
    const follows = previous === undefined || said?.previous === previous;
    if (said?.number !== number || number !== expected || !follows || leafHash(entry) !== hash)
      return { ...looked, holds: false, brokenat: number };
    previous = hash;
    expected = number + 1;
  }
  return { ...looked, holds: true };
}

function read(entry: string): Pick<Entry, 'number' | 'previous'> | undefined {
  try {
    return JSON.parse(entry) as Entry;
  } catch {
    return undefined;
  }
}
