import type { EventView } from '../journeys/journey-view.js';

/** An event that another one comes from, or leads to. */
export interface Relative {
  readonly id: string;
  readonly title: string;
  /** Absent for one that is not of this journey, or not the viewer's. */
  readonly source?: string;
  /** RFC 3339. */
  readonly recorded?: string;
}

/** An event with everything that answers it. */
export interface Descendant extends Relative {
  readonly answeredby: readonly Descendant[];
}

/** Where an event comes from and what came of it, within its journey. */
export interface Lineage {
  /** What it answers, and what that one answers, the nearest first. */
  readonly answers: readonly Relative[];
  readonly answeredby: readonly Descendant[];
  /** What it replaces, and what that one replaced, the nearest first. */
  readonly replaces: readonly Relative[];
  readonly replacedby: readonly Relative[];
}

/** Answers to answers that are followed; a longer chain is seen on the journey. */
const DEEPEST = 10;

/** The lineage of one event, forward and back. Ids are unique within a source only: of several, its own source's counts. */
export function lineageOf(event: EventView, journey: readonly EventView[]): Lineage {
  const events = journey.filter(({ duplicateof }) => duplicateof === undefined);
  const find = (id: string, near: EventView): EventView | undefined => {
    const all = events.filter((one) => one.id === id);
    return all.find(({ source }) => source === near.source) ?? all[0];
  };
  const back = (from: EventView, next: (one: EventView) => string | undefined): Relative[] => {
    const chain: Relative[] = [];
    const seen = new Set([from]);
    for (let near: EventView | undefined = from; near !== undefined;) {
      const id: string | undefined = next(near);
      const one: EventView | undefined = id === undefined ? undefined : find(id, near);
      if (id === undefined || (one !== undefined && seen.has(one)) || chain.length === DEEPEST) break;
      chain.push(one === undefined ? { id, title: id } : relative(one));
      if (one !== undefined) seen.add(one);
      near = one;
    }
    return chain;
  };
  const answersTo = (one: EventView, depth: number, above: readonly EventView[]): Descendant[] =>
    depth === DEEPEST
      ? []
      : events
          .filter((other) => other.causationid === one.id && !above.includes(other))
          .map((other) => ({ ...relative(other), answeredby: answersTo(other, depth + 1, [...above, other]) }));
  return {
    answers: back(event, ({ causationid }) => causationid),
    answeredby: answersTo(event, 0, [event]),
    replaces: back(event, ({ supersedes }) => supersedes),
    replacedby: back(event, (one) => events.find((other) => other.supersedes === one.id && other !== one)?.id),
  };
}

function relative({ id, source, title, recorded }: EventView): Relative {
  return { id, source, title, recorded };
}
