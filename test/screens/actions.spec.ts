import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { Act } from '../../deploy/local/demo/journey.mjs';
import { waitFor } from '../support/index.js';
import { Console, type Sight } from './console.js';
import { type Endpoint, openEndpoint } from './endpoint.js';
import { expectWellMade, tabTo } from './visit.js';

const PRACTICE = 'X9G1P-operator';
const HOSPITAL = 'X9H2T-operator';
const LABORATORY = 'X9L3B-operator';
const REFERRED = 'org.signalbox.referral.requested.v1';
const REPORTED = 'org.signalbox.result.reported.v1';
const REFERRAL: Act = { type: 'referral.requested.v1', example: 'routine-orthopaedics', by: 'practice', to: 'X9H2T' };

interface Journey {
  readonly events: readonly {
    readonly deliveries: readonly { readonly subscription?: string; readonly state: string }[];
    readonly steps: readonly { readonly kind: string }[];
  }[];
}
interface Groups {
  readonly groups: readonly { readonly count: number; readonly cause: string }[];
}

for (const javaScript of [true, false]) {
  describe(`what people do on the console ${javaScript ? 'with' : 'without'} scripts`, () => {
    let console: Console;
    let endpoint: Endpoint;
    beforeAll(async () => {
      console = await Console.open();
      endpoint = await openEndpoint(console.client('hospital'), [REFERRED]);
    });
    afterAll(async () => {
      await endpoint.close();
      await console.close();
    });
    beforeEach(() => {
      endpoint.fares = 'well';
    });

    const enter = (as: string) => console.page({ as, javaScript });
    /** Axe needs scripts; the pages are the same without. */
    const look = async (sight: Sight, name?: string) => {
      await sight.page.waitForLoadState();
      if (javaScript) await expectWellMade(sight, name);
      else expect(await sight.page.locator('h1').count()).toBe(1);
    };
    const headings = async ({ page }: Sight) => (await page.locator('h1').innerText()).trim();
    /** How many faults the page names; a click waits until it comes, not until it is there whole. */
    const faultsOn = async (page: Page) => {
      await page.waitForLoadState();
      return page.locator('.nhsuk-error-summary li').count();
    };
    const said = (page: Page) => page.locator('.nhsuk-notification-banner__content').innerText();
    const stateOf = (journey: string, state: string) =>
      console.until<Journey>(`a delivery that is ${state}`, `/journeys/${journey}`, HOSPITAL, ({ events }) =>
        events.some(({ deliveries }) =>
          deliveries.some((one) => one.subscription === endpoint.subscription && one.state === state),
        ),
      );
    const stepOf = (journey: string, as: string, fits: (kind: string) => boolean) =>
      console.until<Journey>('a step of it', `/journeys/${journey}`, as, ({ events }) =>
        events.some(({ steps }) => steps.some(({ kind }) => fits(kind))),
      );

    it('nudges whoever holds a journey, once', async () => {
      const { journey } = await console.publish([REFERRAL]);
      await stateOf(journey, 'delivered');
      const sight = await enter(PRACTICE);
      const { page } = sight;
      await page.goto(`/journeys/${journey}`);
      // By the keyboard alone.
      await tabTo(page, 'Nudge X9H2T');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/nudge$/);
      await look(sight, 'nudge');
      await tabTo(page, 'Nudge');
      await page.keyboard.press('Enter');
      await page.waitForURL(/done=nudged/);
      expect(await said(page)).toContain('was asked to look at this journey');
      await look(sight);
      await stepOf(journey, PRACTICE, (kind) => kind === 'nudged');
      await page.goto(`/journeys/${journey}/nudge`);
      expect(await page.locator('main').innerText()).toContain('It can be asked again from');
      expect(await page.locator('main button').count()).toBe(0);
    });

    it('sends a journey again to one subscriber, after saying what would be sent', async () => {
      const { journey } = await console.publish([REFERRAL]);
      await stateOf(journey, 'delivered');
      const sight = await enter(HOSPITAL);
      const { page } = sight;
      await page.goto(`/journeys/${journey}`);
      await page.click('a:has-text("Send again to one subscriber")');
      await look(sight);
      await page.click(`a[href*="${endpoint.subscription}"]`);
      expect(await page.locator('main').innerText()).toContain('Nothing is sent yet');
      await look(sight, 'replay');
      await page.click('button:has-text("Send again")');
      await page.waitForURL(/done=replayed/);
      expect(await said(page)).toContain('is being sent again');
      await waitFor('the replay', () => endpoint.replayed === 1, { within: 30_000 });
    });

    it('marks as handled outside, with who and how', async () => {
      endpoint.fares = 'refuses';
      const { journey } = await console.publish([REFERRAL]);
      await stateOf(journey, 'parked');
      const sight = await enter(HOSPITAL);
      const { page } = sight;
      await page.goto(`/journeys/${journey}`);
      await page.click('a:has-text("handled outside")');
      await page.click('button:has-text("Mark handled outside")');
      expect(await faultsOn(page)).toBe(2);
      await look(sight);
      await page.fill('#who', 'Booking office');
      await page.fill('#note', 'Read out by telephone and entered by hand');
      await look(sight, 'handled');
      await page.click('button:has-text("Mark handled outside")');
      await page.waitForURL(/done=handled/);
      await stateOf(journey, 'handled-outside');
    });

    /** Opens the group of the hospital's referrals with that cause, as soon as it counts so many. */
    async function openGroup(page: Page, reason: string, cause: string, count: number): Promise<void> {
      const path = `/stuck?stuck=${reason}&publisher=X9G1P&receiver=X9H2T&type=${REFERRED}`;
      await console.until<Groups>(`a group of ${String(count)}`, path, HOSPITAL, ({ groups }) =>
        groups.some((group) => group.cause.startsWith(cause) && group.count === count),
      );
      await page.goto(path);
      await page.click(`.sb-stuck tbody tr:has-text("${cause}") a:has-text("${reason}")`);
      await page.waitForURL(/\/stuck\/group/);
    }

    /** Opens one of the acts on the page of a group, fills in its form, and asks for what would be done. */
    async function ask(page: Page, act: string, fields: Record<string, string> = {}): Promise<void> {
      await page.click(`summary:has-text("${act}")`);
      const form = page.locator('details[open] form');
      for (const [name, value] of Object.entries(fields)) await form.locator(`[name="${name}"]`).fill(value);
      await form.locator('button').click();
      await page.waitForURL(`${console.url}/stuck/act`);
      expect(await page.locator('main').innerText()).toContain('Nothing has been done yet');
    }

    it('parks a group, tries it again, and hands one over', async () => {
      endpoint.fares = 'down';
      const first = await console.publish([REFERRAL]);
      const sight = await enter(HOSPITAL);
      const { page } = sight;
      await openGroup(page, 'subscriber-down', 'endpoint-', 1);
      await ask(page, 'Park', { note: 'Until the endpoint is back' });
      await look(sight, 'stuck-act');
      await page.click('button:has-text("Park: do it")');
      await page.waitForURL(/done=park/);
      expect(await page.locator('.sb-stuck-done').innerText()).toContain('Parked: 1');
      await look(sight);
      await stateOf(first.journey, 'parked');

      endpoint.fares = 'well';
      await openGroup(page, 'subscriber-refused', 'parked-by-person', 1);
      await ask(page, 'Retry');
      await page.click('button:has-text("Retry: do it")');
      await page.waitForURL(/done=retry/);
      await stateOf(first.journey, 'delivered');

      endpoint.fares = 'refuses';
      const second = await console.publish([REFERRAL]);
      await stateOf(second.journey, 'parked');
      await openGroup(page, 'subscriber-refused', 'endpoint-refused', 1);
      await ask(page, 'Hand over', { to: 'Integration team' });
      await look(sight);
      await page.click('button:has-text("Hand over: do it")');
      await page.waitForURL(/done=hand-over/);
      expect(await page.locator('.sb-stuck-done').innerText()).toContain('Handed over: 1');
      await stepOf(second.journey, HOSPITAL, (kind) => kind === 'handed-over');
    });

    it('closes many at once only when a second person agrees', async () => {
      endpoint.fares = 'refuses';
      const journeys = [await console.publish([REFERRAL]), await console.publish([REFERRAL])];
      for (const { journey } of journeys) await stateOf(journey, 'parked');
      const sight = await enter(HOSPITAL);
      const { page } = sight;
      // With the one that was handed over above.
      await openGroup(page, 'subscriber-refused', 'endpoint-refused', 3);
      await look(sight, 'stuck-group-parked');
      await ask(page, 'Mark as handled outside', { note: 'Booked by hand from the list by telephone' });
      expect(await page.locator('main').innerText()).toContain('a second person has to agree to 3');
      await page.click('button:has-text("Ask a second person")');
      await page.waitForURL(/done=handled/);
      expect(await page.locator('.sb-stuck-done').innerText()).toContain('waits for a second person');

      await page.goto('/stuck');
      expect(await page.locator('main').innerText()).toContain('You asked for it: somebody else has to agree');
      expect(await page.locator('button:has-text("Agree")').count()).toBe(0);
      const second = await console.page({ as: 'two-organisations', of: 'X9H2T', javaScript });
      await second.page.goto('/stuck');
      await look(second, 'stuck-second-person');
      await second.page.click('button:has-text("Agree")');
      await second.page.waitForURL(`${console.url}/stuck`);
      for (const { journey } of journeys) await stateOf(journey, 'handled-outside');
    });

    it('shows values to who gives a reason, says so on every page, ends it, and has it reviewed', async () => {
      const report: Act = { type: 'result.reported.v1', example: 'final-blood-count', by: 'laboratory', to: 'X9G1P' };
      const { events } = await console.publish([report]);
      const sight = await enter(LABORATORY);
      const { page } = sight;
      await page.goto(`/events/${events[0]!.id}`);
      expect(await page.locator('main').textContent()).not.toMatch(/\b999\d{7}\b/);
      await page.click('a:has-text("Show values")');
      await page.click('button:has-text("Show values")');
      expect(await faultsOn(page)).toBe(2);
      await look(sight, 'show-values');
      const why = `Checking a broken report ${javaScript ? 'with' : 'without'} scripts`;
      await page.check('input[value="content-fault"]');
      await page.fill('#text', why);
      await page.click('button:has-text("Show values")');
      await page.waitForURL(/\/values\?/);
      expect(await page.locator('main').textContent()).toMatch(/\b999\d{7}\b/);
      await look(sight, 'values');
      await page.goto('/find');
      expect(await page.locator('[aria-label="Values are shown"]').innerText()).toContain('Values are shown to you');
      await look(sight);
      await page.click('button:has-text("End now")');
      await page.waitForURL((url) => url.pathname === `/events/${events[0]!.id}`);
      expect(await page.locator('[aria-label="Values are shown"]').count()).toBe(0);
      await page.goto(`/events/${events[0]!.id}/values`);
      expect(await headings(sight)).toBe('Show values');

      const reviewer = await enter('X9L3B-information-governance');
      await reviewer.page.goto('/disclosures?reviewed=no');
      const row = reviewer.page.locator(`tbody tr:has-text("${why}")`);
      await row.locator('summary').click();
      await row.locator('input[name="note"]').fill('Agreed with the laboratory manager');
      await look(reviewer, 'disclosures-review');
      await row.locator('button').click();
      await reviewer.page.waitForURL(/done=reviewed/);
      expect(await said(reviewer.page)).toContain('Your review is on record');
      await reviewer.page.goto('/disclosures?reviewed=yes');
      expect(await reviewer.page.locator(`tbody tr:has-text("${why}")`).innerText()).toContain('Kira Lowe');
      const [file] = await Promise.all([
        reviewer.page.waitForEvent('download'),
        reviewer.page.click('a:has-text("This list as CSV")'),
      ]);
      expect(file.suggestedFilename()).toMatch(/\.csv$/);
    });

    it('changes a stage after it has shown what that does, and takes it back', async () => {
      const sight = await enter('X9S0B-administrator');
      const { page } = sight;
      const nextWeek = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
      await page.goto('/organisations/X9L3B');
      await page.click('td:has-text("Result reported") ~ td a:has-text("Change")');
      await page.check('input[value="warn"]');
      await page.fill('#from', nextWeek);
      await page.click('button:has-text("Show what it does")');
      expect(await headings(sight)).toBe('Change the stage?');
      expect(await page.locator('main').innerText()).toMatch(/Would|would/);
      await look(sight, 'stage-change');
      await page.click('button:has-text("Change the stage")');
      await page.waitForURL(/done=stage-set/);
      expect(await said(page)).toContain('The stage was changed.');
      await look(sight);
      await page.goto(`/organisations/X9L3B/stages/${REPORTED}`);
      await page.click('button:has-text("Take this setting back")');
      await page.click('button:has-text("Change the stage")');
      await page.waitForURL(/done=stage-cleared/);
    });

    it('declares an outage, lists what is in flight, and ends it', async () => {
      const sight = await enter(LABORATORY);
      const { page } = sight;
      await page.goto('/outages');
      await page.click('summary:has-text("Declare an outage")');
      await look(sight);
      await page.fill('#note', 'Ring the duty biochemist for anything urgent');
      await page.click('button:has-text("Declare the outage")');
      await page.waitForURL(/done=declared/);
      expect(await page.locator('main').innerText()).toContain('The outage is declared.');
      await look(sight, 'outage');
      const other = await enter(HOSPITAL);
      await other.page.goto('/outages');
      await other.page.click('tbody a:has-text("X9L3B")');
      expect(await other.page.locator('button:has-text("Say that it is over")').count()).toBe(0);
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.click('a:has-text("save the list as CSV")'),
      ]);
      expect(file.suggestedFilename()).toMatch(/^in-flight-[\w-]+\.csv$/);
      await tabTo(page, 'Say that it is over');
      await page.keyboard.press('Enter');
      await page.waitForURL(/done=ended/);
      expect(await page.locator('main').innerText()).toContain('The outage is over.');
    });

    it('signs people in for the organisation that they choose, and out again; who belongs to none stays outside', async () => {
      const sight = await console.freshPage({ javaScript });
      const { page } = sight;
      await page.goto('/stuck');
      expect(await headings(sight)).toBe('Sign in');
      await page.click('#start');
      await page.click('button[value="two-organisations"]');
      await page.waitForURL(/\/sign-in\/organisation/);
      await look(sight, 'sign-in-organisation');
      await page.click('button:has-text("X9H2T")');
      await page.waitForURL(`${console.url}/stuck`);
      expect(await page.locator('header').innerText()).toContain('X9H2T, Marlow Vale Hospitals NHS Trust');
      await page.click('button:has-text("Sign out")');
      await page.click('button:has-text("Sign out")');
      await page.waitForURL(/\/sign-in(\?|$)/);
      expect(await headings(sight)).toBe('Sign in');
      await page.goto('/stuck');
      expect(await headings(sight)).toBe('Sign in');
      await page.click('#start');
      await page.click('button[value="no-organisation"]');
      await page.waitForSelector('h1:has-text("You are not known here")');
      await look(sight);
    });
  });
}
