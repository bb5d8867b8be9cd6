import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Outcome } from '../channels/channel.js';
import type { ReasonCode } from '../deliveries/reasons.js';
import { CONDITIONS } from './conditions.js';
import { Governor, type GovernorPolicy } from './governor.js';

const POLICY: GovernorPolicy = {
  limit: 32,
  openAfter: 5,
  firstPauseMs: 1_000,
  longestPauseMs: 8_000,
  probeWithinMs: 20_000,
  maxRetryAfterMs: 60_000,
  lagAfterMs: 300_000,
  streak: 3,
  lookBack: 20,
  stagesMs: [600_000, 7_200_000],
};
const START = 1_000_000;
const delivered: Outcome = { kind: 'delivered', latencyMs: 10, status: 200 };
const fails = (reason: ReasonCode, more: { afterMs?: number; latencyMs?: number } = {}): Outcome => ({
  kind: 'retry',
  reason,
  latencyMs: 10,
  ...more,
});
const refuses = (status: number): Outcome => ({ kind: 'refused', code: 'endpoint-refused', status, latencyMs: 10 });

describe('a governor', () => {
  let governor: Governor;
  let now: number;
  beforeEach(() => {
    governor = new Governor(POLICY);
    now = START;
  });

  /** One attempt after another, a second apart. */
  const attempts = (count: number, outcome: Outcome, key?: (at: number) => string): void => {
    for (let at = 0; at < count; at += 1) {
      now += 1_000;
      governor.outcome(outcome, now, key?.(at));
    }
  };
  const open = (): void => {
    attempts(POLICY.openAfter, fails('endpoint-unreachable'));
    expect(governor.circuit).toBe('open');
  };

  describe('and the circuit', () => {
    it('lets everything go while the endpoint answers', () => {
      attempts(50, delivered);
      expect(governor.admit(now)).toEqual({ kind: 'go', probe: false });
      expect(governor.circuit).toBe('closed');
    });

    it('opens after so many failures in a row, and not when one success is among them', () => {
      attempts(4, fails('endpoint-unreachable'));
      attempts(1, delivered);
      attempts(4, fails('endpoint-timeout'));
      expect(governor.circuit).toBe('closed');
      attempts(1, fails('endpoint-timeout'));
      expect(governor.circuit).toBe('open');
      expect(governor.admit(now)).toEqual({ kind: 'wait', untilMs: now + 1_000 });
    });

    it('sends one probe when the pause is over, and nothing beside it', () => {
      open();
      now += 1_000;
      expect(governor.admit(now)).toEqual({ kind: 'go', probe: true });
      expect(governor.circuit).toBe('half-open');
      expect(governor.admit(now)).toMatchObject({ kind: 'wait' });
    });

    it('pauses twice as long after each probe that fails, up to the cap', () => {
      open();
      const pauses: number[] = [];
      for (let probe = 0; probe < 5; probe += 1) {
        const waits = governor.admit(now);
        if (waits.kind !== 'wait') throw new Error('it should wait');
        pauses.push(waits.untilMs - now);
        now = waits.untilMs;
        expect(governor.admit(now)).toEqual({ kind: 'go', probe: true });
        now += 10;
        governor.outcome(fails('endpoint-unreachable'), now);
        expect(governor.circuit).toBe('open');
      }
      expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
    });

    it('closes when the probe is delivered, and begins again with one at a time', () => {
      open();
      now += 1_000;
      governor.admit(now);
      governor.outcome(delivered, now + 10);
      expect(governor.circuit).toBe('closed');
      expect(governor.limit).toBe(1);
      expect(governor.admit(now + 10)).toEqual({ kind: 'go', probe: false });
    });

    it('closes when the probe is refused, for whoever refuses an event is there', () => {
      open();
      now += 1_000;
      governor.admit(now);
      governor.outcome(refuses(422), now + 10);
      expect(governor.circuit).toBe('closed');
    });

    it('begins with the first pause again after it had closed', () => {
      open();
      now += 1_000;
      governor.admit(now);
      governor.outcome(delivered, (now += 10));
      open();
      expect(governor.admit(now)).toEqual({ kind: 'wait', untilMs: now + 1_000 });
    });

    it('is not opened again by an attempt that began before the probe', () => {
      open();
      now += 1_000;
      governor.admit(now);
      governor.outcome(fails('endpoint-timeout', { latencyMs: 15_000 }), now + 5);
      expect(governor.circuit).toBe('half-open');
    });

    it('sends another probe when one was not made, or was never heard of again', () => {
      open();
      now += 1_000;
      governor.admit(now);
      governor.released(now);
      expect(governor.admit(now)).toEqual({ kind: 'go', probe: true });
      expect(governor.admit(now + POLICY.probeWithinMs - 1)).toMatchObject({ kind: 'wait' });
      expect(governor.admit(now + POLICY.probeWithinMs)).toEqual({ kind: 'go', probe: true });
    });

    it('never opens for refusals, however many', () => {
      attempts(100, refuses(422));
      expect(governor.circuit).toBe('closed');
      expect(governor.limit).toBe(POLICY.limit);
    });

    it('never opens for one key that fails again and again, but for several that do', () => {
      attempts(100, fails('endpoint-error'), () => 'the same patient');
      expect(governor.circuit).toBe('closed');
      attempts(4, fails('endpoint-error'), (at) => `patient ${String(at)}`);
      expect(governor.circuit).toBe('open');
    });

    it('opens for one key too when what fails cannot be about the event', () => {
      attempts(5, fails('endpoint-unreachable'), () => 'the same patient');
      expect(governor.circuit).toBe('open');
    });

    it('opens when the sink is at a place that is not sent to, so that not everything is parked', () => {
      attempts(5, { kind: 'refused', code: 'egress-refused', latencyMs: 1 });
      expect(governor.circuit).toBe('open');
      expect(governor.condition(now).condition).toBe('shut-out');
    });
  });

  describe('and the limit', () => {
    it.each<ReasonCode>(['endpoint-timeout', 'endpoint-overloaded', 'endpoint-unreachable'])(
      'halves it for %s, down to one',
      (reason) => {
        const seen: number[] = [];
        for (let at = 0; at < 7; at += 1) {
          attempts(1, fails(reason));
          seen.push(governor.limit);
          attempts(1, refuses(422));
        }
        expect(seen).toEqual([16, 8, 4, 2, 1, 1, 1]);
      },
    );

    it('halves it once for all that were under way together', () => {
      now += 15_000;
      for (let at = 0; at < 4; at += 1) governor.outcome(fails('endpoint-timeout', { latencyMs: 15_000 }), now + at);
      expect(governor.limit).toBe(16);
    });

    it('leaves it for an error of the endpoint that says nothing about how much it can take', () => {
      attempts(1, fails('endpoint-error'));
      expect(governor.limit).toBe(32);
    });

    it('raises it by one for each round of successes, and never above the setting', () => {
      attempts(1, fails('endpoint-overloaded'));
      attempts(18, delivered);
      expect(governor.limit).toBe(17);
      attempts(1_000, delivered);
      expect(governor.limit).toBe(32);
    });

    it('rises quickly after an outage to half of what went well before', () => {
      attempts(5, fails('endpoint-error'), (at) => `patient ${String(at)}`);
      expect(governor.circuit).toBe('open');
      now += 1_000;
      governor.admit(now);
      attempts(1, delivered);
      expect(governor.limit).toBe(1);
      attempts(31, delivered);
      expect(governor.limit).toBe(32);
    });
  });

  describe('and Retry-After', () => {
    it('holds back everything for the endpoint, with the circuit closed', () => {
      governor.outcome(fails('endpoint-overloaded', { afterMs: 30_000 }), now);
      expect(governor.admit(now + 29_999)).toEqual({ kind: 'wait', untilMs: now + 30_000 });
      expect(governor.admit(now + 30_000)).toEqual({ kind: 'go', probe: false });
      expect(governor.circuit).toBe('closed');
    });

    it('cannot be asked for longer than the bound, nor taken back by a shorter one', () => {
      governor.outcome(fails('endpoint-overloaded', { afterMs: 86_400_000 }), now);
      governor.outcome(fails('endpoint-overloaded', { afterMs: 1_000 }), now);
      expect(governor.admit(now)).toEqual({ kind: 'wait', untilMs: now + 60_000 });
    });

    it('holds back the probe too', () => {
      attempts(5, fails('endpoint-overloaded', { afterMs: 20_000 }));
      expect(governor.circuit).toBe('open');
      expect(governor.admit(now + 5_000)).toEqual({ kind: 'wait', untilMs: now + 20_000 });
      expect(governor.admit(now + 20_000)).toEqual({ kind: 'go', probe: true });
    });
  });

  describe('and its words', () => {
    const condition = (): string => governor.condition(now).condition;

    it('says healthy from the first look on', () => {
      expect(governor.condition(now)).toEqual({
        condition: 'healthy',
        stage: 0,
        since: now,
        sentence: CONDITIONS.healthy.sentence,
        advice: CONDITIONS.healthy.advice,
      });
      expect(governor.condition(now + 5_000).since).toBe(now);
    });

    it.each<[string, Outcome]>([
      ['unreachable', fails('endpoint-unreachable')],
      ['insecure', fails('endpoint-insecure')],
      ['timing-out', fails('endpoint-timeout')],
      ['failing', fails('endpoint-error')],
      ['failing', fails('endpoint-disconnected')],
      ['failing', fails('endpoint-not-http')],
      ['redirecting', fails('endpoint-redirected')],
      ['overloaded', fails('endpoint-overloaded')],
      ['receiving-malformed', refuses(400)],
      ['receiving-malformed', refuses(415)],
      ['receiving-malformed', refuses(422)],
      ['refusing', refuses(401)],
      ['refusing', refuses(404)],
    ])('says %s after a streak, not after one', (name, outcome) => {
      attempts(2, outcome);
      expect(condition()).toBe('healthy');
      attempts(1, outcome);
      expect(governor.condition(now)).toMatchObject({ condition: name, stage: 1, since: START + 1_000 });
    });

    it('says it too when half of the attempts go wrong, never three in a row', () => {
      for (let at = 0; at < 10; at += 1) {
        attempts(1, delivered);
        attempts(1, fails('endpoint-timeout'));
      }
      expect(condition()).toBe('timing-out');
    });

    it('takes it back after as many successes in a row, and not before', () => {
      attempts(3, refuses(403));
      attempts(2, delivered);
      expect(condition()).toBe('refusing');
      attempts(1, delivered);
      expect(condition()).toBe('healthy');
      attempts(1, refuses(403));
      expect(condition()).toBe('healthy');
    });

    it('goes from one trouble to another without forgetting how long it has been bad', () => {
      attempts(5, fails('endpoint-timeout'));
      attempts(3, fails('endpoint-unreachable'));
      expect(governor.condition(now)).toMatchObject({ condition: 'unreachable', since: START + 1_000 });
    });

    it('grows plainer with time', () => {
      attempts(3, fails('endpoint-unreachable'));
      const since = START + 1_000;
      expect(governor.condition(since + 600_000)).toMatchObject({
        stage: 2,
        sentence: 'The endpoint cannot be reached. It has been so for more than 10 minutes.',
      });
      expect(governor.condition(since + 7_200_000)).toMatchObject({
        stage: 3,
        sentence:
          'The endpoint cannot be reached. It has been so for more than 2 hours: a person should look at it now.',
      });
    });

    it('says lagging when what waits is old, until it is much younger', () => {
      governor.backlog({ waiting: 10, oldestMs: 299_999 }, now);
      expect(condition()).toBe('healthy');
      governor.backlog({ waiting: 10, oldestMs: 300_000 }, now);
      expect(governor.condition(now + 5_000)).toMatchObject({ condition: 'lagging', stage: 1, since: now });
      governor.backlog({ waiting: 10, oldestMs: 200_000 }, now);
      expect(condition()).toBe('lagging');
      governor.backlog({ waiting: 10, oldestMs: 149_999 }, now);
      expect(condition()).toBe('healthy');
      governor.backlog({ waiting: 10, oldestMs: 400_000 }, now);
      governor.backlog({ waiting: 0, oldestMs: 0 }, now);
      expect(condition()).toBe('healthy');
    });

    it('names what the answers show before what the backlog shows', () => {
      governor.backlog({ waiting: 10, oldestMs: 400_000 }, now);
      attempts(3, fails('endpoint-unreachable'));
      expect(condition()).toBe('unreachable');
    });
  });
});
