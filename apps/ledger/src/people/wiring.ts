import { ConsoleTokens, type Registry } from '@signalbox/registry';
import { SettingsError } from '@signalbox/runtime';
import { ClientSecretBasic, ClientSecretPost, type ServerMetadata } from 'openid-client';
import { Acting } from './acting.js';
import { clientKeyAuth } from './client-key.js';
import { Identities, type IdentitiesParts } from './identities.js';
import type { PeopleSettings } from './settings.js';

/** What the settings of people go with. */
type Settings = PeopleSettings & { readonly publicUrl?: URL };

/** Acts for whoever is signed in. @throws SettingsError when the key cannot be used */
export async function actingOf(settings: Settings, registry: Registry): Promise<Acting> {
  const { gatewayUrl: gateway, gatewayTimeoutMs: timeoutMs, consoleSigningKey } = settings;
  try {
    const jwk = consoleSigningKey === undefined ? undefined : (JSON.parse(consoleSigningKey) as object);
    const tokens = jwk === undefined ? undefined : await ConsoleTokens.open(registry, jwk);
    return new Acting({ gateway, timeoutMs, tokens });
  } catch {
    throw new SettingsError(['SIGNALBOX_CONSOLE_SIGNING_KEY: is not a private Ed25519 JWK']);
  }
}

/** The provider that people sign in with; undefined where none is set. @throws SettingsError for what would be unsafe */
export async function identitiesOf(settings: Settings): Promise<Identities | undefined> {
  const { oidcIssuer: issuer, publicUrl } = settings;
  if (issuer === undefined) return undefined;
  const problems = problemsOf(settings, issuer);
  if (problems.length > 0 || publicUrl === undefined) throw new SettingsError(problems);
  const base = publicUrl.href.replace(/\/+$/, '');
  return new Identities({
    issuer,
    name: settings.oidcName,
    clientId: settings.oidcClientId,
    clientAuth: await clientAuthOf(settings),
    scopes: settings.oidcScopes,
    ...(settings.oidcAcrValues !== undefined && { acrValues: settings.oidcAcrValues }),
    assured: { amr: settings.oidcAssuredAmr, acr: settings.oidcAssuredAcr },
    callback: `${base}/sign-in/callback`,
    left: `${base}/sign-in`,
    timeoutMs: settings.oidcTimeoutMs,
    discoveryMs: settings.oidcDiscoveryMinutes * 60_000,
    maxAgeSeconds: settings.sessionMinutes * 60,
  });
}

/** One line for each setting with which signing in would not be safe, or not work. */
export function problemsOf(
  {
    publicUrl,
    environment,
    oidcClientSecret,
    oidcClientKey,
    oidcScopes,
  }: Pick<Settings, 'publicUrl' | 'environment' | 'oidcClientSecret' | 'oidcClientKey' | 'oidcScopes'>,
  issuer: URL,
): string[] {
  const plainAllowed = environment !== 'production';
  const safe = (url: URL): boolean => url.protocol === 'https:' || (plainAllowed && isLocal(url));
  return [
    ...(safe(issuer) ? [] : ['SIGNALBOX_OIDC_ISSUER: must be https (in development http on this machine)']),
    ...(publicUrl === undefined
      ? ['SIGNALBOX_LEDGER_URL: is not set; the provider sends people back to it']
      : safe(publicUrl)
        ? []
        : ['SIGNALBOX_LEDGER_URL: must be https where people sign in (in development http on this machine)']),
    ...((oidcClientSecret === undefined) === (oidcClientKey === undefined)
      ? ['SIGNALBOX_OIDC_CLIENT_SECRET: set this, or SIGNALBOX_OIDC_CLIENT_KEY, and not both']
      : []),
    ...(oidcScopes.includes('openid') ? [] : ['SIGNALBOX_OIDC_SCOPES: must hold openid']),
  ];
}

function isLocal(url: URL): boolean {
  return url.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, ''));
}

/** Whether a host is this machine's own, unreachable from others. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

async function clientAuthOf({ oidcClientKey, oidcClientSecret }: Settings): Promise<IdentitiesParts['clientAuth']> {
  if (oidcClientKey === undefined) return (server) => secretAuth(server, oidcClientSecret);
  try {
    const auth = await clientKeyAuth(oidcClientKey);
    return () => auth;
  } catch (error) {
    throw new SettingsError([
      `SIGNALBOX_OIDC_CLIENT_KEY: ${error instanceof Error ? error.message : 'cannot be used'}`,
    ]);
  }
}

/** As the provider has it; where it does not say, in the header (OpenID Connect Discovery, section 3). */
function secretAuth({ token_endpoint_auth_methods_supported: methods }: ServerMetadata, secret: string | undefined) {
  const inHeader = methods === undefined || methods.includes('client_secret_basic');
  return inHeader ? ClientSecretBasic(secret) : ClientSecretPost(secret);
}
