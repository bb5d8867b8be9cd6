import { describe, expect, it } from '@jest/globals';
import type { EventLog, StoredEvent } from '@signalbox/messaging';
import fc from 'fast-check';
import { Reading } from './reading.js';

const FAMILIES = ['referral', 'booking', 'result'] as const;
type Family = (typeof FAMILIES)[number];

/** A log in memory that stores more behind the reader's back, one event after each read, as publishers do. */
class Log implements Pick<EventLog, 'read'> {
  readonly stored: { family: Family; sequence: number; at: number }[] = [];
  #pending: Family[];

  constructor(first: readonly Family[], pending: readonly Family[]) {
    this.#pending = [...pending];
    for (const family of first) this.store(family);
  }

  store(family: Family): void {
    const sequence = this.stored.filter((one) => one.family === family).length + 1;
    this.stored.push({ family, sequence, at: this.stored.length });
  }

  read: EventLog['read'] = async ({ family, after, limit }) => {
    await Promise.resolve();
    const found = this.stored.filter((one) => one.family === family && one.sequence > after).slice(0, limit);
    const [next, ...rest] = this.#pending;
    if (next) this.store(next);
    this.#pending = rest;
    const events = found.map(({ sequence, at }) => ({
      event: { attributes: {}, data: { kind: 'absent' } },
      stream: family,
      sequence,
      time: new Date(at),
    })) as StoredEvent[];
    return { events, lastSequence: found.at(-1)?.sequence ?? after };
  };
}

describe('a reading of several families', () => {
  it('gives every event once, in the order in which they were stored, whatever is stored meanwhile', async () => {
    const family = fc.constantFrom(...FAMILIES);
    await fc.assert(
      fc.asyncProperty(
        fc.array(family, { maxLength: 25 }),
        fc.array(family, { maxLength: 25 }),
        fc.integer({ min: 1, max: 4 }),
        async (first, later, page) => {
          const log = new Log(first, later);
          const reading = new Reading(log, { families: FAMILIES, types: ['*'], from: {}, page });
          const given: number[] = [];
          for (let empty = 0; empty < 30;) {
            const read = await reading.next();
            if (read === undefined) empty++;
            else given.push(read.stored.time.getTime());
          }
          expect(given).toEqual(log.stored.map(({ at }) => at));
          for (const one of FAMILIES) {
            const count = log.stored.filter((stored) => stored.family === one).length;
            expect(reading.positions[one]).toBe(count);
          }
        },
      ),
    );
  });

  it('stands where it gave out last, so that it can go on from there', async () => {
    const log = new Log(['result', 'booking', 'result'], []);
    const reading = new Reading(log, { families: FAMILIES, types: ['*'], from: {}, page: 10 });
    await reading.next();
    await reading.next();
    expect(reading.positions).toMatchObject({ result: 1, booking: 1 });
    const again = new Reading(log, { families: FAMILIES, types: ['*'], from: reading.positions, page: 10 });
    expect(await again.next()).toMatchObject({ family: 'result', stored: { sequence: 2 } });
  });

  it('ends when it has fetched as often as it may', async () => {
    const log = new Log(['result', 'result', 'result'], []);
    const reading = new Reading(log, { families: FAMILIES, types: ['*'], from: {}, page: 1 });
    expect(await reading.next(1)).toBeUndefined();
    expect(await reading.next()).toBeDefined();
  });
});
