import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A file that pages need, ready to be sent. */
export interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
  readonly gzipped: Buffer;
  readonly etag: string;
}

/** Folder with the NHS design system's styles and nunjucks macros. */
export const DESIGN_SYSTEM = join(
  dirname(createRequire(import.meta.url).resolve('nhsuk-frontend/package.json')),
  'dist',
);

const OWN = join(import.meta.dirname, '..', '..', 'assets');

/** Styles that one screen has for itself; its view links them. */
const SCREEN_STYLES: readonly string[] = [
  'board.css',
  'journey.css',
  'event.css',
  'stuck.css',
  'organisations.css',
  'watching.css',
  'catalogue.css',
];

/** Everything that pages load, by path. It all comes from this process: a page makes no request to anywhere else. */
export async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const stock = await readFile(join(DESIGN_SYSTEM, 'nhsuk', 'nhsuk-frontend.min.css'), 'utf8');
  const own = (name: string) => readFile(join(OWN, name));
  const icons = ['cross', 'arrow-up', 'arrow-up-down', 'arrow-down'].map((name) => `nhsuk-icon-${name}.svg`);
  const entries: [string, Asset][] = [
    ['/assets/nhsuk.css', asset('text/css; charset=utf-8', Buffer.from(withoutOutside(stock)))],
    ['/assets/console.css', asset('text/css; charset=utf-8', await own('console.css'))],
    ['/assets/console.js', asset('text/javascript; charset=utf-8', await own('console.js'))],
    ['/assets/signalbox.svg', asset('image/svg+xml', await own('signalbox.svg'))],
    ['/favicon.ico', asset('image/svg+xml', await own('signalbox.svg'))],
  ];
  const charts = createRequire(import.meta.url).resolve('uplot/dist/uPlot.iife.min.js');
  const plot = (await readFile(charts, 'utf8')).replace('https://', '');
  entries.push(['/assets/uplot.js', asset('text/javascript; charset=utf-8', Buffer.from(plot))]);
  for (const name of ['charts.js', 'trends.js'])
    entries.push([`/assets/${name}`, asset('text/javascript; charset=utf-8', await own(name))]);
  const plotStyles = await readFile(join(dirname(charts), 'uPlot.min.css'));
  entries.push(['/assets/uplot.css', asset('text/css; charset=utf-8', plotStyles)]);
  for (const name of SCREEN_STYLES)
    entries.push([`/assets/${name}`, asset('text/css; charset=utf-8', await own(name))]);
  for (const icon of icons) {
    const bytes = await readFile(join(DESIGN_SYSTEM, 'nhsuk', 'assets', 'images', icon));
    entries.push([`/assets/images/${icon}`, asset('image/svg+xml', bytes)]);
  }
  return new Map(entries);
}

/**
 * The design system's styles without what only NHS organisations may use and what would be fetched from their servers:
 * the Frutiger font. Arial stands in, as the system itself foresees.
 */
export function withoutOutside(css: string): string {
  return css.replaceAll(/@font-face\s*\{[^}]*\}/g, '').replace(/\/\*# sourceMappingURL=.*?\*\//, '');
}

function asset(type: string, bytes: Buffer): Asset {
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { type, bytes, gzipped: gzipSync(bytes), etag };
}

/** Changes whenever one of the files does; pages put it into the addresses, so that a browser may keep them for ever. */
export function assetsVersion(assets: ReadonlyMap<string, Asset>): string {
  const digest = createHash('sha256');
  for (const [path, { etag }] of assets) digest.update(`${path} ${etag}`);
  return digest.digest('base64url').slice(0, 10);
}
