import { randomUUID } from 'node:crypto';
import { checkFilters, newSecret, Refusal, type Filter, type Finding } from '@signalbox/contracts';
import type { EventLog } from '@signalbox/messaging';
import type { Principal, Registry, Subscription } from '@signalbox/registry';
import type { CursorStore } from './cursor-store.js';
import { coversFamily, startingAt } from './starting.js';
import type { NewSubscription, SubscriptionChange } from './subscription.dto.js';

export interface DeskParts {
  readonly families: readonly string[];
  readonly events: EventLog;
  readonly cursors: CursorStore;
  readonly registry: Registry;
  /** Whether a sink may be plain http: on a developer's machine only. */
  readonly plainSinks: boolean;
}

/** Until the relay has asked the endpoint whether it wants to be written to (CloudEvents webhook handshake). */
export const PENDING = { status: 'pending', statusReason: 'handshake-pending' } as const;

/** Where organisations make, change and end their subscriptions. What is another organisation's is not found. */
export class SubscriptionDesk {
  constructor(private readonly parts: DeskParts) {}

  async create(principal: Principal, wish: NewSubscription): Promise<Subscription> {
    const { families, events, registry } = this.parts;
    const filters = this.#checked(principal, wish, wish.protocol);
    const covered = families.filter((family) => coversFamily(wish.types, family));
    const from = wish.start === undefined || wish.start === 'now' ? 'now' : new Date(wish.start);
    const now = new Date().toISOString();
    return registry.create('subscription', {
      id: randomUUID(),
      ods: principal.ods,
      application: principal.application,
      types: wish.types,
      ...(typeof wish.source === 'string' && { source: wish.source }),
      filters,
      protocol: wish.protocol,
      ...(typeof wish.sink === 'string' && { sink: wish.sink }),
      sinksecrets: wish.protocol === 'HTTP' ? [newSecret()] : [],
      config: wish.config ?? {},
      ...(wish.protocol === 'HTTP' ? PENDING : { status: 'active' as const }),
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

  async change(principal: Principal, id: string, change: SubscriptionChange, revision?: number): Promise<Subscription> {
    const present = this.get(principal, id);
    const types = change.types ?? present.types;
    const wish = { types, filters: change.filters ?? present.filters, sink: change.sink ?? present.sink };
    const filters = this.#checked(principal, wish, present.protocol);
    const added = this.parts.families.filter((family) => coversFamily(types, family) && !(family in present.start));
    const start = await startingAt(this.parts.events, added, 'now');
    return this.#write(id, revision, (current) => {
      const { source: _source, ...rest } = current;
      const source = change.source === undefined ? current.source : (change.source ?? undefined);
      return {
        ...rest,
        ...(change.types && { types: change.types }),
        ...(change.filters && { filters }),
        ...(typeof source === 'string' && { source }),
        ...(change.config && { config: change.config }),
        ...(typeof change.sink === 'string' && { sink: change.sink }),
        // A paused one is asked when it goes on.
        ...(isMoved(current, change.sink) && PENDING),
        start: { ...start, ...current.start },
      };
    });
  }

  pause(principal: Principal, id: string, revision?: number): Promise<Subscription> {
    this.get(principal, id);
    return this.#write(id, revision, (current) => ({
      ...current,
      status: 'paused',
      statusReason: 'paused-by-receiver',
    }));
  }

  /** Goes on where it was left. An endpoint is asked again first: it may have been paused before it consented. */
  resume(principal: Principal, id: string, revision?: number): Promise<Subscription> {
    this.get(principal, id);
    return this.#write(id, revision, (current) => {
      const { statusReason: _reason, ...rest } = current;
      if (current.status === 'active') return current;
      return { ...rest, ...(current.protocol === 'HTTP' ? PENDING : { status: 'active' as const }) };
    });
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
  #checked(
    principal: Principal,
    wish: { types: readonly string[]; filters?: readonly unknown[]; sink?: string | undefined },
    protocol: Subscription['protocol'],
  ): readonly Filter[] {
    const { registry, plainSinks } = this.parts;
    const ungranted = wish.types
      .map((type, at) => ({ type, at }))
      .filter(({ type }) => registry.allows(principal, 'subscribe', type) === undefined)
      .map(({ at }) =>
        finding(`/types/${String(at)}`, 'grant', 'a type or pattern that a grant to subscribe covers whole'),
      );
    if (ungranted.length > 0) {
      throw new Refusal('SB-3005', 'No grant allows to subscribe to every type asked for', { findings: ungranted });
    }
    const filters = wish.filters ?? [];
    const findings = [...checkFilters(filters), ...sinkFindings(protocol, wish.sink, plainSinks)];
    if (findings.length > 0) throw new Refusal('SB-4220', 'The subscription cannot be made like this', { findings });
    return filters as readonly Filter[];
  }
}

function isMoved({ sink, status }: Subscription, to: string | undefined): boolean {
  return typeof to === 'string' && to !== sink && status !== 'paused';
}

function sinkFindings(protocol: Subscription['protocol'], sink: string | undefined, plainSinks: boolean): Finding[] {
  if (protocol === 'PULL')
    return sink === undefined ? [] : [finding('/sink', 'sink', 'no sink: a PULL subscription is fetched')];
  const url = sink !== undefined && URL.canParse(sink) ? new URL(sink) : undefined;
  const schemes = plainSinks ? ['https:', 'http:'] : ['https:'];
  const good = url && schemes.includes(url.protocol) && url.username === '' && url.password === '' && url.hash === '';
  return good ? [] : [finding('/sink', 'sink', 'an absolute https URL without user information and fragment')];
}

function finding(path: string, rule: string, expected: string): Finding {
  return { path, rule, expected, fix: 'Correct this member, then send the request again.', doc: '/openapi.json' };
}
