import { describe, expect, it } from '@jest/globals';
import type { DeliveryItem, StoredEvent } from '@signalbox/messaging';
import { createLog, Metrics } from '@signalbox/runtime';
import { setTimeout as pause } from 'node:timers/promises';

import { relayMetrics } from '../relay-metrics.js';
import { Intake } from './intake.js';
import type { LaneQueue } from './lane.js';

const MERGE_MS = 10;

function anItem(family: string, sequence: number, storedAt: number): DeliveryItem {
  const nothing = () => undefined;
  const stored = { sequence } as StoredEvent;
  return {
    stream: family,
    sequence,
    stored,
    storedAt,
    attempt: 1,
    left: 0,
    ack: nothing,
    retry: nothing,
    working: nothing,
  };
}

/** A queue of nothing but what its items say. */
function queueOf(items: () => AsyncGenerator<DeliveryItem>): LaneQueue {
  const found = { waiting: 0, unsettled: 0, settledTo: 0 };
  return { found, items, backlog: async () => Promise.resolve(found), stop: async () => Promise.resolve() };
}

/** What is taken, by family and sequence, of one subscription to two families. */
function takenOf(
  queues: Record<string, LaneQueue>,
  expected: number,
): { intake: Intake; taken: string[]; all: Promise<void> } {
  const taken: string[] = [];
  const all = Promise.withResolvers<void>();
  const intake = new Intake({
    families: Object.keys(queues),
    open: async (family) => Promise.resolve(queues[family]),
    known: () => false,
    take: (item) => {
      taken.push(`${item.stream} ${String(item.sequence)}`);
      if (taken.length === expected) all.resolve();
    },
    limits: { ackWaitMs: 30_000, redoMs: 10, maxUnsettled: 100, mergeMs: MERGE_MS },
    log: createLog('test', 'silent'),
    metrics: relayMetrics(new Metrics('test')),
    subscription: 'one',
  });
  return { intake, taken, all: all.promise };
}

function standStill(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

describe('the queues of several families as one', () => {
  it('hears what came while the process stood still before it lets a later event of another family go ahead', async () => {
    const onItsWay = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    const { intake, taken, all } = takenOf(
      {
        referral: queueOf(async function* () {
          await onItsWay.promise;
          yield anItem('referral', 1, 1_000);
          await over.promise;
        }),
        booking: queueOf(async function* () {
          // Comes while the process stands still.
          onItsWay.resolve(pause(MERGE_MS / 2));
          yield anItem('booking', 1, 2_000);
          await pause(1);
          standStill(5 * MERGE_MS);
          yield anItem('booking', 2, 2_001);
          await over.promise;
        }),
      },
      3,
    );
    intake.start();
    await all;
    over.resolve();
    await intake.stop(false);
    expect(taken).toEqual(['referral 1', 'booking 1', 'booking 2']);
  });
});
