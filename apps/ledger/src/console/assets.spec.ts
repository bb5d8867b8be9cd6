import { describe, expect, it } from '@jest/globals';
import { loadAssets } from './assets.js';

describe('loadAssets', () => {
  it('names no other host, so that a page makes no request to the outside', async () => {
    const assets = await loadAssets();
    for (const [path, { bytes, type }] of assets) {
      if (type.startsWith('image/')) continue;
      const addresses = bytes.toString().match(/https?:\/\/[^\s"')]+/g) ?? [];
      expect([path, addresses.filter((address) => !address.startsWith('http://www.w3.org/'))]).toEqual([path, []]);
    }
  });
  it('has every file that its styles ask for', async () => {
    const assets = await loadAssets();
    for (const css of ['/assets/nhsuk.css', '/assets/console.css']) {
      const urls = [
        ...assets
          .get(css)!
          .bytes.toString()
          .matchAll(/url\(["']?(\/[^)"']+)["']?\)/g),
      ].map((match) => match[1]!);
      expect(urls.filter((url) => !assets.has(url))).toEqual([]);
    }
  });
  it('brings no font and no NHS logo', async () => {
    const text = [...(await loadAssets()).values()].map(({ bytes }) => bytes.toString()).join();
    expect(text).not.toContain('@font-face');
    expect(text).not.toMatch(/aria-label="NHS/);
  });
});
