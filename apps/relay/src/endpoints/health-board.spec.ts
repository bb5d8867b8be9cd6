import { beforeEach, describe, expect, it } from '@jest/globals';
import type { EndpointHealth, Step } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import { createLog, Metrics } from '@signalbox/runtime';

import type { Outcome } from '../channels/channel.js';
import type { About } from '../deliveries/recorder.js';
import { relayMetrics } from '../relay-metrics.js';
import { Governor } from './governor.js';
import { HealthBoard } from './health-board.js';

const START = Date.parse('2026-11-22T08:00:00.000Z');
const delivered: Outcome = { kind: 'delivered', latencyMs: 1 };
const away: Outcome = { kind: 'retry', reason: 'endpoint-unreachable', latencyMs: 1 };

const SUBSCRIPTION: Subscription = {
  id: 'sub-1',
  ods: 'X9G1P',
  application: 'emis',
  types: ['*'],
  filters: [],
  protocol: 'HTTP',
  sink: 'https://receiver.example/hook',
  sinksecrets: [],
  config: {},
  status: 'active',
  start: {},
  created: '2026-11-01T00:00:00.000Z',
  updated: '2026-11-01T00:00:00.000Z',
  revision: 1,
};

const ABOUT = {
  stored: {
    event: {
      attributes: { id: 'e-1', source: 'urn:ods:X9L3B:lims', type: 't', sourceorg: 'X9L3B', correlationid: 'j-1' },
      data: { kind: 'absent' },
    },
    stream: 'EVENTS_RESULT',
    sequence: 7,
    time: new Date(START),
    subject: '',
  } as unknown as About['stored'],
  subscription: SUBSCRIPTION,
  attempt: 3,
  firstAttempt: new Date(START),
  at: new Date(START),
  trace: undefined,
  marks: {},
} as About;

const newGovernor = (): Governor =>
  new Governor({
    limit: 8,
    openAfter: 5,
    firstPauseMs: 1_000,
    longestPauseMs: 8_000,
    probeWithinMs: 20_000,
    maxRetryAfterMs: 60_000,
    lagAfterMs: 300_000,
    streak: 3,
    lookBack: 20,
    stagesMs: [600_000, 7_200_000],
  });

/** The bucket as far as the board uses it, which may be away. */
class Shelf {
  readonly entries = new Map<string, string>();
  puts = 0;
  away = false;

  get(key: string): Promise<{ key: string; value: Uint8Array | undefined; revision: number } | undefined> {
    const value = this.entries.get(key);
    return Promise.resolve(value === undefined ? undefined : { key, value: Buffer.from(value), revision: 1 });
  }
  put(key: string, value: Uint8Array | string): Promise<number> {
    if (this.away) return Promise.reject(new Error('away'));
    this.puts += 1;
    this.entries.set(key, String(value));
    return Promise.resolve(this.puts);
  }
  delete(key: string): Promise<void> {
    this.entries.delete(key);
    return Promise.resolve();
  }
  keys(): Promise<string[]> {
    return Promise.resolve([...this.entries.keys()]);
  }
  read(): EndpointHealth {
    return JSON.parse(this.entries.get('sub-1') ?? '{}') as EndpointHealth;
  }
}

describe('the health board', () => {
  let shelf: Shelf;
  let steps: Step[];
  let metrics: Metrics;
  let governor: Governor;
  let now: number;
  let board: HealthBoard;
  beforeEach(() => {
    shelf = new Shelf();
    steps = [];
    governor = newGovernor();
    now = START;
    board = newBoard();
  });
  const newBoard = (): HealthBoard => {
    metrics = new Metrics('relay');
    return new HealthBoard({
      bucket: shelf,
      steps: { record: (step) => void steps.push(step) },
      log: createLog('test', 'silent'),
      metrics: relayMetrics(metrics),
      everyMs: 5_000,
      now: () => now,
    });
  };

  const saw = async (outcome: Outcome, times = 1): Promise<void> => {
    for (let at = 0; at < times; at += 1) {
      now += 1_000;
      governor.outcome(outcome, now);
      board.observe(SUBSCRIPTION, governor, ABOUT);
      await board.settled();
    }
  };

  it('writes how an endpoint fares as soon as it is known, for its receiver', async () => {
    governor.backlog({ waiting: 12, unsettled: 2, oldestMs: 60_000 }, now);
    await saw(delivered);
    expect(shelf.read()).toEqual({
      condition: 'healthy',
      stage: 0,
      since: '2026-11-22T08:00:01.000Z',
      sentence: 'Events are delivered as they come.',
      advice: 'Nothing is to be done.',
      circuit: 'closed',
      limit: 8,
      waiting: 12,
      unsettled: 2,
      oldest: '2026-11-22T07:59:00.000Z',
      updated: '2026-11-22T08:00:01.000Z',
    });
    expect(steps).toEqual([]);
  });

  it('tells each change beside the event that showed it, and nothing of where that stands', async () => {
    await saw(delivered);
    await saw(away, 5);
    await saw(delivered, 3);
    expect(
      steps.map(({ kind, reason, state, eventid, subscription }) => [kind, reason, state, eventid, subscription]),
    ).toEqual([
      ['warned', 'unreachable', undefined, 'e-1', 'sub-1'],
      ['warned', 'healthy', undefined, 'e-1', 'sub-1'],
    ]);
    expect(steps[0]?.detail).toMatch(/^The endpoint cannot be reached\. Check that it runs/);
    expect(new Set(steps.map(({ id }) => id)).size).toBe(2);
  });

  it('tells each stage once', async () => {
    await saw(away, 4);
    now += 600_000;
    await saw(away, 2);
    now += 7_200_000;
    await saw(away, 2);
    expect(steps.map(({ reason, detail }) => [reason, /more than [^:.]+/.exec(detail ?? '')?.[0]])).toEqual([
      ['unreachable', undefined],
      ['unreachable', 'more than 10 minutes'],
      ['unreachable', 'more than 2 hours'],
    ]);
  });

  it('writes changes at once and mere numbers now and then', async () => {
    await saw(delivered);
    const before = shelf.puts;
    for (let at = 0; at < 9; at += 1) {
      governor.backlog({ waiting: at + 1, oldestMs: 10 }, now);
      await saw(delivered);
    }
    expect(shelf.puts).toBe(before + 1);
    await saw(away, 3);
    expect(shelf.read().condition).toBe('unreachable');
  });

  it('writes nothing when nothing changed', async () => {
    await saw(delivered, 2);
    const before = shelf.puts;
    await saw(delivered, 30);
    expect(shelf.puts).toBe(before);
  });

  it('goes on from what another relay told, with its clock and without telling it twice', async () => {
    await saw(away, 4);
    governor = newGovernor();
    board = newBoard();
    now += 600_000;
    await saw(away, 4);
    expect(steps.map(({ reason }) => reason)).toEqual(['unreachable', 'unreachable']);
    expect(shelf.read()).toMatchObject({ condition: 'unreachable', stage: 2, since: '2026-11-22T08:00:01.000Z' });
    await saw(delivered, 3);
    expect(steps.map(({ reason }) => reason)).toEqual(['unreachable', 'unreachable', 'healthy']);
  });

  it('believes nothing that was told before the receiver changed its subscription', async () => {
    await saw(away, 4);
    governor = newGovernor();
    board = newBoard();
    const changed = { ...SUBSCRIPTION, updated: '2026-11-22T09:00:00.000Z' };
    now = Date.parse(changed.updated);
    board.observe(changed, governor);
    await board.settled();
    expect(shelf.read().condition).toBe('healthy');
  });

  it('catches up when the engine was away', async () => {
    await saw(delivered);
    shelf.away = true;
    await saw(away, 3);
    expect(shelf.read().condition).toBe('healthy');
    shelf.away = false;
    now += 5_000;
    await saw(away);
    expect(shelf.read().condition).toBe('unreachable');
  });

  it('counts subscriptions by condition and circuit, without naming any', async () => {
    await saw(away, 5);
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/signalbox_endpoint_conditions\{condition="unreachable"[^}]*\} 1/);
    expect(text).toMatch(/signalbox_endpoint_conditions\{condition="healthy"[^}]*\} 0/);
    expect(text).toMatch(/signalbox_endpoint_circuits\{state="open"[^}]*\} 1/);
    expect(text).toMatch(/signalbox_endpoint_warnings_total\{condition="unreachable",stage="1"[^}]*\} 1/);
    expect(text).not.toContain('sub-1');
    board.release('sub-1');
    expect(await metrics.registry.metrics()).toMatch(/signalbox_endpoint_circuits\{state="open"[^}]*\} 0/);
  });

  it('takes a subscription that ended off the board', async () => {
    await saw(delivered);
    await board.forget('sub-1');
    expect(shelf.entries.size).toBe(0);
  });
});
