import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findTool } from '../../deploy/local/tools.mjs';

/** Widths at which every screen is looked at: a desk, and the narrowest telephone. */
export const WIDTHS = [1280, 375] as const;

/** Rules of WCAG 2.2 AA, and what the makers of axe call best practice. */
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The browser of this machine, without anything that calls home. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: findTool('chromium'),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
  });
}

/** What went wrong on the pages of a context without anybody seeing it. */
export interface Complaints {
  /** Requests to anything but this machine. */
  readonly outside: string[];
  /** What the browser's console and its content security policy said. */
  readonly errors: string[];
}

/** Notes every request that leaves this machine and every error of the browser. */
export function listen(context: BrowserContext): Complaints {
  const complaints: Complaints = { outside: [], errors: [] };
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') complaints.outside.push(hostname);
  });
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.errors.push(message.text());
  });
  context.on('weberror', (error) => complaints.errors.push(error.error().message));
  return complaints;
}

/** What axe finds wrong with the page, each with the elements that it is about. */
export async function violationsOf(page: Page): Promise<string[]> {
  // Pages here have no frames, for which axe would open a page of its own; and only violations are asked for.
  const axe = new AxeBuilder({ page })
    .options({ resultTypes: ['violations'] })
    .withTags(AXE_TAGS)
    .setLegacyMode(true);
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help}: ${target.join(' ')}`));
}

/** How many pixels of the page do not fit its width. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
