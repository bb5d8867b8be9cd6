import { describe, expect, it } from '@jest/globals';
import { Turnstile } from './turnstile.js';

describe('the turnstile at the door', () => {
  it('lets an organisation have so many requests in hand and so many in line, each organisation by itself', async () => {
    const turnstile = new Turnstile({ inHand: 1, inLine: 1 });
    const [first, second] = [turnstile.enter('X9H2T'), turnstile.enter('X9H2T')];
    expect(first).toBeDefined();
    expect(second).toBeDefined();
    expect(turnstile.enter('X9H2T')).toBeUndefined();
    await expect(turnstile.enter('X9G1P')).resolves.toBeInstanceOf(Function);
  });

  it('gives the place of one that is done with to the next in line, in order', async () => {
    const turnstile = new Turnstile({ inHand: 1, inLine: 2 });
    const turns: number[] = [];
    const leave = await turnstile.enter('X9H2T')!;
    const waiting = [1, 2].map(async (number) => {
      const out = await turnstile.enter('X9H2T')!;
      turns.push(number);
      return out;
    });
    leave();
    (await waiting[0]!)();
    expect(turns).toEqual([1]);
    (await waiting[1]!)();
    expect(turns).toEqual([1, 2]);
    await expect(turnstile.enter('X9H2T')).resolves.toBeInstanceOf(Function);
  });
});
