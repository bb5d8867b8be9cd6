import type { Filter, Finding } from '@signalbox/contracts';
import { wrong } from '../../subscriptions/protocols.js';

/** Attributes of an event by which a FHIR subscription can be narrowed. */
export const FILTERED_BY = ['urgency', 'sourceorg', 'source', 'correlationid'] as const;

const EXPECTED = `Bundle?name=value&…, with the names ${FILTERED_BY.join(', ')}; several values with commas`;

/**
 * Filter criteria of the backport guide, `Bundle?urgency=urgent,critical&sourceorg=X9L3B`, as filters on attributes: names
 * are joined by and, the values of a name by or.
 */
export function filtersOf(criteria: readonly string[], path: string): { filters: Filter[]; findings: Finding[] } {
  const filters: Filter[] = [];
  const findings: Finding[] = [];
  criteria.forEach((text, at) => {
    const query = /^(?:Bundle)?\?(.+)$/.exec(text)?.[1];
    const pairs = query === undefined ? [] : [...new URLSearchParams(query)];
    const known = (name: string): boolean => (FILTERED_BY as readonly string[]).includes(name);
    if (pairs.length === 0 || pairs.some(([name, value]) => !known(name) || value === '')) {
      findings.push(wrong(`${path}/${String(at)}`, 'filter-criteria', EXPECTED));
    } else for (const [name, value] of pairs) filters.push(filterOf(name, value.split(',')));
  });
  return { filters, findings };
}

function filterOf(name: string, values: readonly string[]): Filter {
  const exact = values.map((value): Filter => ({ exact: { [name]: value } }));
  return exact.length === 1 ? exact[0]! : { any: exact };
}

/** Filters back as criteria; `undefined` where the guide has no words for them. */
export function criteriaOf(filters: readonly Filter[]): string | undefined {
  const pairs = filters.map(pairOf);
  if (pairs.some((pair) => pair === undefined)) return undefined;
  return `Bundle?${pairs.map((pair) => `${pair![0]}=${pair![1].map(encodeURIComponent).join(',')}`).join('&')}`;
}

function pairOf(filter: Filter): [name: string, values: string[]] | undefined {
  const all = 'any' in filter ? filter.any : [filter];
  const pairs = all.flatMap((one) => ('exact' in one ? Object.entries(one.exact) : []));
  const names = new Set(pairs.map(([name]) => name));
  const [name] = names;
  if (name === undefined || names.size > 1 || pairs.length !== all.length) return undefined;
  return [name, pairs.map(([, value]) => value)];
}
