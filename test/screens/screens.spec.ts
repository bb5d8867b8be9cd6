import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WIDTHS } from './browser.js';
import { Console, PICTURED, PICTURES } from './console.js';
import { expectWellMade } from './visit.js';

/** A screen, how it is reached, and who looks at it. */
interface Screen {
  readonly name: string;
  readonly as?: string;
  readonly path: string | ((console: Console) => Promise<string> | string);
  /** Heading of the page. */
  readonly heading: RegExp;
  readonly status?: number;
}

const OPERATOR = 'X9S0B-operator';
const INFORMATION_GOVERNANCE = 'X9L3B-information-governance';
const ADMINISTRATOR = 'X9L3B-administrator';
const REPORTED = 'org.signalbox.result.reported.v1';

interface Group {
  readonly sample?: { readonly journey?: string };
}

/** The journey of a planted fault, as the list of stuck work leads to it. */
async function stuckJourney(console: Console, reason: string): Promise<string> {
  const path = `/stuck?stuck=${reason}&publisher=X9G1P`;
  const { groups } = await console.until<{ groups: Group[] }>(reason, path, OPERATOR, (one) => one.groups.length > 0);
  return `/journeys/${groups[0]?.sample?.journey ?? 'none'}`;
}

const SCREENS: readonly Screen[] = [
  { name: 'sign-in', path: '/sign-in', heading: /^Sign in$/ },
  { name: 'board', as: OPERATOR, path: '/', heading: /^Board$/ },
  { name: 'map', as: OPERATOR, path: '/map', heading: /^Map/ },
  { name: 'pair', as: OPERATOR, path: '/pairs/X9G1P/X9H2T', heading: /^X9G1P/ },
  { name: 'engine', as: OPERATOR, path: '/engine', heading: /engine/i },
  { name: 'find', as: OPERATOR, path: '/find', heading: /^Find a journey$/ },
  { name: 'journeys', as: OPERATOR, path: '/journeys', heading: /^Recent journeys$/ },
  { name: 'refused', as: OPERATOR, path: '/refused', heading: /^Refused events$/ },
  { name: 'journey', as: OPERATOR, path: ({ journey }) => `/journeys/${journey}`, heading: /^Journey$/ },
  {
    name: 'journey-stuck',
    as: OPERATOR,
    path: (console) => stuckJourney(console, 'subscriber-refused'),
    heading: /^Journey$/,
  },
  {
    name: 'event',
    as: OPERATOR,
    path: (console) => console.linkOn(`/journeys/${console.journey}`, OPERATOR, '/events/'),
    heading: /^(Referral|Result|Appointment)/,
  },
  { name: 'disclosures', as: INFORMATION_GOVERNANCE, path: '/disclosures', heading: /^Disclosures$/ },
  { name: 'stuck', as: OPERATOR, path: '/stuck', heading: /^Stuck work$/ },
  {
    name: 'stuck-group',
    as: 'X9L3B-operator',
    path: (console) => console.linkOn('/stuck?stuck=rejected-schema', 'X9L3B-operator', '/stuck/group'),
    heading: /^rejected-schema$/,
  },
  { name: 'organisations', as: OPERATOR, path: '/organisations', heading: /^Organisations$/ },
  { name: 'people', as: ADMINISTRATOR, path: '/organisations/X9L3B/people', heading: /^People/ },
  { name: 'organisation', as: ADMINISTRATOR, path: '/organisations/X9L3B', heading: /^North Vale Pathology/ },
  {
    name: 'stage',
    as: ADMINISTRATOR,
    path: `/organisations/X9L3B/stages/${REPORTED}`,
    heading: /^How strictly it is judged$/,
  },
  {
    name: 'stage-impact',
    as: ADMINISTRATOR,
    path: `/organisations/X9L3B/stages/${REPORTED}/impact?strictness=enforce`,
    heading: /^Impact of a stage$/,
  },
  { name: 'where-data-goes', as: OPERATOR, path: '/where-data-goes', heading: /^Where patient data goes$/ },
  { name: 'where-data-changes', as: OPERATOR, path: '/where-data-goes/changes', heading: /changes$/ },
  { name: 'intervals', as: OPERATOR, path: '/intervals', heading: /^Intervals$/ },
  { name: 'alerts', as: OPERATOR, path: '/alerts', heading: /^Alerts$/ },
  {
    name: 'alert',
    as: OPERATOR,
    path: (console) => console.linkOn('/alerts', OPERATOR, '/alerts/'),
    heading: /./,
  },
  { name: 'runbook', as: OPERATOR, path: '/runbooks/subscriber-down', heading: /./ },
  { name: 'outages', as: 'X9L3B-operator', path: '/outages', heading: /^Outages$/ },
  { name: 'catalogue', path: '/catalogue', heading: /^Catalogue$/ },
  { name: 'catalogue-type', path: '/catalogue/org.signalbox.referral.requested.v1', heading: /^Referral requested/ },
  { name: 'not-found', as: OPERATOR, path: '/journeys/none-of-this-name', heading: /./, status: 404 },
  { name: 'nowhere', path: '/nothing-here', heading: /./, status: 404 },
];

/** What is looked at where it is used, in the other files. */
const ON_THE_WAY = [
  'events/:id/show-values',
  'events/:id/values',
  'journeys/:id/handled',
  'journeys/:id/nudge',
  'journeys/:id/replay',
  'outages/:id',
  'sign-in/callback',
  'sign-in/organisation',
  'sign-in/start',
  'sign-out/provider',
];
/** JSON and files without a page. */
const NO_PAGES = [
  'assets/*',
  'catalogue/:type/use',
  'disclosures/chain',
  'events/:id/recipients',
  'reconciliation',
  'schemas/*',
  'statements/:date',
  'subscriptions/:id/deliveries',
  'subscriptions/:id/deliveries/attempts',
  'work-items',
];

/** Every path that the controllers of the ledger answer with GET, as they name them. */
function served(): string[] {
  const folder = join(import.meta.dirname, '..', '..', 'apps', 'ledger', 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /controller\.ts$/.test(name),
  );
  return files.flatMap((name) => {
    const source = readFileSync(join(folder, name), 'utf8');
    const base = /@Controller\('([^']*)'\)/.exec(source)?.[1] ?? '';
    const paths = [...source.matchAll(/@Get\((?:\[?'([^']*)')?/g)].map(([, path = '']) => path);
    return paths.map((path) => [base, path].filter((part) => part !== '').join('/'));
  });
}

describe('the console', () => {
  let console: Console;

  beforeAll(async () => {
    console = await Console.open();
  });
  afterAll(async () => console.close());

  for (const { name, as, path, heading, status = 200 } of SCREENS) {
    it(`shows ${name} to everybody: wide, narrow, and without JavaScript`, async () => {
      const address = typeof path === 'string' ? path : await path(console);
      const sight = await console.page({ as });
      const answer = await sight.page.goto(address);
      expect(answer?.status()).toBe(status);
      expect(await sight.page.locator('h1').allInnerTexts()).toEqual([expect.stringMatching(heading)]);
      await expectWellMade(sight, name);

      const { page } = await console.page({ as, javaScript: false });
      await page.goto(address);
      expect(await page.locator('h1').allInnerTexts()).toEqual([expect.stringMatching(heading)]);
      expect(await page.locator('button[hidden]').filter({ visible: true }).count()).toBe(0);
    });
  }

  it('has no page that nobody looks at', () => {
    const shown = SCREENS.map(({ path }) => (typeof path === 'string' ? path : '')).filter((path) => path !== '');
    const byLink = ['journeys/:id', 'events/:id', 'stuck/group', 'alerts/:id'];
    const known = new Set([...ON_THE_WAY, ...NO_PAGES, ...byLink]);
    const pages = served().filter((route) => !known.has(route));
    const unseen = pages.filter((route) => {
      const pattern = new RegExp(`^/${route.replaceAll(/:\w+/g, '[^/?]+')}([?].*)?$`);
      return !shown.some((path) => pattern.test(path));
    });
    expect(pages.length).toBeGreaterThan(15);
    expect(unseen).toEqual([]);
  });

  it('is shown in the documentation as it is pictured here', () => {
    const files = PICTURED.flatMap((name) => WIDTHS.map((width) => `${name}-${String(width)}.png`));
    const shown = [...readFileSync(join(PICTURES, 'README.md'), 'utf8').matchAll(/\]\(([\w-]+\.png)\)/g)];
    expect(shown.map(([, file]) => file).toSorted()).toEqual(files.toSorted());
    const strays = readdirSync(PICTURES).filter((name) => name.endsWith('.png') && !files.includes(name));
    expect(strays).toEqual([]);
  });

  it('lets the keyboard skip to the content, and through every screen in the navigation', async () => {
    const { page } = await console.page({ as: OPERATOR });
    await page.goto('/');
    await page.keyboard.press('Tab');
    expect(await page.evaluate<string>('document.activeElement.textContent.trim()')).toBe('Skip to main content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate<boolean>(`document.activeElement.closest('main') !== null`)).toBe(true);
    const screens = await page.locator('nav[aria-label="Screens"] a').allInnerTexts();
    expect(screens).toEqual(['Board', 'Find', 'Stuck work', 'Organisations', 'Intervals', 'Alerts', 'Catalogue']);
  });
});
