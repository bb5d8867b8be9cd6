import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { orderingKey } from '@signalbox/contracts';
import type { StoredEvent } from '@signalbox/messaging';
import { waitFor } from '../support/index.js';
import { holds } from '../support/seeds.js';
import type { SimulatedEvent } from './engine.js';
import { FAMILIES, type Receipt, type Temper, World } from './world.js';

/** Runs at each property; `SIMULATION_RUNS=5000` looks longer. */
const RUNS = Number(process.env['SIMULATION_RUNS'] ?? 15);

type Act =
  | { readonly kind: 'publish'; readonly events: readonly SimulatedEvent[] }
  | { readonly kind: 'crash' | 'hand over' | 'break' | 'correct' | 'unpark' | 'replay' }
  | { readonly kind: 'pass'; readonly ms: number };

interface Scenario {
  readonly seed: number;
  readonly temper: Temper;
  readonly acts: readonly Act[];
}

const event: fc.Arbitrary<SimulatedEvent> = fc.record({
  family: fc.constantFrom(...FAMILIES),
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  urgent: fc.boolean(),
  asked: fc.constantFrom(true, true, true, false),
});
const publish = fc.array(event, { minLength: 1, maxLength: 8 }).map((events): Act => ({ kind: 'publish', events }));
const pass = fc.integer({ min: 1, max: 12 }).map((ms): Act => ({ kind: 'pass', ms }));
const plain = (kind: Exclude<Act['kind'], 'publish' | 'pass'>) => fc.constant<Act>({ kind });
const acts = (...kinds: Exclude<Act['kind'], 'publish' | 'pass'>[]) =>
  fc.array(fc.oneof(publish, pass, ...kinds.map(plain)), { minLength: 4, maxLength: 14 });
const share = (most: number) => fc.double({ min: 0, max: most, noNaN: true });

function scenarios(...kinds: Exclude<Act['kind'], 'publish' | 'pass'>[]): fc.Arbitrary<Scenario> {
  return fc.record({
    seed: fc.integer(),
    temper: fc.record({ fails: share(0.5), mute: share(0.2), refuses: share(0.1) }),
    acts: acts(...kinds),
  });
}

/** Plays a scenario, lets the faults end, waits until nothing moves any more, and then looks whether it holds. */
async function played(scenario: Scenario, holding: (world: World) => void): Promise<void> {
  const world = await atRest(scenario);
  try {
    holding(world);
  } catch (error) {
    throw new Error(`This is what happened:\n${world.engine.told.join('\n')}`, { cause: error });
  }
}

async function atRest({ seed, temper, acts: list }: Scenario): Promise<World> {
  const world = new World(seed, temper);
  await world.start();
  let replays = 0;
  for (const act of list) {
    if (act.kind === 'publish') for (const one of act.events) world.publish(one);
    else if (act.kind === 'pass') await new Promise((resolve) => setTimeout(resolve, act.ms));
    else if (act.kind === 'crash') await world.crash();
    else if (act.kind === 'hand over') await world.handOver();
    else if (act.kind === 'break') world.engine.breakLinks();
    else if (act.kind === 'replay') await world.replay(`replay-${String((replays += 1))}`);
    else if (act.kind === 'correct') for (const stored of stream(world, false).slice(0, 2)) world.correct(stored);
    else for (const stored of parked(world).slice(0, 2)) world.unpark(stored);
  }
  world.temper = { fails: 0, mute: 0, refuses: 0 };
  try {
    await waitFor('everything to come to an end', () => resting(world), { every: 2 });
  } catch (error) {
    throw new Error(`This did not come to rest: ${standing(world)}`, { cause: error });
  } finally {
    await world.end();
  }
  return world;
}

function stream(world: World, asked: boolean): StoredEvent[] {
  return [...world.engine.streams.values()]
    .flat()
    .filter(({ event: { attributes } }) => String(attributes['type']).endsWith('.asked.v1') === asked);
}

const nameOf = ({ stream: name, sequence }: Pick<StoredEvent, 'stream' | 'sequence'>): string =>
  `${name}.${String(sequence)}`;

/** The last word of the steps on each event. */
function states(world: World): Map<string, string> {
  const last = new Map<string, string>();
  for (const { stream: name, sequence, state } of world.engine.steps.values()) {
    if (name !== undefined && sequence !== undefined && state !== undefined)
      last.set(nameOf({ stream: name, sequence }), state);
  }
  return last;
}

const parked = (world: World): StoredEvent[] => {
  const now = states(world);
  return stream(world, true).filter((stored) => now.get(nameOf(stored)) === 'parked');
};

function resting(world: World): boolean {
  const now = states(world);
  const ended = stream(world, true).every((stored) => ['delivered', 'parked'].includes(now.get(nameOf(stored)) ?? ''));
  const replaysSent = [...world.replayed.values()].every(({ events, done }) => done.size === events.length);
  const unsettled = [...world.engine.places.values()].some(({ pending }) => pending.size > 0);
  return ended && replaysSent && !unsettled && world.engine.waiting.size === 0;
}

function standing(world: World): string {
  const now = states(world);
  const open = stream(world, true).filter((stored) => !['delivered', 'parked'].includes(now.get(nameOf(stored)) ?? ''));
  return `open: ${open.map(nameOf).join(' ')}; waiting: ${world.engine.waiting.keys().join(' ')}`;
}

/** Places in which an event came after a later one of its key, repetitions of what came before included. */
function inversions(receipts: readonly Receipt[]): string[] {
  const furthest = new Map<string, StoredEvent>();
  return receipts.flatMap(({ stored }) => {
    const key = orderingKey(stored.event);
    const before = furthest.get(key);
    if (before !== undefined && before.time > stored.time) return [`${nameOf(stored)} after ${nameOf(before)}`];
    furthest.set(key, stored);
    return [];
  });
}

const live = ({ marks }: Receipt): boolean => marks.replay === undefined && marks.corrects === undefined;

/** What holds whatever happened: every event has come to an end that is true. */
function expectNothingLost(world: World): void {
  const received = new Set(world.receipts.map(({ stored }) => nameOf(stored)));
  const now = states(world);
  for (const stored of stream(world, true)) {
    expect(['delivered', 'parked']).toContain(now.get(nameOf(stored)));
    if (now.get(nameOf(stored)) === 'delivered') expect(received).toContain(nameOf(stored));
  }
  const copies = new Set([...world.engine.parked.values()].map(nameOf));
  for (const stored of parked(world)) expect(copies).toContain(nameOf(stored));
}

describe('One subscription through whatever happens', () => {
  it('receives every event, and those of one key in order, over failures, crashes, hand-overs and lost connections', async () => {
    const property = fc.asyncProperty(scenarios('crash', 'hand over', 'break'), async (scenario) =>
      played(scenario, (world) => {
        expectNothingLost(world);
        expect(inversions(world.receipts.filter(live))).toEqual([]);
      }),
    );
    await holds(import.meta.url, 'live', property, RUNS);
  });

  it('receives corrections that it did not ask for, and what a person put up again, whatever happens in between', async () => {
    const property = fc.asyncProperty(scenarios('crash', 'hand over', 'correct', 'unpark'), async (scenario) =>
      played(scenario, (world) => {
        expectNothingLost(world);
        const corrections = new Set(
          world.receipts.filter(({ marks }) => marks.corrects !== undefined).map(({ stored }) => nameOf(stored)),
        );
        const ended = states(world);
        for (const stored of stream(world, false)) {
          if (ended.get(nameOf(stored)) === 'delivered') expect(corrections).toContain(nameOf(stored));
        }
      }),
    );
    await holds(import.meta.url, 'put-up', property, RUNS);
  });

  it('receives a replay in order, and no live event of its keys before it, over crashes and hand-overs', async () => {
    const property = fc.asyncProperty(scenarios('crash', 'hand over', 'replay'), async (scenario) =>
      played(scenario, (world) => {
        expectNothingLost(world);
        for (const [id, { from }] of world.replayed) {
          const since = world.receipts.slice(from).filter((receipt) => live(receipt) || receipt.marks.replay === id);
          expect(inversions(firsts(since.filter(({ marks }) => marks.replay === id)))).toEqual([]);
          expect(overtakers(since)).toEqual([]);
        }
      }),
    );
    await holds(import.meta.url, 'replay', property, RUNS);
  });
});

/** Live events that came though a replay still had an earlier one of their key to send. */
function overtakers(receipts: readonly Receipt[]): string[] {
  return receipts.flatMap((receipt, at) => {
    if (!live(receipt)) return [];
    const before = new Set(receipts.slice(0, at).map(({ stored }) => nameOf(stored)));
    const late = receipts
      .slice(at + 1)
      .find(
        (other) =>
          !live(other) &&
          !before.has(nameOf(other.stored)) &&
          orderingKey(other.stored.event) === orderingKey(receipt.stored.event) &&
          other.stored.time < receipt.stored.time,
      );
    return late === undefined ? [] : [`${nameOf(receipt.stored)} before ${nameOf(late.stored)}`];
  });
}

/** Each event where it came first: a replay that goes on after a crash repeats what was not noted. */
function firsts(receipts: readonly Receipt[]): Receipt[] {
  const seen = new Set<string>();
  return receipts.filter(({ stored }) => {
    const fresh = !seen.has(nameOf(stored));
    seen.add(nameOf(stored));
    return fresh;
  });
}
