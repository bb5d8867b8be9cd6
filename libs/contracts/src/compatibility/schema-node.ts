import { createHash } from 'node:crypto';

/** A JSON Schema 2020-12. */
export type Schema = boolean | Readonly<Record<string, unknown>>;

/** A whole schema file, and where its relative references lead. */
export interface SchemaDocument {
  readonly root: Schema;
  /** The document that a relative reference names; `undefined` where there is none. */
  readonly load: (reference: string) => SchemaDocument | undefined;
}

/** One schema inside a document. The same place of the same document is always the same node. */
export interface SchemaNode {
  readonly id: number;
  readonly schema: Schema;
  readonly document: SchemaDocument;
}

/** Gives every schema that is met a node, and follows references. */
export class SchemaNodes {
  /** By document: the same words that two of them share in memory lead elsewhere in each. */
  readonly #ofObject = new WeakMap<SchemaDocument, Map<object, SchemaNode>>();
  readonly #made = new Map<string, SchemaNode>();
  /** Conjunctions of the same nodes are known to be empty, or not, once. */
  readonly empty = new Map<string, boolean>();
  /** Values that were proposed for a pair of conjunctions. */
  readonly samples = new Map<string, readonly unknown[]>();
  /** Kinds of values that the alternatives of a node take together. */
  readonly choices = new Map<string, ReadonlySet<string>>();
  readonly #targets = new Map<number, SchemaNode | undefined>();
  #count = 0;

  /** The node of a schema that stands in a document. */
  of(schema: unknown, document: SchemaDocument): SchemaNode {
    if (typeof schema !== 'object' || schema === null) return this.made(schema !== false);
    const ofDocument = this.#ofObject.get(document) ?? new Map<object, SchemaNode>();
    this.#ofObject.set(document, ofDocument);
    const known = ofDocument.get(schema);
    if (known) return known;
    const node = { id: this.#count++, schema: schema as Schema, document };
    ofDocument.set(schema, node);
    return node;
  }

  /** A node that stands in no document: what follows from a case that is looked at. */
  made(schema: Schema): SchemaNode {
    const text = JSON.stringify(schema);
    const known = this.#made.get(text);
    if (known) return known;
    const node = { id: this.#count++, schema, document: { root: schema, load: () => undefined } };
    this.#made.set(text, node);
    return node;
  }

  /** What a schema that does not hold is made of. */
  not(node: SchemaNode): SchemaNode {
    const text = `not ${String(node.id)}`;
    const known = this.#made.get(text);
    if (known) return known;
    const made = { id: this.#count++, schema: { not: node.schema }, document: node.document };
    this.#made.set(text, made);
    return made;
  }

  /** A schema below this one, by its members. */
  below({ schema, document }: SchemaNode, ...members: readonly (string | number)[]): SchemaNode {
    const at = members.reduce<unknown>((value, member) => (value as Record<string | number, unknown>)[member], schema);
    return this.of(at, document);
  }

  /** Where `$ref` of a node leads; `undefined` for what is not there, or named in a way that is not understood. */
  target(node: SchemaNode): SchemaNode | undefined {
    if (!this.#targets.has(node.id)) this.#targets.set(node.id, this.#find(node));
    return this.#targets.get(node.id);
  }

  /** Where a node leads that is a reference and nothing else. */
  onlyTarget(node: SchemaNode): SchemaNode | undefined {
    if (typeof node.schema === 'boolean' || node.schema.$ref === undefined) return undefined;
    if (Object.keys(node.schema).length > 1) return undefined;
    const target = this.target(node);
    return target === node ? undefined : target;
  }

  #find({ schema, document }: SchemaNode): SchemaNode | undefined {
    const reference = String((schema as Record<string, unknown>).$ref);
    // Where parts have names of their own, what a reference means depends on where it stands.
    if (hasNamedParts(document.root)) return undefined;
    const [file = '', fragment = ''] = reference.split('#', 2);
    const found = file === '' ? document : document.load(file);
    if (found === undefined || hasNamedParts(found.root) || (fragment !== '' && !fragment.startsWith('/')))
      return undefined;
    let at: unknown = found.root;
    for (const segment of fragment.split('/').slice(1)) {
      const name = decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
      at = (at as Record<string, unknown>)[name];
    }
    return isSchema(at) ? this.of(at, found) : undefined;
  }
}

const NAMED = new WeakMap<object, boolean>();

/** Whether a part of a document, and not only the whole of it, has an `$id`. */
function hasNamedParts(root: Schema): boolean {
  if (typeof root === 'boolean') return false;
  let named = NAMED.get(root);
  if (named === undefined) {
    const { $id: _own, ...parts } = root;
    named = JSON.stringify(parts).includes('"$id":');
    NAMED.set(root, named);
  }
  return named;
}

/** Whether two nodes say the same: the same node, or the same words without a reference in them. */
export function isSame(a: SchemaNode, b: SchemaNode): boolean {
  return a === b || (textOf(a) !== undefined && textOf(a) === textOf(b));
}

const TEXTS = new WeakMap<SchemaNode, string>();

/** The words of a schema; `undefined` where they lead elsewhere. Members in another order are other words. */
function textOf(node: SchemaNode): string | undefined {
  let text = TEXTS.get(node);
  if (text === undefined) {
    text = JSON.stringify(node.schema);
    if (/"\$(ref|dynamicRef|recursiveRef)"/.test(text)) text = '';
    TEXTS.set(node, text);
  }
  return text === '' ? undefined : text;
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value));
}

/** Documents by their words, so that the same shared schema of two catalogues is one document. */
export class SchemaShelf {
  readonly #byDigest = new Map<string, SchemaDocument>();

  /**
   * A document of a schema file.
   *
   * @param load reads another file by the reference that this one writes
   */
  document(root: Schema, load: (reference: string) => SchemaDocument | undefined = () => undefined): SchemaDocument {
    const text = JSON.stringify(root);
    if (/"\$ref":"[^#"]/.test(text)) return { root, load };
    // What refers to nothing outside of itself means the same wherever it stands.
    const digest = createHash('sha256').update(text).digest('base64');
    const known = this.#byDigest.get(digest);
    if (known) return known;
    const document = { root, load };
    this.#byDigest.set(digest, document);
    return document;
  }
}
