import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { overflowOf, violationsOf, WIDTHS } from './browser.js';
import { keepPicture, type Sight } from './console.js';

/** Ten digits alone: what an NHS number looks like. */
const NHS_NUMBER = /\b\d{10}\b/;
const HEIGHT = 900;
/** A person presses the tabulator so often, and then asks for help. */
const MOST_TABS = 80;
/** What the browser itself says about a page that is not there or not allowed; the page says it in words. */
const REFUSED = /Failed to load resource.*\b40[0-9]\b/;

/**
 * What holds for every page that somebody comes by: it fits both widths, axe finds nothing, it has one heading, neither
 * its address nor its title holds an identifier of a patient, and nobody outside was asked.
 *
 * @param name of the picture that is kept of it, where one is
 */
export async function expectWellMade({ page, complaints }: Sight, name?: string): Promise<void> {
  expect(page.url()).not.toMatch(NHS_NUMBER);
  expect(await page.title()).not.toMatch(NHS_NUMBER);
  expect(await page.locator('h1').count()).toBe(1);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    expect(await violationsOf(page)).toEqual([]);
    expect(await overflowOf(page)).toBe(0);
    if (name !== undefined) await keepPicture(page, name, width);
  }
  await page.setViewportSize({ width: WIDTHS[0], height: HEIGHT });
  expect(complaints.outside).toEqual([]);
  expect(complaints.errors.filter((text) => !REFUSED.test(text))).toEqual([]);
}

/** What the element with the keyboard is called. */
const FOCUSED = `((one) => (one.labels?.[0] ?? one).textContent.replaceAll(/\\s+/g, ' ').trim())(document.activeElement)`;

/** Goes to what is called so with the keyboard alone, from where the keyboard is. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const fits = (text: string) => (typeof name === 'string' ? text === name : name.test(text));
  for (let count = 0; count < MOST_TABS; count += 1) {
    await page.keyboard.press('Tab');
    const label = await page.evaluate<string>(FOCUSED);
    if (fits(label)) return;
  }
  throw new Error(`the keyboard does not come to ${String(name)}`);
}
