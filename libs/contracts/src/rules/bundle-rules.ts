import { asObject, asText, dig, pointerOf } from './json-tree.js';
import type { ContentRule } from './rule.js';
import { breach } from './table.js';

const FIRST: Readonly<Record<string, string>> = { message: 'MessageHeader', document: 'Composition' };

/** FHIR bdl-11 and bdl-12. */
export const bundleFirstEntry: ContentRule = ({ root, entries, isBundle }) => {
  const first = isBundle ? FIRST[String(root.type)] : undefined;
  if (first === undefined) return [];
  const found = entries.some((entry) => entry.index === 0 && entry.resourceType === first)
    ? []
    : [breach('/data/entry/0/resource', 'bundle-first-entry', `a ${first} as the first resource`)];
  const later = entries.filter((entry) => entry.index > 0 && entry.resourceType === first);
  return [
    ...found,
    ...later.map((entry) => breach(pointerOf(entry.trail), 'bundle-first-entry', `no second ${first} in this Bundle`)),
  ];
};

const ABSOLUTE_URL = /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/;

/** FHIR bdl-7: references can only be followed if every entry has a URL of its own. */
export const bundleFullUrl: ContentRule = ({ root, entries, isBundle }) => {
  if (!isBundle || !(String(root.type) in FIRST)) return [];
  const seen = new Set<string>();
  return entries.flatMap(({ index, fullUrl }) => {
    const path = `/data/entry/${index}/fullUrl`;
    if (fullUrl === undefined) return [breach(path, 'bundle-full-url', 'a fullUrl for every entry')];
    if (!ABSOLUTE_URL.test(fullUrl)) return [breach(path, 'bundle-full-url', 'an absolute URL or urn:uuid:')];
    if (seen.has(fullUrl)) return [breach(path, 'bundle-full-url', 'a fullUrl that no other entry has')];
    seen.add(fullUrl);
    return [];
  });
};

/** FHIR bdl-9 and bdl-10; the national standard asks for the timestamp of a message too. */
export const bundleIdentity: ContentRule = ({ root, isBundle }) => {
  if (!isBundle || !(String(root.type) in FIRST)) return [];
  const missing = (path: string, what: string) => breach(path, 'bundle-identity', what);
  const findings =
    root.timestamp === undefined ? [missing('/data/timestamp', 'the time at which the Bundle was made')] : [];
  if (root.type !== 'document') return findings;
  if (!asObject(root.identifier)) return [...findings, missing('/data/identifier', 'an identifier of the document')];
  for (const member of ['system', 'value']) {
    if (asText(dig(root.identifier, member)) === undefined) {
      findings.push(missing(`/data/identifier/${member}`, `the ${member} of the identifier of the document`));
    }
  }
  return findings;
};
