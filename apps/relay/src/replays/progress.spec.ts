import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Progress } from './progress.js';

const NOTHING = { position: {}, done: 0, passed: 0 };

describe('where a replay stands', () => {
  it('is before the first event that is not over, whatever came to an end behind it', () => {
    const progress = new Progress(NOTHING);
    const [first, second, third] = [3, 4, 9].map((sequence) => progress.take('result', sequence));
    progress.end(second!);
    expect(progress.stand).toEqual(NOTHING);
    progress.end(first!);
    expect(progress.stand).toEqual({ position: { result: 4 }, done: 2, passed: 0 });
    progress.end(third!);
    expect(progress.stand).toEqual({ position: { result: 9 }, done: 3, passed: 0 });
  });

  it('moves over what is passed over, and counts it only when it was to be sent', () => {
    const progress = new Progress({ position: { booking: 2 }, done: 5, passed: 1 });
    progress.pass('booking', 3, false);
    progress.pass('booking', 4, true);
    expect(progress.stand).toEqual({ position: { booking: 4 }, done: 5, passed: 2 });
  });

  it('leaves nothing out, in whichever order events end: what lies at or before the position is over', async () => {
    const orders = fc.integer({ min: 1, max: 30 }).chain((count) =>
      fc.shuffledSubarray(
        Array.from({ length: count }, (_, at) => at),
        { minLength: count, maxLength: count },
      ),
    );
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        const progress = new Progress(NOTHING);
        const taken = order.map((_, at) => progress.take(at % 2 === 0 ? 'result' : 'booking', at + 1));
        const over = new Set<number>();
        for (const at of order) {
          progress.end(taken[at]!);
          over.add(at);
          const { position } = progress.stand;
          const settled = taken.filter(({ family, sequence }) => sequence <= (position[family] ?? 0));
          expect(settled.every((one) => over.has(taken.indexOf(one)))).toBe(true);
          expect(progress.stand.done).toBe(settled.length);
        }
        await progress.idle();
        expect(progress.stand.done).toBe(order.length);
      }),
    );
  });
});
