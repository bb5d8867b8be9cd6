import { Refusal } from '@signalbox/contracts';
import { storable } from '../store/database.js';
import type { ItemCursor } from './cells.js';

/** One thing that stands still. Times are RFC 3339. */
export interface StuckItem {
  readonly identity: string;
  readonly subscription: string;
  /** ODS code of the receiver. */
  readonly org?: string;
  readonly sourceorg: string;
  readonly type: string;
  /** Of the event; missing where a refused one had none. */
  readonly id?: string;
  readonly source?: string;
  readonly journey?: string;
  readonly state?: string;
  readonly reason?: string;
  readonly since: string;
  readonly due?: string;
  readonly nextattempt?: string;
  readonly attempts?: number;
  readonly stops?: number;
  readonly recorded?: string;
}

/** One page of what a group consists of, oldest first. */
export interface ItemPage {
  readonly items: readonly StuckItem[];
  /** Cursor of the next page. */
  readonly next?: string;
}

/** Asks for one more than a page holds, to know whether there is a next one. @throws Refusal SB-4000 for a foreign cursor */
export async function itemPage(
  size: number,
  after: string | undefined,
  ask: (limit: number, cursor: ItemCursor | undefined) => Promise<readonly StuckItem[]>,
): Promise<ItemPage> {
  const found = await ask(size + 1, after === undefined ? undefined : cursorOf(after));
  const items = found.slice(0, size);
  const last = found.length > size ? items.at(-1) : undefined;
  return { items, ...(last && { next: textOf([last.since, last.identity, last.subscription]) }) };
}

function textOf(cursor: readonly [string, string, string]): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function cursorOf(text: string): ItemCursor {
  try {
    const [since, identity, subscription] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    if (typeof since === 'string' && typeof identity === 'string' && typeof subscription === 'string')
      return {
        since: new Date(since).toISOString(),
        identity: storable(identity),
        subscription: storable(subscription),
      };
  } catch {
    // Told below, like a cursor of another shape.
  }
  throw new Refusal('SB-4000', 'The cursor in ?after= is not one that this list gave out');
}
