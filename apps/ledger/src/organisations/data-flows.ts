import { type EventType, isOperations, typeMatches } from '@signalbox/contracts';
import type { Grant, Organisation, Registry, Subscription } from '@signalbox/registry';

/** The part of the registry that says where data goes. */
export type FlowRegistry = Pick<Registry, 'organisations' | 'applications' | 'grants' | 'subscriptions' | 'allows'>;

/** One type that goes from one organisation to another, by a grant to publish it, a grant to receive it and a subscription. */
export interface DataFlow {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly title: string;
  readonly classification: string;
  /** As the receiver's grant has it; of several grants, of each. */
  readonly purposes: readonly string[];
  readonly bases: readonly string[];
  /** `active`, or why nothing is delivered for the moment. */
  readonly status: 'active' | 'paused' | 'pending';
  /** How it is delivered: words such as `HTTP` and `PULL`. */
  readonly ways: readonly string[];
  /** RFC 3339: the earliest end of the grants that it stands on. */
  readonly until?: string;
  /** The grants and subscriptions that it stands on. */
  readonly by: {
    readonly publish: Grant;
    readonly receive: readonly Grant[];
    readonly subscriptions: readonly string[];
  };
  /** RFC 3339: the earliest that its subscriptions were made. */
  readonly asked: string;
}

/** Which flows somebody may see and asks for. */
export interface FlowQuery {
  /** Flows from or to it; without it, all. */
  readonly side?: string;
  readonly from?: string;
  readonly to?: string;
  readonly type?: string;
  /** Flows behind this one, in the order of from, to and type. */
  readonly after?: FlowKey;
}

export type FlowKey = readonly [from: string, to: string, type: string];

interface Receiver {
  readonly ods: string;
  readonly subscriptions: readonly Subscription[];
}

/**
 * Every flow that grants and subscriptions of this moment make, in order, one by one: an exchange of many organisations has
 * more of them than one answer holds.
 */
export function* dataFlows(
  registry: FlowRegistry,
  types: readonly EventType[],
  { side, from, to, type, after }: FlowQuery,
): Generator<DataFlow> {
  const [begins, ends] = [after?.[0] ?? '', after?.[1] ?? ''];
  const offered = types
    .filter((one) => !isOperations(one.type) && one.status !== 'retired' && (type === undefined || one.type === type))
    .toSorted((a, b) => (a.type < b.type ? -1 : 1));
  const receivers = receiversOf(registry, to);
  for (const { ods } of activeOrganisations(registry)) {
    if (ods < begins || (from !== undefined && ods !== from)) continue;
    const published = publishedBy(registry, ods, offered);
    if (published.length === 0) continue;
    for (const receiver of receivers) {
      if (receiver.ods === ods || (side !== undefined && side !== ods && side !== receiver.ods)) continue;
      if (ods === begins && receiver.ods < ends) continue;
      for (const [kind, publish] of published) {
        if (after !== undefined && ods === begins && receiver.ods === ends && kind.type <= after[2]) continue;
        const flow = flowOf(registry, ods, receiver, kind, publish);
        if (flow !== undefined) yield flow;
      }
    }
  }
}

function activeOrganisations(registry: FlowRegistry): Organisation[] {
  return registry
    .organisations()
    .filter(({ active }) => active)
    .toSorted((a, b) => (a.ods < b.ods ? -1 : 1));
}

/** Who asks to receive anything, and by what. What is switched off receives nothing. */
function receiversOf(registry: FlowRegistry, to: string | undefined): Receiver[] {
  const asking = registry.subscriptions().filter(({ status }) => status !== 'disabled');
  const byOrganisation = Map.groupBy(asking, ({ ods }) => ods);
  return activeOrganisations(registry).flatMap(({ ods }) => {
    const subscriptions = byOrganisation.get(ods) ?? [];
    return subscriptions.length === 0 || (to !== undefined && ods !== to) ? [] : [{ ods, subscriptions }];
  });
}

/** The types that an organisation may publish now, by any of its applications, with the grant. */
function publishedBy(registry: FlowRegistry, ods: string, types: readonly EventType[]): [EventType, Grant][] {
  const applications = registry.applications(ods).filter(({ active }) => active);
  return types.flatMap((type) => {
    for (const { id } of applications) {
      const grant = registry.allows({ ods, application: id }, 'publish', type.type);
      if (grant !== undefined) return [[type, grant]];
    }
    return [];
  });
}

function flowOf(
  registry: FlowRegistry,
  from: string,
  receiver: Receiver,
  kind: EventType,
  publish: Grant,
): DataFlow | undefined {
  const by = receiver.subscriptions.flatMap((subscription) => {
    if (!asksFor(subscription, kind.type, from)) return [];
    const grant = registry.allows(subscription, 'subscribe', kind.type);
    return grant === undefined ? [] : [{ subscription, grant }];
  });
  if (by.length === 0) return undefined;
  const grants = [...new Map(by.map(({ grant }) => [grant.id, grant])).values()];
  const subscriptions = by.map(({ subscription }) => subscription);
  const until = [publish, ...grants].flatMap(({ expires }) => expires ?? []).toSorted(earlier)[0];
  return {
    from,
    to: receiver.ods,
    type: kind.type,
    title: kind.title,
    classification: kind.classification,
    purposes: unique(grants.map(({ purpose }) => purpose)),
    bases: unique([publish, ...grants].flatMap(({ basis }) => basis ?? [])),
    status: statusOf(subscriptions),
    ways: unique(subscriptions.map(({ protocol }) => protocol)),
    ...(until !== undefined && { until }),
    by: { publish, receive: grants, subscriptions: subscriptions.map(({ id }) => id) },
    asked: subscriptions.map(({ created }) => created).toSorted(earlier)[0]!,
  };
}

/** A source that names another organisation never brings anything from this one. */
function asksFor({ types, source }: Subscription, type: string, from: string): boolean {
  const named = source === undefined ? undefined : /^urn:ods:([^:]+)/i.exec(source)?.[1]?.toUpperCase();
  return (named === undefined || named === from) && types.some((pattern) => typeMatches(pattern, type));
}

function statusOf(subscriptions: readonly Subscription[]): DataFlow['status'] {
  const all = new Set(subscriptions.map(({ status }) => status));
  return all.has('active') ? 'active' : all.has('paused') ? 'paused' : 'pending';
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)].toSorted();
const earlier = (one: string, other: string): number => Date.parse(one) - Date.parse(other);

/** Patterns that have a type in common with one of some other patterns. */
export function overlapping(
  patterns: readonly string[],
  others: readonly string[],
  types: readonly string[],
): string[] {
  const own = types.filter((type) => others.some((other) => typeMatches(other, type)));
  return patterns.filter((pattern) => own.some((type) => typeMatches(pattern, type)));
}
