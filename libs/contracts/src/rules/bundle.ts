import { asArray, asObject, asText, dig, eachObject, type JsonObject, type Trail } from './json-tree.js';

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

  constructor(readonly data: unknown) {
    this.root = asObject(data) ?? {};
    this.entries = entriesOf(this.root);
    for (const entry of this.entries) this.index(entry);
    if (typeof data === 'object' && data !== null)
      eachObject(data, undefined, (object, trail) => this.sort(object, trail));
  }

  /** Whether the content is a Bundle at all; the schema says so where it must be one. */
  get isBundle(): boolean {
    return this.root.resourceType === 'Bundle';
  }

  all(resourceType: string): readonly Entry[] {
    return this.byType.get(resourceType) ?? [];
  }

  first(resourceType: string): Entry | undefined {
    return this.all(resourceType)[0];
  }

  /** The entry that a literal reference points at: by `fullUrl`, or by type and id where the reference is relative. */
  resolve(reference: string): Entry | undefined {
    return this.byUrl.get(withoutVersion(reference));
  }

  private index(entry: Entry): void {
    const { resourceType, fullUrl, resource } = entry;
    const same = this.byType.get(resourceType);
    if (same) same.push(entry);
    else this.byType.set(resourceType, [entry]);
    const id = asText(resource.id);
    if (fullUrl !== undefined && !this.byUrl.has(fullUrl)) this.byUrl.set(fullUrl, entry);
    const relative = /[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.exec(fullUrl ?? '')?.[0];
    if (relative !== undefined && !this.byUrl.has(relative)) this.byUrl.set(relative, entry);
    if (id !== undefined && !this.byUrl.has(`${resourceType}/${id}`)) this.byUrl.set(`${resourceType}/${id}`, entry);
  }

  private sort(object: JsonObject, trail: Trail | undefined): void {
    if (typeof object.reference === 'string') this.references.push({ object, trail });
    if (typeof object.system === 'string' && object.value !== undefined) this.identifiers.push({ object, trail });
    if (typeof object.start === 'string' && typeof object.end === 'string') this.periods.push({ object, trail });
    if (object.code !== undefined && object.value !== undefined) this.quantities.push({ object, trail });
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
