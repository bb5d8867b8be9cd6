import { describe, expect, it } from '@jest/globals';
import { Turnstile } from './turnstile.js';

describe('the turnstile at the door', () => {
  it('lets an organisation have so many requests in hand, and counts each organisation by itself', () => {
    const turnstile = new Turnstile(2);
    const [first, second] = [turnstile.enter('X9H2T'), turnstile.enter('X9H2T')];
    expect([first, second].every((leave) => leave !== undefined)).toBe(true);
    expect(turnstile.enter('X9H2T')).toBeUndefined();
    expect(turnstile.enter('X9G1P')).toBeDefined();
  });

  it('has room again when one of them is done with', () => {
    const turnstile = new Turnstile(1);
    turnstile.enter('X9H2T')?.();
    expect(turnstile.enter('X9H2T')).toBeDefined();
    expect(turnstile.enter('X9H2T')).toBeUndefined();
  });
});
