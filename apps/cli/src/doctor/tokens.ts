import { clientId, fetchToken, SignalboxError } from '@signalbox/client';

import type { Identity } from '../context.js';
import { messageOf } from '../exit-codes.js';
import { readCredentials, storedKeys } from '../keys.js';
import type { StoredKey } from '../keys.js';
import type { Settings } from '../settings.js';
import type { Check } from './check.js';
import { ASK_TIMEOUT_MS, failed, ok, skipped } from './check.js';

/** A token for each key that is meant (all, or those of one organisation), and its claims one by one. */
export async function tokenChecks(settings: Settings, who: Identity): Promise<Check[]> {
  const keys = (await storedKeys(settings.keysFolder)).filter(
    (key) =>
      (who.org === undefined || key.organisation === who.org) && (who.app === undefined || key.application === who.app),
  );
  if (keys.length === 0) return [skipped('token', 'there is no key to ask with')];
  const checks = await Promise.all(keys.map((key) => checksOfKey(settings, key)));
  return checks.flat();
}

async function checksOfKey(settings: Settings, key: StoredKey): Promise<Check[]> {
  const id = clientId(key.organisation, key.application);
  const name = `token of ${id}`;
  try {
    const credentials = await readCredentials(key);
    const issued = await fetchToken(credentials, { gateway: settings.gateway, timeoutMs: ASK_TIMEOUT_MS });
    const claims = claimChecks(name, claimsOf(issued.token), id, Date.now() / 1000);
    const wrong = claims.filter(({ state }) => state !== 'ok');
    const right = claims.filter(({ state }) => state === 'ok').map(({ name: claim }) => claim.slice(name.length + 2));
    const lasting = `issued, good for ${issued.expiresInSeconds} s`;
    return [ok(name, right.length === 0 ? lasting : `${lasting}; right: ${right.join(', ')}`), ...wrong];
  } catch (error) {
    return [refusedCheck(name, error, id)];
  }
}

/** Each claim of an access token against what it must say; nothing for a token that is not a JWT. */
export function claimChecks(
  name: string,
  claims: Readonly<Record<string, unknown>> | undefined,
  id: string,
  nowSeconds: number,
): Check[] {
  if (claims === undefined) return [];
  const { iss, aud, sub, exp, iat, jti } = claims;
  const judge = (claim: string, right: boolean, said: string, expected: string): Check =>
    right
      ? ok(`${name}: ${claim}`, said)
      : failed(
          `${name}: ${claim}`,
          `${said}, expected ${expected}`,
          'the gateway or a proxy issues tokens for someone else: check the address',
        );
  return [
    judge('iss', typeof iss === 'string' && iss !== '', String(iss), 'the address of the gateway'),
    judge('aud', typeof aud === 'string' && aud !== '', String(aud), 'the address of the gateway'),
    judge('sub', sub === id, String(sub), id),
    judge('exp', typeof exp === 'number' && exp > nowSeconds, inSeconds(exp, nowSeconds), 'a time to come'),
    judge('iat', typeof iat === 'number' && iat < nowSeconds + 30, inSeconds(iat, nowSeconds), 'a time gone by'),
    judge('jti', typeof jti === 'string' && jti !== '', typeof jti === 'string' ? 'present' : 'absent', 'an id'),
  ];
}

function inSeconds(time: unknown, nowSeconds: number): string {
  if (typeof time !== 'number') return 'absent';
  const seconds = Math.round(time - nowSeconds);
  return seconds >= 0 ? `in ${seconds} s` : `${-seconds} s ago`;
}

/** Tokens of the exchange are JWTs; they are read here, not verified: that is the gateway's part. */
export function claimsOf(token: string): Record<string, unknown> | undefined {
  const [, payload] = token.split('.');
  try {
    return JSON.parse(Buffer.from(payload ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function refusedCheck(name: string, error: unknown, id: string): Check {
  if (!(error instanceof SignalboxError)) {
    return failed(name, messageOf(error), 'make a new key: signalbox app add');
  }
  if (error.status === undefined) return skipped(name, error.detail);
  return failed(name, `${error.code} ${error.detail}`, remedyOf(error, id));
}

function remedyOf(error: SignalboxError, id: string): string {
  const detail = error.detail.toLowerCase();
  if (error.code === 'SB-3007') return `register it: signalbox app add ${id.replace('.', ' ')} --public-key <file>`;
  if (detail.includes('aud')) return 'name the gateway by the address it knows itself by (its SIGNALBOX_PUBLIC_URL)';
  if (/exp|iat|nbf/.test(detail)) return 'set the clock of this machine (NTP)';
  if (/kid|signature|alg/.test(detail))
    return 'the key here is not the one that is registered: register its public half';
  return `signalbox explain ${error.code}`;
}
