import { describe, expect, it } from '@jest/globals';

import { Gate } from './gate.js';

describe('the gate', () => {
  it('lets no more through than its size, and the next one in turn when one leaves', async () => {
    const gate = new Gate(1);
    const order: string[] = [];
    const leave = await gate.enter();
    const second = gate.enter().then((out) => {
      order.push('second');
      return out;
    });
    const third = gate.enter().then((out) => {
      order.push('third');
      return out;
    });
    expect(order).toEqual([]);
    leave();
    (await second)();
    await third;
    expect(order).toEqual(['second', 'third']);
    expect(gate.inside).toBe(1);
  });

  it('counts a way out only once', async () => {
    const gate = new Gate(2);
    const leave = await gate.enter();
    leave();
    leave();
    expect(gate.inside).toBe(0);
  });
});
