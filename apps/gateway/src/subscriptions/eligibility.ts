import { matches, typeMatches, type CloudEvent } from '@signalbox/contracts';
import type { Subscription } from '@signalbox/registry';

/** What becomes of one event for one subscription at the moment of delivery. */
export type Eligibility =
  { readonly kind: 'deliver' } | { readonly kind: 'filtered' | 'suppressed'; readonly reason: string };

/** Sentence of each reason, as it stands on a step. */
export const REASONS: Readonly<Record<string, string>> = {
  'other-type': 'The subscription does not ask for this type.',
  'other-recipient': 'The event is addressed to another organisation.',
  'other-source': 'The subscription asks for events of another source.',
  'no-match': 'The filters of the subscription do not match the event.',
  'no-grant': 'The organisation held no grant for this type when it was due.',
};

/** Judges when the event is fetched, not when it was accepted. The grant comes last: `suppressed` means it would have been given. */
export function eligibilityOf(
  event: CloudEvent,
  wish: Pick<Subscription, 'ods' | 'types' | 'source' | 'filters'>,
  granted: (type: string) => boolean,
): Eligibility {
  const { type, source, targetorg } = event.attributes;
  const named = String(type);
  if (!wish.types.some((pattern) => typeMatches(pattern, named))) return { kind: 'filtered', reason: 'other-type' };
  if (targetorg !== undefined && targetorg !== wish.ods) return { kind: 'filtered', reason: 'other-recipient' };
  if (wish.source !== undefined && wish.source !== source) return { kind: 'filtered', reason: 'other-source' };
  if (!matches(wish.filters, event)) return { kind: 'filtered', reason: 'no-match' };
  return granted(named) ? { kind: 'deliver' } : { kind: 'suppressed', reason: 'no-grant' };
}
