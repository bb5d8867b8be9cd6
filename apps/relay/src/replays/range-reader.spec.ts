import { describe, expect, it } from '@jest/globals';
import type { ReadOptions, StoredEvent } from '@signalbox/messaging';
import { RangeReader } from './range-reader.js';
import { remaining } from './stretches.js';

/** Streams in memory: by family, which sequence was stored at which second. */
function streams(all: Readonly<Record<string, Readonly<Record<number, number>>>>) {
  const asked: ReadOptions[] = [];
  const read = (options: ReadOptions) => {
    asked.push(options);
    const { family, after, limit } = options;
    const found = Object.entries(all[family] ?? {})
      .map(([sequence, second]) => ({ sequence: Number(sequence), time: new Date(second * 1_000) }))
      .filter(({ sequence }) => sequence > after)
      .slice(0, limit);
    const events = found.map((one) => ({ ...one, stream: family }) as unknown as StoredEvent);
    return Promise.resolve({ events, lastSequence: found.at(-1)?.sequence ?? after });
  };
  return { read, asked };
}

async function all(reader: RangeReader): Promise<string[]> {
  const places: string[] = [];
  for (let read = await reader.next(); read !== undefined; read = await reader.next()) {
    places.push(`${read.family} ${String(read.stored.sequence)}`);
  }
  return places;
}

describe('reading a range again', () => {
  it('goes over several streams in the order in which their events were stored', async () => {
    const events = streams({ result: { 1: 10, 2: 30, 3: 50 }, booking: { 1: 20, 2: 40, 3: 60 } });
    const range = new Map([
      ['result', [[1, 3]] as const],
      ['booking', [[1, 2]] as const],
    ]);
    expect(await all(new RangeReader(events, range, ['*'], 2))).toEqual([
      'result 1',
      'booking 1',
      'result 2',
      'booking 2',
      'result 3',
    ]);
    expect(events.asked.every(({ limit }) => limit <= 2)).toBe(true);
  });

  it('leaves out what lies between stretches, and what is no longer there', async () => {
    const events = streams({ result: { 2: 1, 4: 2, 5: 3, 6: 4, 9: 5, 12: 6 } });
    const range = new Map([
      [
        'result',
        [
          [1, 2],
          [5, 6],
          [7, 8],
          [9, 9],
          [10, 11],
        ] as const,
      ],
    ]);
    expect(await all(new RangeReader(events, range, ['*'], 10))).toEqual([
      'result 2',
      'result 5',
      'result 6',
      'result 9',
    ]);
  });

  it('goes on after the position that was noted', () => {
    const range = { result: [[1, 10] as const, [20, 30] as const], booking: [[1, 4] as const] };
    expect([...remaining(range, { result: 22, booking: 4 })]).toEqual([['result', [[23, 30]]]]);
  });
});
