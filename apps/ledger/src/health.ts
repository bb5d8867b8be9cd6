import type { Engine } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import { Health, type HealthState } from '@signalbox/runtime';
import type { FanOut } from './corrections/fan-out.js';
import type { Ingest } from './journeys/ingest.js';
import { behind } from './observed.js';
import type { Proof } from './proof/proof.js';
import type { Room } from './room.js';
import type { Database } from './store/database.js';

/** What the ledger's health is asked of. */
export interface HealthParts {
  readonly database: Database;
  readonly engine: Engine;
  readonly registry: Registry;
  readonly ingest: Ingest;
  readonly fanOut: Pick<FanOut, 'failing'>;
  readonly proof: Pick<Proof, 'health'>;
  readonly rooms: readonly Pick<Room, 'health'>[];
  /** Messages not read yet from which the ledger counts as late. */
  readonly lagLimit: number;
}

/** Without the database nothing can be answered; without the engine what is known still is. */
export function healthOf(parts: HealthParts): Health {
  const health = new Health();
  health.add('database', () => databaseHealth(parts.database));
  health.add('engine', () => engineHealth(parts.engine));
  health.add('registry', () => parts.registry.health());
  health.add('reading', () => readingHealth(parts));
  health.add('corrections', () => correctionsHealth(parts.fanOut));
  health.add('proof', () => parts.proof.health());
  for (const room of parts.rooms) if (room.health !== undefined) health.add(...room.health);
  return health;
}

async function databaseHealth(database: Database): Promise<HealthState> {
  try {
    const [unreadable] = await database.query<{ count: number }>('select count(*)::int as count from unreadable');
    if (unreadable !== undefined && unreadable.count > 0) {
      return {
        state: 'degraded',
        sentence: `${String(unreadable.count)} messages of the streams could not be read; see the table unreadable.`,
      };
    }
    return { state: 'up', sentence: `The database (${database.kind}) answers.` };
  } catch {
    return {
      state: 'down',
      sentence: 'The database does not answer: journeys cannot be shown. Events are still accepted and delivered.',
    };
  }
}

async function engineHealth(engine: Engine): Promise<HealthState> {
  try {
    await engine.verify();
    return { state: 'up', sentence: 'The engine answers and has every stream.' };
  } catch {
    return {
      state: 'degraded',
      sentence: 'The engine does not answer or lacks streams: pages show what was known before.',
    };
  }
}

function correctionsHealth({ failing }: Pick<FanOut, 'failing'>): HealthState {
  return failing
    ? { state: 'degraded', sentence: 'Corrections cannot be brought to those who are owed them, for now.' }
    : { state: 'up', sentence: 'Corrections are looked after.' };
}

async function readingHealth({ database, engine, ingest, lagLimit }: HealthParts): Promise<HealthState> {
  if (ingest.failing.size > 0) {
    return {
      state: 'degraded',
      sentence: `Batches of ${[...ingest.failing].join(', ')} cannot be written and are tried again.`,
    };
  }
  const late = [...(await behind(engine, database).catch(() => new Map<string, number>()))].filter(
    ([, count]) => count > lagLimit,
  );
  if (late.length === 0) return { state: 'up', sentence: 'The streams are read as they grow.' };
  const told = late.map(([stream, count]) => `${stream} by ${String(count)}`).join(', ');
  return { state: 'degraded', sentence: `Reading is behind: ${told} messages.` };
}
