import { describe, expect, it } from '@jest/globals';
import { Kept } from './kept.js';

describe('what is kept', () => {
  it('is looked up once for all who ask in time, and anew afterwards', async () => {
    let now = 0;
    let looks = 0;
    const kept = new Kept<number>(100, () => now);
    const look = () => Promise.resolve((looks += 1));
    expect(await Promise.all([kept.of('a', look), kept.of('a', look), kept.of('b', look)])).toEqual([1, 1, 2]);
    now = 100;
    expect(await kept.of('a', look)).toBe(3);
  });
  it('is nothing that failed', async () => {
    const kept = new Kept<number>(100, () => 0);
    await expect(kept.of('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await kept.of('a', () => Promise.resolve(1))).toBe(1);
  });
  it('is not forgotten because an older look failed late', async () => {
    let now = 0;
    const kept = new Kept<number>(100, () => now);
    const { promise, reject } = Promise.withResolvers<number>();
    const old = kept.of('a', () => promise);
    now = 100;
    const newer = kept.of('a', () => Promise.resolve(1));
    reject(new Error('away'));
    await expect(old).rejects.toThrow('away');
    expect(kept.of('a', () => Promise.resolve(2))).toBe(newer);
  });
});
