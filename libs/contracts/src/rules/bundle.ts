import { asArray, asObject, asText, dig, type JsonObject, type Trail } from './json-tree.js';

/** One entry of a Bundle that holds a resource. */
export interface Entry {
  readonly index: number;
  readonly fullUrl: string | undefined;
  readonly resourceType: string;
  readonly resource: JsonObject;
  /** Trail of the resource: `/data/entry/<index>/resource`. */
  readonly trail: Trail;
}

/** An object of the content that rules look for by its members, and where it stands. */
export interface Found {
  readonly object: JsonObject;
  readonly trail: Trail | undefined;
}

/** The content as rules see it: entries by resource type, and everything that one walk over the tree can find. */
export class Bundle {
  readonly root: JsonObject;
  readonly entries: readonly Entry[];
  /** Objects with a `reference`, an identifier's `value` and `system`, or one of the members that FHIR invariants are about. */
  readonly references: Found[] = [];
  readonly identifiers: Found[] = [];
  readonly periods: Found[] = [];
  readonly quantities: Found[] = [];
  private readonly byType = new Map<string, Entry[]>();
  private readonly byUrl = new Map<string, Entry>();
  private byRelativeUrl: Map<string, Entry> | undefined;

  constructor(data: unknown) {
    this.root = asObject(data) ?? {};
    this.entries = entriesOf(this.root);
    for (const entry of this.entries) {
      const same = this.byType.get(entry.resourceType);
      if (same) same.push(entry);
      else this.byType.set(entry.resourceType, [entry]);
      if (entry.fullUrl !== undefined && !this.byUrl.has(entry.fullUrl)) this.byUrl.set(entry.fullUrl, entry);
    }
    this.walk(this.root, undefined);
  }

  /** Whether the content is a Bundle at all; the schema says so where it must be one. */
  get isBundle(): boolean {
    return this.root.resourceType === 'Bundle';
  }

  all(resourceType: string): readonly Entry[] {
    return this.byType.get(resourceType) ?? [];
  }

  first(resourceType: string): Entry | undefined {
    return this.byType.get(resourceType)?.[0];
  }

  /** The entry that a literal reference points at: by `fullUrl`, or by type and id where the reference is relative. */
  resolve(reference: string): Entry | undefined {
    const exact = this.byUrl.get(reference);
    if (exact || reference.startsWith('urn:')) return exact;
    const plain = withoutVersion(reference);
    return this.byUrl.get(plain) ?? (this.byRelativeUrl ??= this.relativeUrls()).get(plain);
  }

  /** Most Bundles refer by `urn:uuid:` only, so this is made when it is first needed. */
  private relativeUrls(): Map<string, Entry> {
    const found = new Map<string, Entry>();
    for (const entry of this.entries) {
      const ofUrl = /[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.exec(entry.fullUrl ?? '')?.[0];
      const ofResource = `${entry.resourceType}/${asText(entry.resource.id) ?? ''}`;
      for (const url of [ofUrl, ofResource]) if (url !== undefined && !found.has(url)) found.set(url, entry);
    }
    return found;
  }

  /** Runs once over everything; looks at member names as they come by, since most objects have none of these. Depth is bounded by the codec. */
  private walk(value: object, trail: Trail | undefined): void {
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        const item: unknown = value[index];
        if (typeof item === 'object' && item !== null) this.walk(item, { parent: trail, key: index });
      }
      return;
    }
    const object = value as JsonObject;
    for (const key in object) {
      const member = object[key];
      if (typeof member === 'object') {
        if (member !== null) this.walk(member, { parent: trail, key });
      } else if (key === 'reference') {
        if (typeof member === 'string') this.references.push({ object, trail });
      } else if (key === 'value') {
        if (typeof object.system === 'string') this.identifiers.push({ object, trail });
        if (typeof member === 'number' && object.code !== undefined) this.quantities.push({ object, trail });
      } else if (key === 'end') {
        if (typeof member === 'string' && typeof object.start === 'string') this.periods.push({ object, trail });
      }
    }
  }
}

/** A relative reference may carry `/_history/<version>`; the resource is the same. */
function withoutVersion(reference: string): string {
  const at = reference.indexOf('/_history/');
  return at < 0 ? reference : reference.slice(0, at);
}

function entriesOf(root: JsonObject): Entry[] {
  const found: Entry[] = [];
  const list: Trail = { parent: undefined, key: 'entry' };
  asArray(root.entry).forEach((item, index) => {
    const resource = asObject(dig(item, 'resource'));
    const resourceType = asText(resource?.resourceType);
    if (!resource || resourceType === undefined) return;
    const trail: Trail = { parent: { parent: list, key: index }, key: 'resource' };
    found.push({ index, fullUrl: asText(dig(item, 'fullUrl')), resourceType, resource, trail });
  });
  return found;
}
