import { describe, expect, it } from '@jest/globals';
import { breakable } from './pages.js';

describe('a long name on a page', () => {
  it('breaks behind its dots, slashes and colons, and nowhere else', () => {
    expect(String(breakable('org.signalbox.result.v1'))).toBe('org.<wbr>signalbox.<wbr>result.v1');
    expect(String(breakable('/entry/0/urn:x'))).toBe('/entry/<wbr>0/<wbr>urn:<wbr>x');
    expect(String(breakable(undefined))).toBe('');
  });
  it('stays text, whatever stands in it', () => {
    expect(String(breakable('<b class="x">.&\'`'))).toBe('&#60;b class=&#34;x&#34;&#62;.<wbr>&#38;&#39;&#96;');
  });
});
