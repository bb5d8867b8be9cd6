import { type Catalogue, isOperations, typeMatches } from '@signalbox/contracts';
import type { Outage, Subscription } from './model.js';
import type { Announcing } from './operations.js';
import type { Registry } from './registry.js';

/** Whether an outage has begun and is not over. @param at milliseconds since 1970 */
export function isUnderway({ began, ended }: Pick<Outage, 'began' | 'ended'>, at = Date.now()): boolean {
  return Date.parse(began) <= at && (ended === undefined || Date.parse(ended) > at);
}

/** Whether events of a type stay away in an outage. What the exchange tells about itself goes on in any. */
export function outageCovers({ types }: Pick<Outage, 'types'>, type: string): boolean {
  return types.some((pattern) => typeMatches(pattern, type));
}

/**
 * Who is told of an outage: every other organisation with a subscription, paused ones too, for a type that stays away and
 * that it may receive.
 */
export function toldOfOutage(
  outage: Pick<Outage, 'ods' | 'types'>,
  registry: Pick<Registry, 'subscriptions' | 'allows'>,
  catalogue: Pick<Catalogue, 'types'>,
): string[] {
  const types = catalogue.types().map(({ type }) => type);
  const away = types.filter((type) => !isOperations(type) && outageCovers(outage, type));
  const asks = (subscription: Subscription): boolean =>
    subscription.ods !== outage.ods &&
    subscription.status !== 'disabled' &&
    away.some(
      (type) =>
        subscription.types.some((pattern) => typeMatches(pattern, type)) &&
        registry.allows(subscription, 'subscribe', type) !== undefined,
    );
  return [
    ...new Set(
      registry
        .subscriptions()
        .filter(asks)
        .map(({ ods }) => ods),
    ),
  ].toSorted();
}

/** What telling of outages stands on. */
export interface OutageTelling {
  readonly registry: Pick<Registry, 'subscriptions' | 'allows' | 'changeOutage'>;
  readonly catalogue: Pick<Catalogue, 'types'>;
  readonly announcing: Pick<Announcing, 'announce'>;
  /** Address of the page with what was in flight; absent where nobody knows the console. */
  readonly pageOf?: (outage: Outage) => string;
}

/**
 * Tells everybody concerned what has not been told yet of an outage: that it began, that it ended. Done again, it repeats
 * nothing that was told whole.
 *
 * @returns the outage, with how many were told
 * @throws EngineUnavailable, EngineFull: it is to be done again
 */
export async function announceOutage(outage: Outage, telling: OutageTelling): Promise<Outage> {
  let told = outage;
  if (told.told === undefined) told = await tell(told, 'outage-declared', telling);
  if (told.ended !== undefined && told.toldend === undefined) told = await tell(told, 'outage-ended', telling);
  return told;
}

async function tell(
  outage: Outage,
  type: 'outage-declared' | 'outage-ended',
  { registry, catalogue, announcing, pageOf }: OutageTelling,
): Promise<Outage> {
  const { id, ods, types, reason, began, expectedend, note, ended } = outage;
  const isEnd = type === 'outage-ended';
  const page = pageOf?.(outage);
  const data = {
    ...{ outage: id, organisation: ods, types, reason, began },
    ...(isEnd ? { ended } : { ...(expectedend !== undefined && { expectedend }), ...(note !== undefined && { note }) }),
    ...(page !== undefined && { page }),
  };
  const concerned = toldOfOutage(outage, registry, catalogue);
  const time = isEnd ? ended : began;
  for (const targetorg of concerned) {
    await announcing.announce(type, {
      ...{ targetorg, id: [id], thread: ['outage', id], urgency: 'urgent', data },
      ...(time !== undefined && { time }),
    });
  }
  return registry.changeOutage(ods, id, (current) => ({ ...current, [isEnd ? 'toldend' : 'told']: concerned.length }));
}
