import { type Catalogue, typeMatches } from '@signalbox/contracts';
import type { Registry } from '@signalbox/registry';

/** Who says whether events of a type may still come from an organisation. */
export interface Expecting {
  readonly registry: Pick<Registry, 'organisation' | 'grants'>;
  readonly catalogue: Pick<Catalogue, 'find'>;
}

/**
 * Whether events of a type may come from an organisation at all. Who has left, whose right to publish the type was
 * withdrawn, and what is retired is not silent but over. A right that has merely expired is missed: nobody decided that.
 */
export function isExpected({ registry, catalogue }: Expecting, publisher: string, type: string): boolean {
  if (registry.organisation(publisher)?.active === false) return false;
  if (catalogue.find(type)?.status === 'retired') return false;
  const rights = registry.grants(publisher).filter(({ action }) => action === 'publish');
  return rights.length === 0 || rights.some(({ types }) => typeMatches(types, type));
}
