import type { EventData } from '@signalbox/contracts';

/** What kind of thing stands somewhere in a document. */
export type NodeType = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/** One place of a document. */
export interface PayloadNode {
  /** What it is called in its parent: a name of the contract, an index, or `member 3` for a name that could itself be data. */
  readonly name: string;
  /** JSON Pointer from the document's root, with the names as they are shown. */
  readonly path: string;
  readonly type: NodeType;
  /** Characters of a string; items of an array; members of an object. Of numbers and truth values it would tell too much. */
  readonly length?: number;
  readonly children: readonly PayloadNode[];
  /** Items or members that are not shown. */
  readonly left: number;
  /** The value, in a tree that was made to show values. */
  readonly value?: string;
}

/** A document as it may be shown. */
export type Payload =
  | { readonly kind: 'tree'; readonly bytes: number; readonly root: PayloadNode; readonly whole: boolean }
  /** Not JSON: of a text or other bytes there is nothing to show but how many. */
  | { readonly kind: 'text' | 'binary'; readonly bytes: number; readonly value?: string }
  | { readonly kind: 'absent' };

/** How much of a document is shown. */
export interface TreeLimits {
  /** Most places in all. */
  readonly nodes: number;
  /** Most items of one array, and members of one object. */
  readonly items: number;
}

/**
 * Where everything stands in a document and how long it is, without saying what: no value, and no name that is not a name
 * of the contract, for a name is sent by someone and could be a patient's.
 *
 * @param names the names that the contract of the type knows
 */
export function redactedTree(data: EventData, names: ReadonlySet<string>, limits: TreeLimits): Payload {
  return treeOf(data, limits, { nameOf: (name, at) => (names.has(name) ? name : `member ${String(at + 1)}`) });
}

/** The same with every value and name as it was sent: for those who broke the glass. */
export function openTree(data: EventData, limits: TreeLimits): Payload {
  const text = data.kind === 'text' ? textOf(data.bytes) : undefined;
  const tree = treeOf(data, limits, { nameOf: (name) => name, shown: (value) => JSON.stringify(value) });
  return tree.kind === 'text' && text !== undefined ? { ...tree, value: text } : tree;
}

interface Showing {
  readonly nameOf: (name: string, at: number) => string;
  readonly shown?: (value: Scalar) => string;
}

type Scalar = string | number | boolean | null;

function treeOf(data: EventData, limits: TreeLimits, showing: Showing): Payload {
  if (data.kind === 'absent') return { kind: 'absent' };
  const bytes = data.bytes.byteLength;
  if (data.kind !== 'json') return { kind: data.kind, bytes };
  const walk = new Walk(limits, showing);
  const root = walk.nodeOf(JSON.parse(textOf(data.bytes), asSent) as unknown, '', '');
  return { kind: 'tree', bytes, root, whole: walk.whole };
}

/** A number as its sender wrote it: `5.10` is not `5.1` in a laboratory. */
class SentNumber {
  constructor(readonly source: string) {}
}

/** For `JSON.parse`, which tells of numbers, strings and truth values how they were written. */
function asSent(this: unknown, _key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? new SentNumber(context.source) : value;
}

/** One pass over a document, as far as its limits go: breadth is cut before depth, so that its form stays to be seen. */
class Walk {
  #left: number;
  whole = true;

  constructor(
    private readonly limits: TreeLimits,
    private readonly showing: Showing,
  ) {
    this.#left = limits.nodes;
  }

  nodeOf(value: unknown, name: string, path: string): PayloadNode {
    this.#left -= 1;
    if (Array.isArray(value)) {
      const items = value.map((item, index): [string, unknown] => [String(index), item]);
      return this.#container('array', items, name, path);
    }
    if (value instanceof SentNumber) return { ...this.#leaf(0, name, path), ...this.#sent(value) };
    if (typeof value === 'object' && value !== null) {
      const members = Object.entries(value).map(([key, member], at): [string, unknown] => [
        this.showing.nameOf(key, at),
        member,
      ]);
      return this.#container('object', members, name, path);
    }
    return this.#leaf(value as Scalar, name, path);
  }

  #leaf(value: Scalar, name: string, path: string): PayloadNode {
    const { shown } = this.showing;
    return {
      name,
      path,
      type: value === null ? 'null' : (typeof value as 'string' | 'number' | 'boolean'),
      ...(typeof value === 'string' && { length: value.length }),
      children: [],
      left: 0,
      ...(shown !== undefined && { value: shown(value) }),
    };
  }

  #sent({ source }: SentNumber): { value?: string } {
    return this.showing.shown === undefined ? {} : { value: source };
  }

  #container(type: 'array' | 'object', members: readonly [string, unknown][], name: string, path: string): PayloadNode {
    const children: PayloadNode[] = [];
    for (const [key, member] of members.slice(0, this.limits.items)) {
      if (this.#left <= 0) break;
      children.push(this.nodeOf(member, key, `${path}/${escaped(key)}`));
    }
    const left = members.length - children.length;
    if (left > 0) this.whole = false;
    return { name, path, type, length: members.length, children, left };
  }
}

/** A name as a JSON Pointer has it (RFC 6901). */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString();
}
