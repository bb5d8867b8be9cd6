import { beforeEach, describe, expect, it } from '@jest/globals';

import { Presence } from './presence.js';

describe('the presence of relays', () => {
  let presence: Presence;
  beforeEach(() => {
    presence = new Presence('me');
  });
  const beat = (times: number): boolean[] => Array.from({ length: times }, () => presence.saw('me', true));

  it('knows itself from the start, and others from their first beat', () => {
    expect(presence.living).toEqual(['me']);
    expect(presence.saw('other', true)).toBe(true);
    expect(presence.saw('other', true)).toBe(false);
    expect(presence.living).toEqual(['me', 'other']);
  });

  it('takes another for dead after four of its own beats without one of the other’s, and not before', () => {
    presence.saw('other', true);
    expect(beat(3)).toEqual([false, false, false]);
    expect(presence.lives('other')).toBe(true);
    expect(beat(1)).toEqual([true]);
    expect(presence.lives('other')).toBe(false);
  });

  it('takes nobody for dead while nothing arrives, and lets one that returns live again', () => {
    presence.saw('other', true);
    beat(4);
    expect(presence.saw('other', true)).toBe(true);
    beat(2);
    presence.saw('other', true);
    expect(beat(3)).toEqual([false, false, false]);
  });

  it('believes at once that one left', () => {
    presence.saw('other', true);
    expect(presence.saw('other', false)).toBe(true);
    expect(presence.living).toEqual(['me']);
  });
});
