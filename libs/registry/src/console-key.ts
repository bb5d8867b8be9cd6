import { takePublicJwk } from './public-keys.js';
import type { Registry } from './registry.js';

/**
 * Registers the public key of the console, with which it signs for whoever is signed in there. Another key before it stops
 * to count; doing it again changes nothing.
 *
 * @param issuer the gateway's own URL: `iss` and `aud` of the tokens
 * @throws Refusal SB-4220 when the key cannot be taken
 */
export async function ensureConsole(registry: Registry, publicJwk: unknown, issuer: string): Promise<void> {
  const jwk = await takePublicJwk(publicJwk);
  const known = registry.signingKey(jwk.kid);
  const same = known?.console === true && known.jwk.x === jwk.x && known.issuer === issuer;
  if (!same) {
    const created = new Date().toISOString();
    await registry.putSigningKey({ kid: jwk.kid, jwk, issuer, audience: issuer, created, console: true });
  }
  const former = registry.signingKeys().filter((key) => key.console === true && key.kid !== jwk.kid);
  for (const { kid } of former) await registry.deleteSigningKey(kid);
}
