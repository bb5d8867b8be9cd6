import { type Filter, type FilterTested, type FilterTestResult, matches } from '@signalbox/contracts';
import type { EventLog, StoredEvent } from '@signalbox/messaging';
import { eligibility, INELIGIBLE, type Principal, type Registry } from '@signalbox/registry';
import { coversFamily } from './starting.js';
import type { FilterTest } from './subscription.dto.js';

export interface FilterTestingParts {
  readonly families: readonly string[];
  readonly events: Pick<EventLog, 'lastSequence' | 'read'>;
  readonly registry: Pick<Registry, 'allows'>;
  /** Most events that are looked at. */
  readonly most: number;
}

const DEFAULT_LAST = 100;
const PAGE = 100;

/** Tries a wish on what was published lately, before anything depends on it. */
export class FilterTesting {
  constructor(private readonly parts: FilterTestingParts) {}

  /** @throws {EngineUnavailable} */
  async try(principal: Principal, wish: FilterTest): Promise<FilterTestResult> {
    const last = Math.min(wish.last ?? DEFAULT_LAST, this.parts.most);
    const families = this.parts.families.filter((family) => coversFamily(wish.types, family));
    const found = await Promise.all(families.map((family) => this.#newest(family, wish.types, last)));
    const granted = (type: string): boolean => this.parts.registry.allows(principal, 'subscribe', type) !== undefined;
    const visible = found
      .flat()
      .filter(
        ({ event }) =>
          eligibility(event, { ods: principal.ods, types: wish.types, filters: [] }, granted).kind === 'deliver',
      )
      .sort((one, other) => other.time.getTime() - one.time.getTime())
      .slice(0, last);
    const items = visible.map((stored) => tested(stored, principal.ods, wish));
    return { looked: items.length, matched: items.filter((item) => item.matches).length, items };
  }

  async #newest(family: string, types: readonly string[], count: number): Promise<StoredEvent[]> {
    const { events } = this.parts;
    const newest: StoredEvent[] = [];
    const end = await events.lastSequence(family);
    for (let after = Math.max(0, end - count); after < end;) {
      const read = await events.read({ family, types, after, limit: PAGE });
      newest.push(...read.events);
      if (read.lastSequence === after) break;
      after = read.lastSequence;
    }
    return newest;
  }
}

/** Only what the wish itself decides: who it is for and what is granted was looked at before. */
function tested({ event, time }: StoredEvent, ods: string, { types, source, filters }: FilterTest): FilterTested {
  const all = (filters ?? []) as readonly Filter[];
  const wish = { ods, types, ...(source !== undefined && { source }), filters: all };
  const verdict = eligibility(event, wish, () => true);
  const { attributes } = event;
  const stopped = all.flatMap((filter, at) => (matches([filter], event) ? [] : [`/filters/${String(at)}`]));
  const reason = verdict.kind === 'deliver' ? 'matches' : verdict.reason;
  return {
    source: String(attributes['source']),
    id: String(attributes['id']),
    type: String(attributes['type']),
    time: time.toISOString(),
    matches: reason === 'matches',
    why: {
      reason,
      detail: reason === 'matches' ? 'Every filter lets it through.' : INELIGIBLE[reason],
      ...(reason === 'no-match' && { filters: stopped }),
    },
  };
}
