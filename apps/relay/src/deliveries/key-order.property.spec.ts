import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { comparePlaces, KeyOrder, type Placed, placeOf } from './key-order.js';

interface Model {
  now: number;
  readonly items: Map<string, { readonly item: Placed; notBefore: number; flying: boolean }>;
}
type Command = fc.Command<Model, KeyOrder<Placed>>;

const lineOf = (model: Model, key: string): Placed[] =>
  [...model.items.values()]
    .filter(({ item }) => item.key === key)
    .map(({ item }) => item)
    .sort(comparePlaces);

/** What may start: the earliest of a key of which nothing is in flight, if its time has come. */
function startable(model: Model): Placed[] {
  const keys = new Set([...model.items.values()].map(({ item }) => item.key));
  return [...keys].flatMap((key) => {
    const flying = [...model.items.values()].some((one) => one.item.key === key && one.flying);
    const [first] = lineOf(model, key);
    if (flying || first === undefined) return [];
    return model.items.get(first.place)!.notBefore <= model.now ? [first] : [];
  });
}

class Add implements Command {
  constructor(
    private readonly item: Placed,
    private readonly wait: number,
  ) {}
  check = (model: Readonly<Model>): boolean => !model.items.has(this.item.place);
  run(model: Model, order: KeyOrder<Placed>): void {
    const notBefore = this.wait === 0 ? 0 : model.now + this.wait;
    model.items.set(this.item.place, { item: this.item, notBefore, flying: false });
    order.add(this.item, notBefore);
  }
  toString = (): string =>
    `add ${this.item.place} of ${this.item.key}${this.item.urgent ? ', urgent' : ''}, in ${String(this.wait)}`;
}

class Next implements Command {
  check = (): boolean => true;
  run(model: Model, order: KeyOrder<Placed>): void {
    const may = startable(model);
    const next = order.next(model.now);
    expect(next === undefined).toBe(may.length === 0);
    if (next === undefined) return;
    expect(may).toContain(next);
    const urgentKeys = may.filter(({ key }) => lineOf(model, key).some(({ urgent }) => urgent));
    if (urgentKeys.length > 0) expect(urgentKeys).toContain(next);
    model.items.get(next.place)!.flying = true;
  }
  toString = (): string => 'next';
}

/** What is in flight ends, or goes back to wait. */
class Land implements Command {
  constructor(
    private readonly which: number,
    private readonly wait: number | undefined,
  ) {}
  check = (model: Readonly<Model>): boolean => [...model.items.values()].some(({ flying }) => flying);
  run(model: Model, order: KeyOrder<Placed>): void {
    const flying = [...model.items.values()].filter((one) => one.flying);
    const one = flying[this.which % flying.length]!;
    if (this.wait === undefined) {
      model.items.delete(one.item.place);
      order.settled(one.item);
    } else {
      one.flying = false;
      one.notBefore = model.now + this.wait;
      order.again(one.item, one.notBefore);
    }
  }
  toString = (): string => (this.wait === undefined ? 'settle' : `again in ${String(this.wait)}`);
}

/** Something that waits is over without an attempt: somebody handled it outside. */
class Withdraw implements Command {
  constructor(private readonly which: number) {}
  check = (model: Readonly<Model>): boolean => [...model.items.values()].some(({ flying }) => !flying);
  run(model: Model, order: KeyOrder<Placed>): void {
    const waiting = [...model.items.values()].filter(({ flying }) => !flying);
    const { item } = waiting[this.which % waiting.length]!;
    model.items.delete(item.place);
    order.settled(item);
  }
  toString = (): string => 'withdraw';
}

class Pass implements Command {
  constructor(private readonly ms: number) {}
  check = (): boolean => true;
  run(model: Model): void {
    model.now += this.ms;
  }
  toString = (): string => `${String(this.ms)} ms pass`;
}

const placed = fc
  .record({
    stream: fc.constantFrom('EVENTS_REFERRAL', 'EVENTS_BOOKING'),
    sequence: fc.integer({ min: 1, max: 40 }),
    key: fc.constantFrom('a', 'b', 'c'),
    urgent: fc.boolean(),
  })
  // Within a stream time and sequence never disagree; between streams they interleave.
  .map((one): Placed => ({
    ...one,
    place: placeOf(one),
    storedAt: 1_000 + one.sequence * 10 + (one.stream.length % 7),
  }));
const which = fc.nat({ max: 50 });
const commands = fc.commands(
  [
    fc.tuple(placed, fc.constantFrom(0, 0, 0, 5, 50)).map(([item, wait]) => new Add(item, wait)),
    fc.constant(new Next()),
    fc.tuple(which, fc.constantFrom(undefined, undefined, 0, 7, 60)).map(([at, wait]) => new Land(at, wait)),
    which.map((at) => new Withdraw(at)),
    fc.constantFrom(1, 10, 100).map((ms) => new Pass(ms)),
  ],
  { maxCommands: 120 },
);

describe('The order of deliveries, whatever comes, fails, waits and ends in between', () => {
  it('starts only the earliest of a key, one at a time, when its time has come, urgent keys first, and never forgets one', () => {
    fc.assert(
      fc.property(commands, (list) => {
        fc.modelRun(() => ({ model: { now: 10_000, items: new Map() }, real: new KeyOrder<Placed>() }), list);
      }),
      { numRuns: 500 },
    );
  });
});
