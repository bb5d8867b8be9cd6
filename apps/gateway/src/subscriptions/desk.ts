import { randomUUID } from 'node:crypto';
import { type Catalogue, checkFilters, newSecret, Refusal, type Filter } from '@signalbox/contracts';
import type { EventLog } from '@signalbox/messaging';
import type { Principal, Registry, Subscription } from '@signalbox/registry';
import type { CursorStore } from './cursor-store.js';
import { channelFindings, hasSink, needsConsent, typeFindings, wrong, type ChannelWish } from './protocols.js';
import { coversFamily, startingAt } from './starting.js';
import type { NewSubscription, SubscriptionChange } from './subscription.dto.js';
import type { Switching } from './switching.js';

export interface DeskParts {
  readonly families: readonly string[];
  readonly catalogue: Pick<Catalogue, 'types'>;
  readonly events: EventLog;
  readonly cursors: CursorStore;
  readonly switching: Switching;
  readonly registry: Registry;
  /** Whether a sink may be plain http: on a developer's machine only. */
  readonly plainSinks: boolean;
}

/** Until the relay has asked the endpoint whether it wants to be written to (the handshake of its protocol). */
export const PENDING = { status: 'pending', statusReason: 'handshake-pending' } as const;

/** What decides about a wish: the types, the filters and the way of delivery. */
interface Asked extends ChannelWish {
  readonly filters: readonly unknown[];
}

/** Where organisations make, change and end their subscriptions. What is another organisation's is not found. */
export class SubscriptionDesk {
  constructor(private readonly parts: DeskParts) {}

  /** @param sinkheaders that every request to the sink is to carry. */
  async create(principal: Principal, wish: NewSubscription, sinkheaders?: SinkHeaders): Promise<Subscription> {
    const { families, events, registry } = this.parts;
    const { types, protocol, sink, config = {} } = wish;
    const filters = this.#checked(principal, { types, filters: wish.filters ?? [], protocol, sink, config });
    const covered = families.filter((family) => coversFamily(types, family));
    const from = wish.start === undefined || wish.start === 'now' ? 'now' : new Date(wish.start);
    const now = new Date().toISOString();
    return registry.create('subscription', {
      id: randomUUID(),
      ods: principal.ods,
      application: principal.application,
      types,
      ...(typeof wish.source === 'string' && { source: wish.source }),
      filters,
      protocol,
      ...(typeof sink === 'string' && { sink }),
      ...(sinkheaders !== undefined && { sinkheaders }),
      sinksecrets: protocol === 'HTTP' ? [newSecret()] : [],
      config,
      ...(needsConsent(protocol) ? PENDING : { status: 'active' as const }),
      start: await startingAt(events, covered, from),
      created: now,
      updated: now,
      revision: 0,
    });
  }

  list(principal: Principal): Subscription[] {
    return this.parts.registry.subscriptions({ ods: principal.ods });
  }

  /** @throws {Refusal} SB-4040 */
  get(principal: Principal, id: string): Subscription {
    const subscription = this.parts.registry.subscription(id);
    if (subscription?.ods !== principal.ods) throw new Refusal('SB-4040');
    return subscription;
  }

  /**
   * One that somebody may pause, and have events sent to again: their organisation's own, and any for whoever administers
   * the exchange. What is in the events is given to neither by this.
   * @throws {Refusal} SB-4040
   */
  inCharge(principal: Principal, id: string): Subscription {
    const { registry } = this.parts;
    const subscription = registry.subscription(id);
    const administers = registry.allows(principal, 'administer', '*') !== undefined;
    return administers && subscription !== undefined ? subscription : this.get(principal, id);
  }

  /** Another protocol goes on where the former one was: see {@link Switching}. */
  async change(
    principal: Principal,
    id: string,
    change: SubscriptionChange & { readonly sinkheaders?: SinkHeaders },
    revision?: number,
  ): Promise<Subscription> {
    const { events, families, switching } = this.parts;
    const present = this.get(principal, id);
    const asked = askedFor(present, change);
    const filters = this.#checked(principal, asked);
    const added = families.filter((family) => coversFamily(asked.types, family) && !(family in present.start));
    const begun = await startingAt(events, added, 'now');
    const kept = asked.protocol === present.protocol ? undefined : await switching.prepare(present, asked.protocol);
    const changed = await this.#write(id, revision, (current) => {
      if (current.protocol !== present.protocol) throw new Refusal('SB-4120');
      return changedTo(current, { ...asked, filters }, change, { ...begun, ...(kept ?? current.start) });
    });
    await switching.finish(present, changed);
    return changed;
  }

  pause(principal: Principal, id: string, revision?: number): Promise<Subscription> {
    this.inCharge(principal, id);
    return this.#write(id, revision, (current) => ({
      ...current,
      status: 'paused',
      statusReason: 'paused-by-receiver',
    }));
  }

  /** Goes on where it was left. An endpoint is asked again first: it may have been paused before it consented. */
  resume(principal: Principal, id: string, revision?: number): Promise<Subscription> {
    this.inCharge(principal, id);
    return this.#write(id, revision, (current) => (current.status === 'active' ? current : begunAnew(current)));
  }

  async remove(principal: Principal, id: string): Promise<void> {
    this.get(principal, id);
    await this.parts.registry.deleteSubscription(id);
    await this.parts.cursors.forget(id);
  }

  #write(
    id: string,
    revision: number | undefined,
    change: (current: Subscription) => Subscription,
  ): Promise<Subscription> {
    return this.parts.registry.changeSubscription(id, (current) => {
      if (revision !== undefined && current.revision !== revision) throw new Refusal('SB-4120');
      return { ...change(current), updated: new Date().toISOString() };
    });
  }

  /** @throws {Refusal} SB-3005 or SB-4220 with every finding. */
  #checked(principal: Principal, asked: Asked): readonly Filter[] {
    const { plainSinks, catalogue } = this.parts;
    this.requireGrants(principal, asked.types);
    const terms = { plainSinks, speaksNats: this.#speaksNats(principal.ods) };
    const known = typeFindings(asked.types, catalogue);
    const findings = [...known, ...checkFilters(asked.filters), ...channelFindings(asked, terms)];
    if (findings.length > 0) throw new Refusal('SB-4220', 'The subscription cannot be made like this', { findings });
    return asked.filters as readonly Filter[];
  }

  /** @throws {Refusal} SB-3005 with a finding for each type or pattern that no grant to subscribe covers whole. */
  requireGrants(principal: Principal, types: readonly string[]): void {
    const expected = 'a type or pattern that a grant to subscribe covers whole';
    const findings = types.flatMap((type, at) =>
      this.parts.registry.allows(principal, 'subscribe', type) === undefined
        ? [wrong(`/types/${String(at)}`, 'grant', expected)]
        : [],
    );
    if (findings.length > 0)
      throw new Refusal('SB-3005', 'No grant allows to subscribe to every type asked for', { findings });
  }

  #speaksNats(ods: string): boolean {
    return this.parts.registry.applications(ods).some(({ active, natskeys = [] }) => active && natskeys.length > 0);
  }
}

type SinkHeaders = NonNullable<Subscription['sinkheaders']>;

/** The whole wish after a change: another protocol has a config of its own, and a sink only if it sends to one. */
function askedFor(present: Subscription, change: SubscriptionChange): Asked {
  const { types = present.types, filters = present.filters, protocol = present.protocol } = change;
  const switched = protocol !== present.protocol;
  return {
    types,
    filters,
    protocol,
    sink: change.sink ?? (hasSink(protocol) ? present.sink : undefined),
    config: change.config ?? (switched ? {} : present.config),
  };
}

function changedTo(
  current: Subscription,
  asked: Asked & { readonly filters: readonly Filter[] },
  change: SubscriptionChange & { readonly sinkheaders?: SinkHeaders },
  start: Subscription['start'],
): Subscription {
  const { source: _source, sink: _sink, sinkheaders: _headers, ...rest } = current;
  const { types, filters, protocol, sink, config } = asked;
  const source = change.source === undefined ? current.source : (change.source ?? undefined);
  const sinkheaders = change.sinkheaders ?? (protocol === current.protocol ? current.sinkheaders : undefined);
  const sinksecrets = protocol === 'HTTP' && current.sinksecrets.length === 0 ? [newSecret()] : current.sinksecrets;
  const next: Subscription = {
    ...rest,
    types,
    filters,
    protocol,
    config,
    start,
    sinksecrets,
    ...(source !== undefined && { source }),
    ...(sink !== undefined && { sink }),
    ...(sinkheaders !== undefined && { sinkheaders }),
  };
  const moved = protocol !== current.protocol || sink !== current.sink;
  // A paused one is asked when it goes on.
  return moved && current.status !== 'paused' ? begunAnew(next) : next;
}

/** Active, or as far as that is possible before the endpoint has consented. */
function begunAnew(subscription: Subscription): Subscription {
  const { statusReason: _reason, ...rest } = subscription;
  return { ...rest, ...(needsConsent(subscription.protocol) ? PENDING : { status: 'active' as const }) };
}
