import { asArray, asText, dig, pointerOf, type Trail } from './json-tree.js';
import type { Bundle } from './bundle.js';
import type { ContentRule } from './rule.js';
import { breach } from './table.js';

/** An absolute URL may point at a resource that is held elsewhere; urn:uuid: and urn:oid: can only be in this Bundle. */
const ELSEWHERE = /^(?!urn:(uuid|oid):)[A-Za-z][A-Za-z0-9+.-]*:/i;

/** Every literal reference that can only mean a resource of this Bundle points at one. */
export const referencesResolve: ContentRule = (bundle) =>
  bundle.references.flatMap(({ object, trail }) => {
    const reference = object.reference as string;
    if (reference.startsWith('#')) {
      if (isContained(bundle, reference.slice(1), trail)) return [];
      return [
        breach(
          pointerOf(trail, 'reference'),
          'references-resolve',
          'the id of a contained resource of the same resource',
        ),
      ];
    }
    if (bundle.resolve(reference) || ELSEWHERE.test(reference)) return [];
    return [breach(pointerOf(trail, 'reference'), 'references-resolve', 'the fullUrl of an entry of this Bundle')];
  });

/** `#` alone means the resource that contains; otherwise the id of one of its contained resources. */
function isContained(bundle: Bundle, id: string, trail: Trail | undefined): boolean {
  const keys: (string | number)[] = [];
  for (let at = trail; at; at = at.parent) keys.unshift(at.key);
  const holder =
    keys[0] === 'entry' && keys[2] === 'resource'
      ? dig(asArray(bundle.root.entry)[Number(keys[1])], 'resource')
      : bundle.root;
  return id === '' || asArray(dig(holder, 'contained')).some((resource) => asText(dig(resource, 'id')) === id);
}
