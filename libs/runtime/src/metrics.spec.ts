import { describe, expect, it } from '@jest/globals';
import { Metrics } from './metrics.js';

describe('metrics', () => {
  it('are collected once for everybody who asks meanwhile, and anew for who asks later', async () => {
    const metrics = new Metrics('test');
    let looks = 0;
    metrics.gauge('test_looks', 'How often it was looked up', [], async (gauge) => {
      looks += 1;
      await Promise.resolve();
      gauge.set(looks);
    });
    const asked = await Promise.all(Array.from({ length: 20 }, () => metrics.render()));
    expect([looks, new Set(asked).size]).toEqual([1, 1]);
    expect(await metrics.render()).toContain('test_looks{service="test"} 2');
  });
});
