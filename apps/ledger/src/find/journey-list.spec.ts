import { describe, expect, it } from '@jest/globals';
import type { JourneyView } from '../journeys/journey-view.js';
import type { Queries } from '../store/database.js';
import { JourneyList } from './journey-list.js';

const OPERATOR = { all: true } as const;
const name = (number: number) => `j${String(number).padStart(3, '0')}`;

/** Journeys 1 to `count`; every `nth` is closed. */
function listOf(count: number, nth: number, limits: { page: number; look: number }) {
  const asked: string[] = [];
  const rows = Array.from({ length: count }, (_zero, index) => ({
    journey: name(index),
    updated: new Date(Date.UTC(2026, 10, 22) - index * 1_000),
    fits: true,
  }));
  const database = {
    query: (_text: string, values: readonly unknown[] = []) => {
      const limit = values.at(-1) as number;
      const place = values.find((value) => typeof value === 'string' && /^j\d+$/.test(value));
      const after = rows.findIndex((row) => row.journey === place) + 1;
      return Promise.resolve(rows.slice(after, after + limit));
    },
  } as unknown as Queries;
  const journeys = {
    views: (_viewer: unknown, ids: readonly string[]) => {
      asked.push(...ids);
      return Promise.resolve(
        ids.map((journey) => ({
          journey,
          heading: { state: Number(journey.slice(1)) % nth === 0 ? 'closed' : 'awaited' },
          organisations: [],
          events: [{ title: 'Referral requested', deliveries: [] }],
        })) as unknown as JourneyView[],
      );
    },
  };
  return { list: new JourneyList({ database, journeys, closing: [], limits }), asked };
}

describe('a list of journeys', () => {
  it('comes page by page, without a gap and without one twice', async () => {
    const { list } = listOf(7, 1, { page: 3, look: 100 });
    const seen: string[] = [];
    let after: readonly string[] | undefined;
    const sizes: number[] = [];
    do {
      const page = await list.page(OPERATOR, {}, after);
      seen.push(...page.journeys.map(({ journey }) => journey));
      sizes.push(page.journeys.length);
      after = page.next;
    } while (after !== undefined);
    expect(sizes).toEqual([3, 3, 1]);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6].map(name));
  });

  it('says so when enough was looked through and the page is not full', async () => {
    const { list } = listOf(100, 5, { page: 3, look: 30 });
    const first = await list.page(OPERATOR, { state: 'closed' });
    expect(first.journeys.map(({ journey }) => journey)).toEqual([name(0), name(5), name(10)]);
    const rare = listOf(100, 50, { page: 3, look: 30 });
    const page = await rare.list.page(OPERATOR, { state: 'closed' });
    expect([page.journeys.map(({ journey }) => journey), page.partial]).toEqual([[name(0)], true]);
    // Four pages' worth of sides at most, and what was begun.
    expect(rare.asked.length).toBeLessThanOrEqual(4 * 3 + 10);
    const seen = [...page.journeys];
    for (let next = page.next, turns = 0; next !== undefined && turns < 50; turns += 1) {
      const more = await rare.list.page(OPERATOR, { state: 'closed' }, next);
      seen.push(...more.journeys);
      next = more.next;
    }
    expect(seen.map(({ journey }) => journey)).toEqual([name(0), name(50)]);
  });

  it('goes on behind the last line of a full page, not behind what was looked at', async () => {
    const { list } = listOf(100, 2, { page: 3, look: 50 });
    const first = await list.page(OPERATOR, { state: 'closed' });
    const second = await list.page(OPERATOR, { state: 'closed' }, first.next);
    expect([...first.journeys, ...second.journeys].map(({ journey }) => journey)).toEqual(
      [0, 2, 4, 6, 8, 10].map(name),
    );
    expect(first.partial).toBe(false);
  });
});
