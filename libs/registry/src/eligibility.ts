import { type CloudEvent, type Filter, isOperations, matches, typeMatches } from '@signalbox/contracts';

/** What of a subscription decides whether an event is for it. */
export interface Wish {
  /** ODS code of the receiving organisation. */
  readonly ods: string;
  readonly types: readonly string[];
  readonly source?: string;
  readonly filters: readonly Filter[];
}

/** Why an event is not delivered to a subscription, each with its sentence as it stands on a step. */
export const INELIGIBLE = {
  'other-type': 'The subscription does not ask for this type.',
  'other-recipient': 'The event is addressed to another organisation.',
  'other-source': 'The subscription asks for events of another source.',
  'no-match': 'The filters of the subscription do not match the event.',
  'no-grant': 'The organisation held no grant for this type when it was due.',
} as const;

export type IneligibleReason = keyof typeof INELIGIBLE;

/** Whether an event is delivered to a subscription; if not, in which state that delivery ends and why. */
export type Eligibility =
  { readonly kind: 'deliver' } | { readonly kind: 'filtered' | 'suppressed'; readonly reason: IneligibleReason };

/**
 * Judges at delivery time, by whichever way it is delivered, after everything may have changed since the event was
 * accepted. Without `targetorg` an event is for every holder of a grant. The grant comes last, so that `suppressed`
 * always means: it would have been sent.
 */
export function eligibility(event: CloudEvent, wish: Wish, granted: (type: string) => boolean): Eligibility {
  const { type, source, targetorg } = event.attributes;
  const named = String(type);
  if (!wish.types.some((pattern) => typeMatches(pattern, named))) return { kind: 'filtered', reason: 'other-type' };
  // What the exchange tells an organisation about its own side is nobody else's, even if it names nobody.
  const addressed = targetorg !== undefined || isOperations(named);
  if (addressed && targetorg !== wish.ods) return { kind: 'filtered', reason: 'other-recipient' };
  if (wish.source !== undefined && wish.source !== source) return { kind: 'filtered', reason: 'other-source' };
  if (!matches(wish.filters, event)) return { kind: 'filtered', reason: 'no-match' };
  return granted(named) ? { kind: 'deliver' } : { kind: 'suppressed', reason: 'no-grant' };
}
