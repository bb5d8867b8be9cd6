import { identityOf } from '@signalbox/contracts';

/** What of an event says which others it replaces, and is replaced by. */
export interface Ancestor {
  /** SHA-256 of source and id. */
  readonly identity: string;
  readonly source: string;
  readonly id: string;
  readonly sourceorg: string;
}

/** An event of which it is known whether it replaces another. */
export interface Descendant extends Ancestor {
  readonly supersedes?: string;
}

/**
 * Which event replaces which, over any number of corrections of corrections. An event replaces what its organisation
 * published under the id that it names: of its own source, or else of whichever of the organisation's sources used the id.
 */
export class Lineage<D extends Descendant> {
  readonly #byId: ReadonlyMap<string, readonly Ancestor[]>;
  readonly #replacing: ReadonlyMap<string, readonly D[]>;

  /**
   * @param events those that replace others among them
   * @param others what is known to exist though the event itself is not at hand
   */
  constructor(events: readonly D[], others: readonly Ancestor[] = []) {
    const known = new Map([...others, ...events].map((event) => [event.identity, event]));
    this.#byId = Map.groupBy(known.values(), ({ sourceorg, id }) => nameOf(sourceorg, id));
    const replacing = events.filter((event) => event.supersedes !== undefined);
    this.#replacing = Map.groupBy(replacing, ({ sourceorg, supersedes }) => nameOf(sourceorg, supersedes!));
  }

  /** What an event replaces, the nearest first. An event that nobody knows any more is known by its name alone. */
  replacedBy(event: Descendant): Ancestor[] {
    return spread(event, (one) => this.#parentsOf(one));
  }

  /** What replaces an event, the nearest first. */
  replacing(event: Ancestor): D[] {
    return spread<Ancestor, D>(event, (one) =>
      (this.#replacing.get(nameOf(one.sourceorg, one.id)) ?? []).filter((other) =>
        this.#parentsOf(other).some(({ identity }) => identity === one.identity),
      ),
    );
  }

  #parentsOf({ source, sourceorg, supersedes }: Descendant): Descendant[] {
    if (supersedes === undefined) return [];
    const named = this.#byId.get(nameOf(sourceorg, supersedes)) ?? [];
    const own = named.filter((one) => one.source === source);
    if (own.length > 0) return own;
    if (named.length > 0) return [...named];
    const identity = identityOf({ source, id: supersedes });
    return [{ identity, source, id: supersedes, sourceorg }];
  }
}

/** Everything that can be reached, by distance, without what it began with. A circle of corrections ends too. */
function spread<F extends Ancestor, T extends F>(from: F, next: (one: F) => readonly T[]): T[] {
  const found = new Map<string, T>();
  let frontier: readonly F[] = [from];
  while (frontier.length > 0) {
    const reached = frontier.flatMap(next).filter(({ identity }) => identity !== from.identity && !found.has(identity));
    for (const one of reached) found.set(one.identity, one);
    frontier = reached;
  }
  return [...found.values()];
}

function nameOf(sourceorg: string, id: string): string {
  return JSON.stringify([sourceorg, id]);
}
