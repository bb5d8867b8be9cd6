import { placeIn, placeText } from '../store/place.js';
import type { ItemCursor } from './cells.js';

/** That a person named somebody who looks after it. */
export interface HandedOver {
  /** To whom, and what else was said. */
  readonly note: string;
  /** `<ODS>:<person or application>` of who said so, and when (RFC 3339). */
  readonly by?: string;
  readonly at: string;
}

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
  /** Who looks after it, as a person said. */
  readonly handedover?: HandedOver;
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
  const [since, identity, subscription] = placeIn(after, ['instant', 'text', 'text']) ?? [];
  const begun = since !== undefined && identity !== undefined && subscription !== undefined;
  const found = await ask(size + 1, begun ? { since, identity, subscription } : undefined);
  const items = found.slice(0, size);
  const last = found.length > size ? items.at(-1) : undefined;
  return { items, ...(last && { next: placeText([last.since, last.identity, last.subscription]) }) };
}
