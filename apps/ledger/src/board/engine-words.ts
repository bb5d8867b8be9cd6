import type { EngineCondition, StreamCondition } from '@signalbox/messaging';
import { counted } from '../journeys/words.js';

/** Something about the engine that somebody has to see to. */
export interface EngineTrouble {
  /** What is wrong, one sentence. */
  readonly what: string;
  /** What to do, one sentence. */
  readonly next: string;
}

/** From when on something counts as trouble. */
export interface EngineBounds {
  /** Percent of the room from which on it counts as filling up. */
  readonly fullPercent: number;
  /** Messages that a ledger may be behind. */
  readonly lagLimit: number;
}

const ROOM =
  'Give the engine more room, or keep events for fewer days: one that is full takes no new events and drops none.';

/** What is wrong with the engine; empty when it is well. `undefined` as condition: it does not answer. */
export function troublesOf(condition: EngineCondition | undefined, bounds: EngineBounds): EngineTrouble[] {
  if (condition === undefined)
    return [
      {
        what: 'The engine does not answer.',
        next: 'Look whether nats-server runs and can be reached: until it answers, no event is accepted or delivered, and what was accepted is kept.',
      },
    ];
  return [
    ...missingOf(condition),
    ...membersOf(condition),
    ...roomOf(condition, bounds),
    ...copiesOf(condition.streams),
    ...condition.streams.flatMap((stream) => [
      ...leaderOf(stream),
      ...fullOf(stream, bounds),
      ...behindOf(stream, bounds),
    ]),
  ];
}

/** The state of the exchange in one sentence, for those who do not run it. */
export function exchangeSentence(troubles: readonly EngineTrouble[], answers: boolean): string {
  if (!answers) return 'The exchange does not take events at the moment; what was accepted is kept.';
  return troubles.length === 0 ? 'The exchange works.' : 'The exchange works; its operator has something to see to.';
}

function missingOf({ missing }: EngineCondition): EngineTrouble[] {
  if (missing.length === 0) return [];
  return [
    {
      what: `${counted(missing.length, 'stream')} of the exchange cannot be found: ${missing.join(', ')}.`,
      next: 'Look into the log of nats-server: a wrong encryption key or a missing disk makes streams vanish. Do not make them anew.',
    },
  ];
}

function membersOf({ cluster }: EngineCondition): EngineTrouble[] {
  const away = cluster?.members.filter(({ offline, current }) => offline || !current) ?? [];
  return away.map(({ server, offline }) => ({
    what: `The server ${server} ${offline ? 'is away' : 'lags behind the others'}.`,
    next: 'Bring it back, or let it catch up, before another one is stopped: two of three have to stand.',
  }));
}

function roomOf({ storage: { used, limit } }: EngineCondition, { fullPercent }: EngineBounds): EngineTrouble[] {
  const percent = limit === undefined ? 0 : percentOf(used, limit);
  if (percent < fullPercent) return [];
  return [{ what: `The engine's room on disk is ${String(percent)} percent full.`, next: ROOM }];
}

function fullOf({ name, bytes, limit }: StreamCondition, { fullPercent }: EngineBounds): EngineTrouble[] {
  const percent = limit === undefined ? 0 : percentOf(bytes, limit);
  return percent < fullPercent ? [] : [{ what: `${name} is ${String(percent)} percent full.`, next: ROOM }];
}

const isLed = ({ replicas, copies }: StreamCondition): boolean => replicas <= 1 || copies.some(({ leads }) => leads);

function leaderOf(stream: StreamCondition): EngineTrouble[] {
  if (isLed(stream)) return [];
  return [
    {
      what: `${stream.name} has no leader.`,
      next: 'Bring back the servers that hold it: with fewer than half of its copies it takes nothing.',
    },
  ];
}

/** One sentence for all that lack as many, since one server that is away takes a copy of each. */
function copiesOf(streams: readonly StreamCondition[]): EngineTrouble[] {
  const lacking = streams.filter(isLed).flatMap(({ name, replicas, copies }) => {
    const whole = copies.filter(({ current, offline }) => current && !offline).length;
    return replicas <= 1 || whole >= replicas ? [] : [{ name, has: `${String(whole)} of ${String(replicas)} copies` }];
  });
  return [...Map.groupBy(lacking, ({ has }) => has)].map(([has, all]) => ({
    what:
      all.length === 1
        ? `${all[0]!.name} has ${has}.`
        : `${String(all.length)} streams have ${has}: ${all.map(({ name }) => name).join(', ')}.`,
    next: 'Bring back the server that lacks them, or let it catch up.',
  }));
}

function behindOf({ name, behind }: StreamCondition, { lagLimit }: EngineBounds): EngineTrouble[] {
  const { pending } = behind.ledger;
  if (pending <= lagLimit) return [];
  return [
    {
      what: `The ledger has yet to read ${counted(pending, 'message')} of ${name}, so pages show the past.`,
      next: 'Look at the health of the ledger and of its database.',
    },
  ];
}

/** Whole percent, rounded down: what is not full is never told as full. */
export function percentOf(used: number, limit: number): number {
  return Math.floor((used / limit) * 100);
}
