import type { Tenant } from '@signalbox/messaging';
import type { Registry } from './registry.js';

/** The organisations that may connect to the engine themselves: switched on, with an application that is and that has a key. */
export function tenantsOf(registry: Pick<Registry, 'organisations' | 'applications'>): Tenant[] {
  return registry
    .organisations()
    .filter(({ active }) => active)
    .map(({ ods }) => ({
      ods,
      applications: registry
        .applications(ods)
        .filter(({ active, natskeys = [] }) => active && natskeys.length > 0)
        .map(({ id, natskeys = [] }) => ({ id, natskeys })),
    }))
    .filter(({ applications }) => applications.length > 0);
}
