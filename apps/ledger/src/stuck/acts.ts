import { type ParkedResult, Refusal, refuseUnsaid, type Remark, type StuckAct } from '@signalbox/contracts';
import type { Registry } from '@signalbox/registry';
import { type Known, requireRole } from '../console/viewers.js';
import { defined } from '../journeys/delivery.js';
import type { Acting } from '../people/acting.js';
import { type ActOutcome, type ActPart, type ActPlan, actsFor, actsOn, planOf, told } from './act-plan.js';
import type { OpenGroup } from './groups.js';
import type { StuckItem } from './items.js';
import type { StuckWork } from './stuck-work.js';

/** What somebody wants done. */
export interface ActWish extends Remark {
  readonly act: StuckAct;
  readonly dryrun: boolean;
}

/** What {@link StuckActs} is made of. */
export interface StuckActsParts {
  readonly acting: Pick<Acting, 'call'>;
  readonly registry: Pick<Registry, 'subscription'>;
  readonly work: Pick<StuckWork, 'items' | 'forget'>;
}

/** Calls of the gateway under way at once for one act. */
const AT_ONCE = 4;
/** Most events that are named one by one in one act. */
const MOST_EVENTS = 1_000;
/** Events in one call of the gateway. */
const EVENTS_A_CALL = 200;

interface Sent {
  readonly part: ActPart;
  readonly result: ParkedResult | undefined;
  readonly left: ActPlan['left'];
}

type Outcome = Omit<ActOutcome, 'sentence' | 'left'> & Pick<ActPlan, 'left'>;

/** Does with a whole group what a person decided, by the gateway's own calls and in that person's name. */
export class StuckActs {
  constructor(private readonly parts: StuckActsParts) {}

  /**
   * Says what an act would do; without `dryrun` does it.
   * @throws Refusal SB-3005 without the role operator, SB-4220 for an act that is none for this group, SB-4000 as the
   *   gateway answered it, SB-5035
   */
  async act(known: Known, group: OpenGroup, wish: ActWish): Promise<ActOutcome> {
    requireRole(known, 'operator');
    const { act, dryrun } = wish;
    if (!actsOn(group, known).includes(act))
      throw new Refusal('SB-4220', 'Nothing of this group can be dealt with in this way by you');
    refuseUnsaid(act, wish);
    const receives = actsFor(known, group.receiver);
    const named = group.kind === 'astray' || group.kind === 'refused';
    const outcome = named
      ? await this.#ofEvents(known, group, wish)
      : receives
        ? await this.#ofSubscriptions(known, group, wish)
        : await this.#ofPublisher(known, group, wish);
    if (!dryrun) this.parts.work.forget();
    return told(outcome, group.receiver === '' ? group.publisher : group.receiver);
  }

  async #ofSubscriptions(known: Known, group: OpenGroup, wish: ActWish): Promise<Outcome> {
    const plan = planOf(wish.act, group.cells, (id) => this.parts.registry.subscription(id));
    const results = await inTurn(plan.parts, (part) => this.#send(known, part, wish));
    const left = [...plan.left, ...results.flatMap(({ left: one }) => one)];
    const done = results.flatMap(({ result }) => result ?? []);
    const acted = new Set(results.flatMap(({ result, part }) => (result === undefined ? [] : part.subscription)));
    return summed(wish, done, merged(left), acted.size);
  }

  async #send(known: Known, part: ActPart, { act, dryrun, note, to }: ActWish): Promise<Sent> {
    const path = `/subscriptions/${encodeURIComponent(part.subscription)}/parked/${act}`;
    const body = { selection: part.selection, dryrun, ...defined({ note, to }) };
    try {
      const result = await this.parts.acting.call<ParkedResult>(known, 'POST', path, body);
      const gone = result.gone ?? 0;
      return { part, result, left: gone === 0 ? [] : [{ why: 'gone', count: gone }] };
    } catch (error) {
      // What is not as the call expects is the caller's to mend; what stands in one subscription's way is not the others'.
      if (!(error instanceof Refusal) || error.code === 'SB-4000') throw error;
      const why = error.code === 'SB-4040' ? 'moved-on' : error.status >= 500 ? 'away' : 'refused';
      return { part, result: undefined, left: [{ why, count: part.count }] };
    }
  }

  /** What only its publisher can see to is closed event by event. */
  async #ofPublisher(known: Known, group: OpenGroup, { act, dryrun, note, to }: ActWish): Promise<Outcome> {
    const { items, more } = await this.#members(known, group);
    if (dryrun) return counts({ act, dryrun, deliveries: items.length, more }, 0);
    const results = await inTurn(items, async (item) => {
      const body = { source: item.source, org: group.receiver, who: to ?? known.application, note, dryrun };
      const path = `/events/${encodeURIComponent(item.id ?? '')}/recipients/handled`;
      return this.parts.acting.call<{ changed?: number }>(known, 'POST', path, body).then(
        ({ changed = 0 }) => ({ changed, left: [] }),
        (error: unknown) => {
          if (!(error instanceof Refusal) || error.code === 'SB-4000') throw error;
          return {
            changed: 0,
            left: [{ why: error.status >= 500 ? ('away' as const) : ('refused' as const), count: 1 }],
          };
        },
      );
    });
    const changed = results.reduce((sum, one) => sum + one.changed, 0);
    const left = merged(results.flatMap((one) => one.left));
    return { ...counts({ act, dryrun, deliveries: items.length, more }, 0), changed, left };
  }

  /** Events that nobody receives or that were refused: their publisher says that they were seen to. */
  async #ofEvents(known: Known, group: OpenGroup, { act, dryrun, note, to }: ActWish): Promise<Outcome> {
    const { items, more } = await this.#members(known, group);
    const named = items.flatMap(({ source, id }) => (source === undefined || id === undefined ? [] : { source, id }));
    const chunks = Array.from({ length: Math.ceil(named.length / EVENTS_A_CALL) }, (_, at) =>
      named.slice(at * EVENTS_A_CALL, (at + 1) * EVENTS_A_CALL),
    );
    const path = `/events/${act === 'handled' ? 'handled' : 'hand-over'}`;
    const results = await inTurn(chunks, (events) =>
      this.parts.acting.call<{ events: number; changed?: number }>(known, 'POST', path, {
        events,
        dryrun,
        ...defined({ note, to }),
      }),
    );
    const deliveries = results.reduce((sum, { events }) => sum + events, 0);
    const changed = results.reduce((sum, one) => sum + (one.changed ?? 0), 0);
    const left = merged([{ why: 'refused', count: items.length - deliveries }]);
    return { ...counts({ act, dryrun, deliveries, more }, 0), ...(!dryrun && { changed }), left };
  }

  async #members(known: Known, group: OpenGroup): Promise<{ items: StuckItem[]; more: boolean }> {
    const items: StuckItem[] = [];
    for (let after: string | undefined; ;) {
      const page = await this.parts.work.items(known.viewer, group, after);
      items.push(...page.items);
      after = page.next;
      if (after === undefined || items.length >= MOST_EVENTS) return { items, more: after !== undefined };
    }
  }
}

function counts(
  { act, dryrun, deliveries, more }: Pick<ActOutcome, 'act' | 'dryrun' | 'deliveries' | 'more'>,
  subscriptions: number,
): Outcome {
  return { act, dryrun, deliveries, subscriptions, duplicates: 0, more, secondperson: 0, actions: [], left: [] };
}

function summed(
  { act, dryrun }: ActWish,
  results: readonly ParkedResult[],
  left: ActPlan['left'],
  subscriptions: number,
): Outcome {
  const sum = (of: (result: ParkedResult) => number) => results.reduce((total, one) => total + of(one), 0);
  return {
    act,
    dryrun,
    deliveries: sum((one) => one.deliveries),
    subscriptions,
    duplicates: sum((one) => one.duplicates),
    more: results.some((one) => one.more),
    secondperson: sum((one) => (one.secondperson ? one.deliveries : 0)),
    actions: results.flatMap(({ action }) => action ?? []),
    ...(!dryrun && { changed: sum((one) => one.changed ?? 0) }),
    left,
  };
}

function merged(left: ActPlan['left']): ActPlan['left'] {
  const byReason = Map.groupBy(left, ({ why }) => why);
  return [...byReason].map(([why, all]) => ({ why, count: all.reduce((sum, { count }) => sum + count, 0) }));
}

async function inTurn<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    results.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(work))));
  }
  return results;
}
