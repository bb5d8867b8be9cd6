import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Console, type Published } from './console.js';
import { expectWellMade, tabTo } from './visit.js';

const OPERATOR = 'X9S0B-operator';
/** The number that all synthetic examples of this kind have. */
const EXAMPLE_NUMBER = /\b999\d{7}\b/g;

/** A number of a test patient that no example has: it begins with 999 and its last digit is the check digit. */
function testNumber(): string {
  for (;;) {
    const digits = `999${String(Math.floor(Math.random() * 1_000_000)).padStart(6, '0')}`;
    const sum = Array.from(digits).reduce((total, digit, at) => total + Number(digit) * (10 - at), 0);
    const check = (11 - (sum % 11)) % 11;
    if (check < 10) return digits + String(check);
  }
}

for (const javaScript of [true, false]) {
  describe(`somebody on call ${javaScript ? 'with' : 'without'} scripts`, () => {
    const looking = { as: OPERATOR, javaScript };
    const number = testNumber();
    const order = `ORD-${randomUUID().slice(0, 8)}`;
    let console: Console;
    let one: Published;

    beforeAll(async () => {
      console = await Console.open();
      one = await console.publish(
        [{ type: 'result.reported.v1', example: 'final-blood-count', by: 'laboratory', to: 'X9H2T' }],
        (text) => text.replaceAll(EXAMPLE_NUMBER, number).replaceAll(/ORD-BLOOD-COUNT-[0-9A-F]+/g, order),
      );
    });
    afterAll(async () => console.close());

    it('finds a journey by its id, by an order number and by an NHS number, which no address holds', async () => {
      const { page } = await console.page(looking);
      const addresses: string[] = [];
      page.on('request', (request) => addresses.push(request.url()));
      const spaced = `${number.slice(0, 3)} ${number.slice(3, 6)} ${number.slice(6)}`;
      for (const value of [one.journey, order, number, spaced]) {
        await page.goto('/find');
        await page.fill('#value', value);
        await page.press('#value', 'Enter');
        await page.waitForURL(`${console.url}/journeys/${one.journey}`);
      }
      await page.goBack();
      expect(page.url()).toBe(`${console.url}/find`);
      expect(addresses.filter((address) => /\b999\d{7}\b|999%20|999\+/.test(address))).toEqual([]);
    });

    it('is told in words when nothing is found', async () => {
      const sight = await console.page(looking);
      await sight.page.goto('/find');
      await sight.page.fill('#value', testNumber());
      await sight.page.press('#value', 'Enter');
      await sight.page.waitForSelector('h1:has-text("Nothing found")');
      expect(sight.page.url()).toBe(`${console.url}/find`);
      if (javaScript) await expectWellMade(sight);
    });

    it('narrows the lists, and finds them the same after a reload', async () => {
      const sight = await console.page(looking);
      const { page } = sight;
      const values = (ids: string[]) => Promise.all(ids.map((id) => page.inputValue(`#${id}`)));
      const wanted = '/journeys?type=org.signalbox.result.reported.v1&org=X9H2T&state=awaited';
      await console.until<{ journeys: object[] }>('one that is awaited', wanted, OPERATOR, ({ journeys }) => {
        return journeys.length > 0;
      });
      await page.goto('/find');
      await page.selectOption('#type', 'org.signalbox.result.reported.v1');
      await page.fill('#org', 'X9H2T');
      await page.selectOption('#state', 'awaited');
      await page.click('button:has-text("List")');
      await page.waitForURL(/state=awaited/);
      const listed = await page.locator('tbody tr').count();
      expect(listed).toBeGreaterThan(0);
      await page.reload();
      expect(await values(['type', 'org', 'state'])).toEqual(['org.signalbox.result.reported.v1', 'X9H2T', 'awaited']);
      expect(await page.locator('tbody tr').count()).toBeGreaterThan(0);
      if (javaScript) await expectWellMade(sight);

      await page.goto('/');
      await page.selectOption('#status', 'stuck-person');
      await page.fill('#org', 'X9R6F');
      await page.click('form.sb-filters button');
      await page.waitForURL(/org=X9R6F/);
      await page.reload();
      expect(await values(['status', 'org'])).toEqual(['stuck-person', 'X9R6F']);
      expect(await page.locator('.sb-pairs tbody tr').count()).toBe(1);

      await page.goto('/stuck');
      await page.click('summary:has-text("Show only some")');
      await page.selectOption('#stuck', 'rejected-schema');
      await page.click('.sb-stuck-filter button');
      await page.waitForURL(/stuck=rejected-schema/);
      await page.reload();
      expect(await page.inputValue('#stuck')).toBe('rejected-schema');
      expect(await page.locator('.sb-stuck tbody tr').count()).toBe(1);

      await page.goto('/alerts');
      await page.selectOption('#kind', 'publisher-silent');
      await page.click('form.sb-filters button');
      await page.waitForURL(/kind=publisher-silent/);
      await page.reload();
      expect(await page.inputValue('#kind')).toBe('publisher-silent');
    });

    it('comes in three clicks and ten seconds from a number on the board to who has a referral', async () => {
      const { page } = await console.page(looking);
      await page.goto('/');
      const began = performance.now();
      await page.click('.sb-figure a:has-text("oldest")');
      const sentence = page.locator('.sb-state > p').first();
      await sentence.waitFor();
      expect(await sentence.innerText()).toMatch(/X9[A-Z0-9]{3}/);
      await page.goto('/');
      await page.click('.sb-figure a:has-text("in flight")');
      await page.locator('tbody a[href^="/journeys/"]').first().click();
      await sentence.waitFor();
      expect(await sentence.innerText()).toMatch(/X9[A-Z0-9]{3}/);
      expect(performance.now() - began).toBeLessThan(10_000);
    });

    it('takes lists along as files', async () => {
      const { page } = await console.page(looking);
      const files = [
        ['/organisations/X9L3B', 'Scorecard as CSV'],
        ['/where-data-goes', 'These flows as CSV'],
        ['/where-data-goes/changes', 'Changes as CSV'],
        ['/intervals', 'These numbers as CSV'],
      ] as const;
      for (const [path, link] of files) {
        await page.goto(path);
        const [download] = await Promise.all([page.waitForEvent('download'), page.click(`a:has-text("${link}")`)]);
        expect(download.suggestedFilename()).toMatch(/^[a-zA-Z0-9-]+\.csv$/);
        const lines = readFileSync(await download.path(), 'utf8')
          .trim()
          .split('\r\n');
        expect(lines[0]).toMatch(/^"?[a-z_]+"?(,"?[\w-]+"?)+$/);
        expect(lines.length).toBeGreaterThan(1);
        expect(lines.join()).not.toContain(number);
      }
    });

    it('is led from an alert to what it is about and to what to do', async () => {
      const { page } = await console.page(looking);
      await page.goto('/');
      await page.click('a:has-text("An endpoint does not take its events")');
      await page.waitForURL((url) => url.pathname !== '/');
      expect(await page.locator('main').innerText()).toContain('X9C5N');
      await page.goto('/alerts');
      await page.click('tr:has-text("X9C5N") a:has-text("What to do")');
      await page.waitForURL(`${console.url}/runbooks/subscriber-down`);
      expect(await page.locator('h2').allInnerTexts()).toContain('Open now');
      await page.click('li a:has-text("X9C5N")');
      await page.waitForURL(/\/alerts\//);
      await page.click('a:has-text("Look at it")');
      await page.waitForURL((url) => !url.pathname.startsWith('/alerts'));
      expect(await page.locator('main').innerText()).toContain('X9C5N');
    });

    it('reads the catalogue without an account', async () => {
      const sight = await console.page({ javaScript });
      const { page } = sight;
      await page.goto('/catalogue');
      await page.fill('#q', 'appointment');
      await page.press('#q', 'Enter');
      await page.waitForURL(/\/catalogue\?q=appointment$/);
      if (javaScript) await expectWellMade(sight);
      await page.locator('tbody a').first().click();
      await page.waitForURL(/\/catalogue\/org\.signalbox\./);
      await page.locator('summary').first().click();
      await page.click('a:has-text("Sign in") >> nth=-1');
      await page.waitForURL(/\/sign-in\?to=/);
    });
  });
}

describe('a page that stays open', () => {
  let console: Console;
  beforeAll(async () => {
    console = await Console.open();
  });
  afterAll(async () => console.close());

  it('brings what is new by itself, and keeps open what somebody has opened', async () => {
    const { page } = await console.page({ as: OPERATOR });
    const { journey, events } = await console.publish([
      { type: 'referral.requested.v1', example: 'routine-orthopaedics', by: 'practice', to: 'X9H2T' },
    ]);
    await page.goto(`/events/${events[0]!.id}`);
    const closed = page.locator('.sb-tree details:not([open]) > summary').first();
    const opened = await closed.locator('..').getAttribute('id');
    await closed.click();
    await console.answer(journey, events[0]!.id, {
      type: 'referral.responded.v1',
      example: 'referral-accepted',
      by: 'hospital',
      to: 'X9G1P',
    });
    await page.locator('dd:has-text("Referral responded")').waitFor({ timeout: 30_000 });
    expect(await page.evaluate<boolean>(`document.getElementById(${JSON.stringify(opened)}).open`)).toBe(true);
  });

  it('asks for nothing while it is paused, and goes on when it is told to', async () => {
    const { page } = await console.freshPage({ as: OPERATOR });
    await page.clock.install();
    let asked = 0;
    page.on('request', (request) => (asked += request.resourceType() === 'fetch' ? 1 : 0));
    await page.goto('/');
    await tabTo(page, 'Pause live update');
    await page.keyboard.press('Enter');
    expect(await page.locator('[data-live-status]').innerText()).toBe('Live update is paused.');
    asked = 0;
    await page.clock.runFor(60_000);
    expect(asked).toBe(0);
    await page.keyboard.press('Enter');
    expect(await page.locator('[data-live-pause]').innerText()).toBe('Pause live update');
    const request = page.waitForRequest(`${console.url}/`);
    await page.clock.runFor(5_000);
    await request;
  });
});
