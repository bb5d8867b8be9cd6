import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { playDemo } from '../../deploy/local/demo/play.mjs';
import { environment, plant } from '../../deploy/local/scenarios/stuck.mjs';
import { freePorts, startHouse, type TestHouse } from '../support/index.js';
import { type Complaints, listen, openBrowser } from './browser.js';

const PROJECT = join(import.meta.dirname, '..', '..');
/** Where the pictures are kept that the documentation shows; written when `SIGNALBOX_KEEP_SCREENS` is set. */
const PICTURES = join(PROJECT, 'docs', 'screens');
const HEIGHT = 900;
/** Pixels of a long page that a picture shows. */
const TALLEST = 2_400;

/** How somebody looks. */
export interface Looking {
  /** Subject of a development identity, such as `X9H2T-operator`; absent: nobody is signed in. */
  readonly as?: string;
  readonly width?: number;
  /** False for a browser that runs no script. */
  readonly javaScript?: boolean;
}

/** The whole house with the demonstration's journey and the faults of the scenario `stuck`, and a browser to look at it. */
export class Console {
  readonly #states = new Map<string, Awaited<ReturnType<BrowserContext['storageState']>>>();
  readonly #contexts: BrowserContext[] = [];

  private constructor(
    readonly house: TestHouse,
    /** Of the demonstration. */
    readonly journey: string,
    private readonly browser: Browser,
    private readonly ends: readonly (() => Promise<unknown>)[],
  ) {}

  static async open(): Promise<Console> {
    const browser = await openBrowser();
    const house = await startHouse({ identity: true, env: { ...environment } });
    const [port] = (await freePorts(1)) as [number];
    const stage = {
      gateway: house.urls.gateway,
      keysFolder: house.folders.keys,
      schemasFolder: join(PROJECT, 'schemas'),
      tell: () => undefined,
    };
    const demo = await playDemo({ ...stage, port, issuer: house.urls.identity });
    const stop = await plant(stage);
    return new Console(house, demo.journey, browser, [stop, demo.stop]);
  }

  get url(): string {
    return this.house.urls.ledger;
  }

  /** A page of somebody's own, with what its browser complains about. */
  async page({ as, width = 1280, javaScript = true }: Looking = {}): Promise<{ page: Page; complaints: Complaints }> {
    const context = await this.browser.newContext({
      viewport: { width, height: HEIGHT },
      javaScriptEnabled: javaScript,
      baseURL: this.url,
      ...(as !== undefined && { storageState: await this.#signedIn(as) }),
    });
    this.#contexts.push(context);
    return { complaints: listen(context), page: await context.newPage() };
  }

  /** The JSON twin of a page. */
  async json<T>(path: string, as: string): Promise<T> {
    const { page } = await this.page({ as });
    const answer = await page.request.get(path, { headers: { accept: 'application/json' } });
    if (!answer.ok()) throw new Error(`${path} answered ${String(answer.status())}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async closePages(): Promise<void> {
    for (const context of this.#contexts.splice(0)) await context.close();
  }

  async close(): Promise<void> {
    await this.closePages();
    await this.browser.close();
    for (const end of this.ends) await end();
    await this.house.stop();
  }

  /** Signs in as a person does, through the provider's pages; once for each. */
  async #signedIn(subject: string) {
    const known = this.#states.get(subject);
    if (known !== undefined) return known;
    const context = await this.browser.newContext({ baseURL: this.url, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto('/sign-in');
    await page.click('#start');
    await page.click(`button[value="${subject}"]`);
    await page.waitForURL(`${this.url}/**`);
    const state = await context.storageState();
    await context.close();
    this.#states.set(subject, state);
    return state;
  }
}

/** Keeps a picture of the page for the documentation, when that is asked for. */
export async function keepPicture(page: Page, name: string, width: number): Promise<void> {
  if (!process.env['SIGNALBOX_KEEP_SCREENS']) return;
  mkdirSync(PICTURES, { recursive: true });
  const path = join(PICTURES, `${name}-${String(width)}.png`);
  const whole = await page.evaluate<number>('document.documentElement.scrollHeight');
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width, height: Math.min(whole, TALLEST) } });
}
