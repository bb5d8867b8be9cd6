import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@signalbox/client';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Act, writeJourney } from '../../deploy/local/demo/journey.mjs';
import { clientOf, DEMO } from '../../deploy/local/demo/organisations.mjs';
import { waitFor } from '../support/index.js';
import { type Complaints, listen, openBrowser } from './browser.js';

/** Where the pictures are kept that the documentation shows; written when `SIGNALBOX_KEEP_SCREENS` is set. */
export const PICTURES = join(import.meta.dirname, '..', '..', 'docs', 'screens');
/** The screens that the documentation shows. */
export const PICTURED: readonly string[] = [
  'board',
  'map',
  'find',
  'journey',
  'journey-stuck',
  'event',
  'show-values',
  'stuck',
  'stuck-group-parked',
  'organisation',
  'where-data-goes',
  'intervals',
  'alerts',
  'engine',
  'catalogue-type',
];
const HEIGHT = 900;
/** Pixels of a long page that a picture shows; a wide one has more beside one another. */
const tallest = (width: number) => (width > 600 ? 1_300 : 2_400);
/** The machine may do other things beside. */
const PATIENTLY = { within: 30_000, every: 100 };

/** How somebody looks. */
export interface Looking {
  /** Subject of a development identity, such as `X9H2T-operator`; absent: nobody is signed in. */
  readonly as?: string | undefined;
  /** Code of the organisation for which they look, of somebody who belongs to several. */
  readonly of?: string;
  readonly width?: number;
  /** False for a browser that runs no script. */
  readonly javaScript?: boolean;
}

/** A page of somebody's own, and what its browser complains about. */
export interface Sight {
  readonly page: Page;
  readonly complaints: Complaints;
}

/** What was published for a test. */
export interface Published {
  readonly journey: string;
  readonly events: readonly { readonly id: string; readonly source: string }[];
}

/** What `house.mjs` has started. */
interface House {
  readonly console: string;
  readonly gateway: string;
  readonly keysFolder: string;
  readonly schemasFolder: string;
  /** Of the demonstration. */
  readonly journey: string;
}

/** A browser before the console of the house that all these tests share. */
export class Console {
  readonly #states = new Map<string, Awaited<ReturnType<BrowserContext['storageState']>>>();
  readonly #sights = new Map<string, Sight>();

  private constructor(
    private readonly house: House,
    private readonly browser: Browser,
  ) {}

  static async open(): Promise<Console> {
    return new Console(JSON.parse(process.env['SIGNALBOX_SCREENS_HOUSE'] ?? '') as House, await openBrowser());
  }

  get url(): string {
    return this.house.console;
  }

  get journey(): string {
    return this.house.journey;
  }

  /** The page of somebody, the same one whenever they look again; its complaints begin anew. */
  async page(looking: Looking = {}): Promise<Sight> {
    const key = JSON.stringify(looking);
    const sight = this.#sights.get(key) ?? (await this.freshPage(looking));
    this.#sights.set(key, sight);
    sight.complaints.outside.length = 0;
    sight.complaints.errors.length = 0;
    return sight;
  }

  /** A page in a browser that has seen nothing before but the sign-in. */
  async freshPage({ as, of, width = 1280, javaScript = true }: Looking = {}): Promise<Sight> {
    const context = await this.browser.newContext({
      viewport: { width, height: HEIGHT },
      javaScriptEnabled: javaScript,
      baseURL: this.url,
      ...(as !== undefined && { storageState: await this.#signedIn(as, of) }),
    });
    context.setDefaultTimeout(PATIENTLY.within);
    return { complaints: listen(context), page: await context.newPage() };
  }

  /** The JSON twin of a page. */
  async json<T>(path: string, as: string): Promise<T> {
    const { page } = await this.page({ as });
    const answer = await page.request.get(path, { headers: { accept: 'application/json' } });
    if (!answer.ok()) throw new Error(`${path} answered ${String(answer.status())}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** The same until it is as expected. */
  until<T>(what: string, path: string, as: string, expected: (json: T) => boolean): Promise<T> {
    return waitFor(
      what,
      async () => {
        const json = await this.json<T>(path, as);
        return expected(json) && json;
      },
      PATIENTLY,
    );
  }

  /** The first address of a page that begins like this. */
  async linkOn(path: string, as: string, begins: string): Promise<string> {
    const { page } = await this.page({ as });
    await page.goto(path);
    const link = await page.locator(`main a[href^="${begins}"]`).first().getAttribute('href');
    if (link === null) throw new Error(`${path} has no link to ${begins}`);
    return link;
  }

  client(who: keyof typeof DEMO): Client {
    const { ods, application } = DEMO[who];
    return clientOf(this.house.gateway, this.house.keysFolder, ods, application);
  }

  /** Publishes a journey of synthetic examples and waits until it is there to be looked at. */
  async publish(acts: Act[], change = (text: string) => text): Promise<Published> {
    const scenes = writeJourney(this.house.schemasFolder, acts).map(({ act, event }) => ({
      act,
      event: JSON.parse(change(JSON.stringify(event))) as Published['events'][number] & Record<string, unknown>,
    }));
    for (const { act, event } of scenes) {
      await this.client(act.by).publish({ ...event, time: new Date().toISOString() });
    }
    const events = scenes.map(({ event }) => event);
    const journey = String(events[0]?.['correlationid']);
    await this.until<{ events: object[] }>('the journey', `/journeys/${journey}`, 'X9S0B-operator', (seen) => {
      return seen.events.length === events.length;
    });
    return { journey, events };
  }

  /** Publishes an answer to an event of a journey that is there already. */
  async answer(journey: string, causationid: string, act: Act): Promise<void> {
    const [scene] = writeJourney(this.house.schemasFolder, [act]);
    const time = new Date().toISOString();
    await this.client(act.by).publish({ ...scene!.event, correlationid: journey, causationid, time });
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  /** Signs in as a person does, through the provider's pages; once for each. */
  async #signedIn(subject: string, of?: string) {
    const known = this.#states.get(subject);
    if (known !== undefined) return known;
    const context = await this.browser.newContext({ baseURL: this.url, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto('/sign-in');
    await page.click('#start');
    await page.click(`button[value="${subject}"]`);
    await page.waitForURL(`${this.url}/**`);
    if (of !== undefined) await page.click(`form:has([value="${of}"]) button:has-text("${of}")`);
    const state = await context.storageState();
    await context.close();
    this.#states.set(subject, state);
    return state;
  }
}

/** Keeps a picture of the page for the documentation, when that is asked for and it is one of those shown there. */
export async function keepPicture(page: Page, name: string, width: number): Promise<void> {
  if (!process.env['SIGNALBOX_KEEP_SCREENS'] || !PICTURED.includes(name)) return;
  mkdirSync(PICTURES, { recursive: true });
  const path = join(PICTURES, `${name}-${String(width)}.png`);
  const whole = await page.evaluate<number>('document.documentElement.scrollHeight');
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width, height: Math.min(whole, tallest(width)) } });
}
