import { OPERATOR } from './model.js';
import { takePublicJwk } from './public-keys.js';
import type { Registry } from './registry.js';

/**
 * Puts the operator of a new exchange into the registry, so that everything else can be set up through the API:
 * organisation, application with this one key, and the grant to administer everything. Doing it again changes nothing;
 * doing it with another key replaces the key.
 * @throws Refusal SB-4220 when the key cannot be taken.
 */
export async function ensureOperator(registry: Registry, publicJwk: unknown): Promise<void> {
  const key = await takePublicJwk(publicJwk);
  const { ods, application: id } = OPERATOR;
  if (!registry.organisation(ods)) await registry.putOrganisation({ ods, name: 'Signalbox operator', active: true });
  const known = registry.application(ods, id);
  const same = known?.keys.length === 1 && JSON.stringify(known.keys[0]) === JSON.stringify(key);
  if (!same) await registry.putApplication({ ods, id, name: 'Operator', active: true, keys: [key] });
  if (registry.grants(ods).some((grant) => grant.id === 'operator')) return;
  await registry.putGrant({
    id: 'operator',
    ods,
    application: id,
    action: 'administer',
    types: '*',
    purpose: 'running the exchange',
  });
}
