import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { overflowOf, violationsOf, WIDTHS } from './browser.js';
import { Console, keepPicture } from './console.js';

/** A screen, how it is reached, and who looks at it. */
interface Screen {
  readonly name: string;
  readonly as?: string;
  readonly path: (console: Console) => Promise<string> | string;
  /** Heading of the page. */
  readonly heading: RegExp;
}

const OPERATOR = 'X9S0B-operator';
const INFORMATION_GOVERNANCE = 'X9L3B-information-governance';
const ADMINISTRATOR = 'X9L3B-administrator';

interface Group {
  readonly stuck: string;
  readonly sample?: { readonly journey?: string };
}

/** The journey of a planted fault, as the list of stuck work leads to it. */
async function stuckJourney(console: Console, reason: string): Promise<string> {
  const { groups } = await console.json<{ groups: Group[] }>(`/stuck?stuck=${reason}`, OPERATOR);
  const journey = groups[0]?.sample?.journey;
  if (journey === undefined) throw new Error(`nothing is stuck as ${reason}`);
  return journey;
}

/** The first address of a page that begins like this. */
async function linkOn(console: Console, path: string, as: string, begins: string): Promise<string> {
  const { page } = await console.page({ as });
  await page.goto(path);
  const link = await page.locator(`main a[href^="${begins}"]`).first().getAttribute('href');
  if (link === null) throw new Error(`${path} has no link to ${begins}`);
  return link;
}

async function eventOfDemo(console: Console): Promise<string> {
  return linkOn(console, `/journeys/${console.journey}`, OPERATOR, '/events/');
}

const SCREENS: readonly Screen[] = [
  { name: 'sign-in', path: () => '/sign-in', heading: /^Sign in$/ },
  { name: 'board', as: OPERATOR, path: () => '/', heading: /^Board$/ },
  { name: 'map', as: OPERATOR, path: () => '/map', heading: /./ },
  { name: 'engine', as: OPERATOR, path: () => '/engine', heading: /./ },
  { name: 'find', as: OPERATOR, path: () => '/find', heading: /^Find/ },
  { name: 'journeys', as: OPERATOR, path: () => '/journeys', heading: /ourneys/ },
  {
    name: 'journey',
    as: OPERATOR,
    path: (console) => `/journeys/${console.journey}`,
    heading: /ourney/,
  },
  {
    name: 'journey-stuck',
    as: OPERATOR,
    path: async (console) => `/journeys/${await stuckJourney(console, 'subscriber-refused')}`,
    heading: /ourney/,
  },
  { name: 'event', as: OPERATOR, path: eventOfDemo, heading: /./ },
  { name: 'disclosures', as: INFORMATION_GOVERNANCE, path: () => '/disclosures', heading: /./ },
  { name: 'stuck', as: OPERATOR, path: () => '/stuck', heading: /^Stuck work/ },
  {
    name: 'stuck-group',
    as: OPERATOR,
    path: (console) => linkOn(console, '/stuck', OPERATOR, '/stuck/group'),
    heading: /./,
  },
  { name: 'organisations', as: OPERATOR, path: () => '/organisations', heading: /^Organisations/ },
  { name: 'organisation', as: ADMINISTRATOR, path: () => '/organisations/X9L3B', heading: /./ },
  { name: 'where-data-goes', as: OPERATOR, path: () => '/where-data-goes', heading: /./ },
  { name: 'intervals', as: OPERATOR, path: () => '/intervals', heading: /./ },
  { name: 'alerts', as: OPERATOR, path: () => '/alerts', heading: /^Alerts/ },
  { name: 'catalogue', path: () => '/catalogue', heading: /^Catalogue/ },
  { name: 'catalogue-type', path: () => '/catalogue/org.signalbox.referral.requested.v1', heading: /./ },
  { name: 'not-found', as: OPERATOR, path: () => '/journeys/none-of-this-name', heading: /./ },
];

/** Ten digits alone: what an NHS number looks like. */
const NHS_NUMBER = /\b\d{10}\b/;

describe('the console', () => {
  let console: Console;

  beforeAll(async () => {
    console = await Console.open();
  });
  afterEach(async () => console.closePages());
  afterAll(async () => console.close());

  for (const { name, as, path, heading } of SCREENS) {
    for (const width of WIDTHS) {
      it(`shows ${name} at ${String(width)} px for everybody, and asks nobody outside`, async () => {
        const { page, complaints } = await console.page({ ...(as !== undefined && { as }), width });
        const address = await path(console);
        const answer = await page.goto(address, { waitUntil: 'networkidle' });
        expect(answer?.status()).toBe(name === 'not-found' ? 404 : 200);
        expect(await page.locator('h1').allInnerTexts()).toEqual([expect.stringMatching(heading)]);
        expect(await violationsOf(page)).toEqual([]);
        expect(await overflowOf(page)).toBe(0);
        expect(await page.title()).not.toMatch(NHS_NUMBER);
        expect(page.url()).not.toMatch(NHS_NUMBER);
        expect(complaints.outside).toEqual([]);
        expect(complaints.errors.filter((text) => !(name === 'not-found' && text.includes('404')))).toEqual([]);
        await keepPicture(page, name, width);
      });
    }

    it(`shows ${name} without JavaScript`, async () => {
      const { page } = await console.page({ ...(as !== undefined && { as }), javaScript: false });
      await page.goto(await path(console));
      expect(await page.locator('h1').allInnerTexts()).toEqual([expect.stringMatching(heading)]);
      expect(await page.locator('button[hidden]').filter({ visible: true }).count()).toBe(0);
    });
  }

  it('lets the keyboard skip to the content, and through every screen in the navigation', async () => {
    const { page } = await console.page({ as: OPERATOR });
    await page.goto('/');
    await page.keyboard.press('Tab');
    expect(await page.evaluate<string>('document.activeElement.textContent.trim()')).toBe('Skip to main content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate<boolean>(`document.activeElement.closest('main') !== null`)).toBe(true);
    const screens = await page.locator('nav[aria-label="Screens"] a').allInnerTexts();
    expect(screens.slice(0, 4)).toEqual(['Board', 'Find', 'Stuck work', 'Organisations']);
  });
});
