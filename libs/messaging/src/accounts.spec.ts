import { describe, expect, it } from '@jest/globals';
import { nkeys } from '@nats-io/transport-node';
import { isTenantName, isUserKey, renderAccounts, type Tenant } from './accounts.js';

const newKey = (): string => nkeys.createUser().getPublicKey();
const tenant = (ods: string, ...natskeys: string[]): Tenant => ({ ods, applications: [{ id: 'tie', natskeys }] });

/** The block of one account in the file. */
function blockOf(text: string, ods: string): string {
  return text.split('\n"').find((block) => block.startsWith(`${ods}"`)) ?? '';
}

describe('the accounts file', () => {
  it('has one account an organisation, named by its ODS code, in an order that does not depend on the registry', () => {
    const [a, b] = [tenant('X9AAA', newKey()), tenant('X9BBB', newKey())];
    expect(renderAccounts([b, a])).toEqual(renderAccounts([a, b]));
    expect(renderAccounts([b, a]).accounts).toEqual(['X9AAA', 'X9BBB']);
  });

  it('names no other organisation in an account, and nothing of the engine but the own consumers', () => {
    const { text } = renderAccounts([tenant('X9AAA', newKey()), tenant('X9BBB', newKey())]);
    const block = blockOf(text, 'X9AAA');
    expect(block).not.toContain('X9BBB');
    expect(block).not.toContain('$JS.API.>');
    const engine = [...block.matchAll(/\$JS\.[A-Z.]*\.(?=X9AAA)/g)].map(([subject]) => subject);
    expect([...new Set(engine)].sort()).toEqual(['$JS.ACK.', '$JS.API.CONSUMER.INFO.', '$JS.API.CONSUMER.MSG.NEXT.']);
  });

  it('holds public keys and no password', () => {
    const key = newKey();
    const { text } = renderAccounts([tenant('X9AAA', key)]);
    expect(text).toContain(`nkey: ${key}`);
    // A key is letters by chance, and these may be among them.
    expect(text.replaceAll(key, '')).not.toMatch(/password|seed/i);
  });

  it('gives each application answers under a prefix of its own', () => {
    const two = { ods: 'X9AAA', applications: ['tie', 'lims'].map((id) => ({ id, natskeys: [newKey()] })) };
    const { text } = renderAccounts([two]);
    expect([...text.matchAll(/subscribe: (.*)/g)].map(([, subjects]) => subjects)).toEqual([
      '["_INBOX_tie.>"]',
      '["_INBOX_lims.>"]',
    ]);
  });

  it('bounds what one organisation takes of the server', () => {
    const limits = { connections: 3, subscriptions: 7, payloadBytes: 1_000, leafnodes: 1 };
    const { text } = renderAccounts([tenant('X9AAA', newKey())], limits);
    expect(text).toMatch(/max_connections: 3\s+max_subscriptions: 7\s+max_payload: 1000\s+max_leafnodes: 1/);
  });

  it.each([
    'SYS',
    'EXCHANGE',
    'STEPS',
    'PARKED',
    'REJECTED',
    'DEPOSITS',
    'x9aaa',
    'X9',
    'X9AAA" { }',
    'X9AAA.B',
    '$G',
    '',
  ])('gives %j no account, since it would own what is not its own', (ods) => {
    const { text, accounts, leftOut } = renderAccounts([tenant(ods, newKey())]);
    expect({ accounts, lines: text.trim().split('\n').length, said: leftOut.length }).toEqual({
      accounts: [],
      lines: 1,
      said: 1,
    });
    expect(isTenantName(ods)).toBe(false);
  });

  it('leaves out a key that is given twice, in one organisation or in two: it would be either of them', () => {
    const key = newKey();
    const { accounts, text, leftOut } = renderAccounts([tenant('X9AAA', key, newKey()), tenant('X9BBB', key)]);
    expect(accounts).toEqual(['X9AAA']);
    expect(text).not.toContain(key);
    expect(leftOut).toHaveLength(2);
  });

  it('takes nothing for a key but the public key of a user', () => {
    const good = newKey();
    const mistyped = good.slice(0, -1) + (good.endsWith('A') ? 'B' : 'A');
    expect(isUserKey(good)).toBe(true);
    for (const bad of [
      mistyped,
      good.toLowerCase(),
      `${good}\n}`,
      new TextDecoder().decode(nkeys.createUser().getSeed()),
      nkeys.createAccount().getPublicKey(),
    ]) {
      expect(isUserKey(bad)).toBe(false);
      expect(renderAccounts([tenant('X9AAA', bad)]).accounts).toEqual([]);
    }
  });
});
