import { createClient } from '@signalbox/client';
import type { Client, SignalboxError } from '@signalbox/client';

import type { Identity } from './context.js';
import { sourceOf } from './input.js';
import { chooseKey, readCredentials, storedKeys } from './keys.js';
import type { Settings } from './settings.js';

/** Told when a request has to be sent again. */
export type OnRetry = (error: SignalboxError) => void;

/** A client for the organisation that is named, by its key in the keys folder or by the token of the environment. */
export async function signIn(settings: Settings, who: Identity, onRetry: OnRetry): Promise<Client> {
  const { gateway, token } = settings;
  if (token !== undefined && token !== '' && who.org === undefined) {
    return createClient({ gateway, onRetry, credentials: { token } });
  }
  const key = await chooseKey(settings.keysFolder, { org: who.org ?? settings.organisation, app: who.app });
  return createClient({ gateway, onRetry, credentials: await readCredentials(key) });
}

/** Who publishes: whoever is named, else the one that the event's own source (`urn:ods:<ODS>:<application>`) says. */
export async function identityFor(settings: Settings, who: Identity, event: Uint8Array): Promise<Identity> {
  const named = who.org !== undefined || settings.organisation !== undefined || (settings.token ?? '') !== '';
  const source = sourceOf(event);
  const keys = await storedKeys(settings.keysFolder);
  const own = keys.filter((key) => key.organisation === (who.org ?? settings.organisation ?? source.org));
  const app = who.app ?? (own.some((key) => key.application === source.app) ? source.app : undefined);
  const org = named || own.length === 0 ? who.org : source.org;
  return { org, app };
}
