import { describe, expect, it } from '@jest/globals';

import { activeSecrets } from './secrets.js';

const until = '2026-11-22T12:00:00.000Z';
const at = (time: string): number => Date.parse(time);

describe('the secrets that sign', () => {
  it('are the newest and the former one until the rotation ends, then the newest alone', () => {
    const rotated = { sinksecrets: ['new', 'old'], oldsecretsuntil: until };
    expect(activeSecrets(rotated, at('2026-11-22T11:59:59.999Z'))).toEqual(['new', 'old']);
    expect(activeSecrets(rotated, at(until))).toEqual(['new']);
  });

  it('are all there are when nothing ends', () => {
    expect(activeSecrets({ sinksecrets: ['only'] }, at(until))).toEqual(['only']);
    expect(activeSecrets({ sinksecrets: [] }, at(until))).toEqual([]);
  });
});
