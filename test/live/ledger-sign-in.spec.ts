import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { personId, type Role } from '@signalbox/registry';
import { projectFolder } from '../../deploy/local/places.mjs';
import { freePorts, ServerProcess, startRedis, type TestRedis, waitFor } from '../support/index.js';
import { Browser } from './fixtures/browser.js';
import { HOSPITAL, LedgerExchange, PRACTICE } from './ledger-rig.js';

const CLIENT_SECRET = 'a secret that only this test knows';

/** A ledger and the provider of identities that `npm start` runs: people choose who they are, the rest is OpenID Connect. */
describe('signing in with a provider of identities', () => {
  let exchange: LedgerExchange;
  let provider: ServerProcess;
  let console: string;
  let issuer: string;
  let more: Record<string, string>;
  let redis: TestRedis;
  /** Has the cookie of somebody who has signed out. */
  let thief: Browser;

  beforeAll(async () => {
    [exchange, redis] = await Promise.all([LedgerExchange.start(), startRedis()]);
    const [port, identityPort] = (await freePorts(2)) as [number, number];
    console = `http://127.0.0.1:${String(port)}`;
    issuer = `http://127.0.0.1:${String(identityPort)}`;
    const secretFile = join(exchange.folder.path, 'client.secret');
    writeFileSync(secretFile, CLIENT_SECRET);
    const client = { SIGNALBOX_OIDC_CLIENT_SECRET_FILE: secretFile, SIGNALBOX_OIDC_CLIENT_ID: 'signalbox-console' };
    provider = new ServerProcess({
      command: process.execPath,
      args: [join(projectFolder, 'deploy', 'local', 'identity', 'serve.mjs')],
      env: { ...client, SIGNALBOX_IDENTITY_PORT: String(identityPort), SIGNALBOX_LEDGER_URL: console },
    });
    const urls = { SIGNALBOX_LEDGER_URL: console, SIGNALBOX_LEDGER_PORT: String(port), SIGNALBOX_OIDC_ISSUER: issuer };
    more = { ...client, ...urls, SIGNALBOX_REDIS_URL: redis.url };
    await exchange.open(more);
    await waitFor('the provider to answer', async () => (await fetch(`${issuer}/health`)).ok);
    await knows(PRACTICE, `${PRACTICE}-viewer`, ['viewer']);
    await knows(PRACTICE, 'two-organisations', ['viewer']);
    await knows(HOSPITAL, 'two-organisations', ['operator']);
  });
  afterAll(async () => {
    await provider.end('SIGTERM');
    await exchange.stop();
    await redis.stop();
  });

  async function knows(ods: string, subject: string, roles: Role[]): Promise<void> {
    const person = {
      ods,
      id: personId(issuer, subject),
      issuer,
      subject,
      name: `Person ${subject}`,
      roles,
      active: true,
    };
    await exchange.registry.create('person', person);
  }

  /** From the page that somebody wanted to the page that they get, as a browser goes. */
  async function signedIn(subject: string, to = '/journeys', factors = 'two'): Promise<Browser> {
    const browser = new Browser();
    await browser.open(`${console}${to}`);
    await browser.follow('Sign in with');
    expect(browser.at.origin).toBe(issuer);
    await browser.send({ person: subject, factors });
    return browser;
  }

  it('leads back to the page that was asked for, and says who is signed in, for whom, with which roles', async () => {
    const browser = await signedIn(`${PRACTICE}-viewer`, '/find');
    expect([browser.status, browser.at.href]).toEqual([200, `${console}/find`]);
    for (const said of [`Person ${PRACTICE}-viewer`, PRACTICE, 'viewer']) expect(browser.text).toContain(said);
    expect(browser.scripts).toEqual([]);
  });

  it('lets somebody who belongs to several organisations choose, and choose again', async () => {
    const browser = await signedIn('two-organisations');
    expect(browser.at.pathname).toBe('/sign-in/organisation');
    await browser.send({ org: HOSPITAL, to: '/journeys' }, '/sign-in/organisation');
    expect([browser.at.pathname, browser.text.includes(`${HOSPITAL}, Organisation ${HOSPITAL}`)]).toEqual([
      '/journeys',
      true,
    ]);
    await browser.open(`${console}/sign-in/organisation?to=/find`);
    await browser.send({ org: PRACTICE, to: '/find' }, '/sign-in/organisation');
    expect([browser.at.pathname, browser.text.includes(`${PRACTICE}, Organisation ${PRACTICE}`)]).toEqual([
      '/find',
      true,
    ]);
    await browser.send({ org: 'X9L3B', to: '/find' }, `${console}/sign-in/organisation`);
    expect(browser.status).toBe(404);
  });

  it('tells somebody whom no organisation knows whom to ask, and nothing that the provider said', async () => {
    const browser = await signedIn('no-organisation');
    expect([browser.status, browser.at.pathname]).toEqual([403, '/sign-in/callback']);
    expect(browser.text).toContain('Ask an administrator of your organisation');
    expect(browser.text).not.toContain('no-organisation');
    await browser.open(`${console}/journeys`);
    expect(browser.at.pathname).toBe('/sign-in');
  });

  it('refuses an answer that was not asked for from this browser, and leads nobody elsewhere', async () => {
    const attacker = new Browser({ stopAt: `${console}/sign-in/callback` });
    await attacker.open(`${console}/sign-in/start`);
    await attacker.send({ person: `${PRACTICE}-viewer`, factors: 'one' });
    const victim = new Browser();
    await victim.open(attacker.at.href);
    expect([victim.status, victim.text.includes('was not begun in this browser')]).toEqual([401, true]);
    await victim.open(`${console}/sign-in/start`);
    await victim.open(attacker.at.href);
    expect([victim.status, victim.text.includes('did not succeed')]).toEqual([401, true]);
    await victim.open(`${console}/journeys`);
    expect(victim.at.pathname).toBe('/sign-in');
    for (const to of ['https://evil.example/', '//evil.example']) {
      const browser = await signedIn(`${PRACTICE}-viewer`, `/sign-in?to=${encodeURIComponent(to)}`);
      expect([browser.at.origin, browser.at.pathname]).toEqual([console, '/']);
    }
  });

  it('ends at the provider too, and for whoever has a copy of the cookie', async () => {
    const browser = await signedIn(`${PRACTICE}-viewer`);
    thief = browser.copy();
    await thief.open(`${console}/journeys`);
    expect(thief.at.pathname).toBe('/journeys');
    await browser.send({}, '/sign-out');
    await thief.open(`${console}/journeys`);
    expect(thief.at.pathname).toBe('/sign-in');
    expect(browser.at.href).toMatch(new RegExp(`^${issuer}/session/end`));
    await browser.send({ logout: 'yes' });
    expect([browser.at.origin, browser.at.pathname]).toEqual([console, '/sign-in']);
    await browser.open(`${console}/journeys`);
    expect(browser.at.pathname).toBe('/sign-in');
  });

  it('ends with the person: their next request is nobody’s', async () => {
    const browser = await signedIn(`${PRACTICE}-viewer`);
    const id = personId(issuer, `${PRACTICE}-viewer`);
    await exchange.registry.changePerson(PRACTICE, id, (person) => ({ ...person, active: false }));
    await waitFor('the session to end', async () => {
      await browser.open(`${console}/journeys`);
      return browser.at.pathname === '/sign-in';
    });
    await exchange.registry.changePerson(PRACTICE, id, (person) => ({ ...person, active: true }));
  });

  it('says so while the provider is away, and signs in by access token all the same', async () => {
    await provider.end('SIGTERM');
    await exchange.close();
    await exchange.open(more);
    await thief.open(`${console}/journeys`);
    expect(thief.at.pathname).toBe('/sign-in');
    const browser = new Browser();
    await browser.open(`${console}/sign-in/start`);
    expect([browser.status, browser.text.includes('provider of identities does not answer now')]).toEqual([503, true]);
    await browser.send({ token: await exchange.token(PRACTICE), to: '/journeys' }, '/sign-in');
    expect([browser.status, browser.at.pathname]).toEqual([200, '/journeys']);
  });
});
