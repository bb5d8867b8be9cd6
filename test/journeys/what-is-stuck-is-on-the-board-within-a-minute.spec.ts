import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { STUCK, type StuckReason } from '@signalbox/contracts';
import { environment, FAULTS, plant } from '../../deploy/local/scenarios/stuck.mjs';
import { startHouse, type TestHouse, waitFor } from '../support/index.js';

/** A group of what stands still, as the board tells it. */
interface Line {
  readonly stuck: StuckReason;
  readonly publisher: string;
  readonly receiver: string;
  readonly meaning: string;
  readonly next: string;
  readonly owner: { readonly ods: string };
  readonly sample?: { readonly journey?: string };
}

interface BoardView {
  readonly numbers: { readonly unknown: number };
  readonly stuck: readonly Line[];
}

interface JourneyView {
  readonly journey: string;
  readonly events: readonly {
    readonly targetorg?: string;
    readonly deliveries: readonly { readonly org: string; readonly why?: object }[];
  }[];
}

const MINUTE = 60_000;

describe('what is stuck is on the board within a minute', () => {
  let house: TestHouse;
  let planted: number;
  let end: () => Promise<void>;

  beforeAll(async () => {
    house = await startHouse({ env: { ...environment } });
    const stage = {
      gateway: house.urls.gateway,
      keysFolder: house.folders.keys,
      schemasFolder: join(import.meta.dirname, '..', '..', 'schemas'),
      tell: () => undefined,
    };
    // Silence is silence after a quicker rhythm too.
    end = await plant(stage, { reportEveryMs: 300 });
    planted = Date.now();
  }, 2 * MINUTE);

  afterAll(async () => {
    await end();
    await house.stop();
  });

  const ask = async <T>(path: string): Promise<T> => {
    const headers = { authorization: `Bearer ${await house.operator.token()}`, accept: 'application/json' };
    const answer = await fetch(`${house.urls.ledger}${path}`, { headers });
    if (!answer.ok) throw new Error(`${path} answered ${String(answer.status)}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const left = () => Math.max(0, planted + MINUTE - Date.now());

  it.each(FAULTS)('$fault: $reason, with what to do next', async ({ reason, publisher, receiver = '' }) => {
    const line = await waitFor(
      `${reason} on the board`,
      async () => {
        const { stuck } = await ask<BoardView>('/');
        return stuck.find((one) => one.stuck === reason && one.publisher === publisher && one.receiver === receiver);
      },
      { within: left(), every: 250 },
    );
    const { meaning, next, owner } = STUCK[reason];
    expect(line).toMatchObject({ meaning, next });
    expect(line.owner.ods).toBe(owner === 'receiver' ? receiver : publisher);
    if (line.sample?.journey !== undefined) {
      const { journey, events } = await ask<JourneyView>(`/journeys/${line.sample.journey}`);
      expect(journey).toBe(line.sample.journey);
      // What stands behind a fault at somebody whom the event is not for does not stand still.
      const others = events.flatMap(({ targetorg, deliveries }) => deliveries.filter(({ org }) => org !== targetorg));
      expect(others.filter(({ why }) => why !== undefined)).toEqual([]);
    }
  });

  it('nothing else stands still, and nothing for an unknown reason', async () => {
    const { stuck, numbers } = await ask<BoardView>('/');
    const pairs = stuck.map(({ stuck: reason, publisher, receiver }) => `${reason} ${publisher} ${receiver}`);
    const planned = FAULTS.map(({ reason, publisher, receiver = '' }) => `${reason} ${publisher} ${receiver}`);
    expect([...new Set(pairs)].toSorted()).toEqual(planned.toSorted());
    expect(numbers.unknown).toBe(0);
  });
});
