import { type CloudEvent, type Filter, matches, typeMatches } from '@signalbox/contracts';

import type { ReasonCode } from './reasons.js';

/** What of a subscription decides whether an event is for it. */
export interface Wish {
  /** ODS code of the receiving organisation. */
  readonly ods: string;
  readonly types: readonly string[];
  readonly source?: string;
  readonly filters: readonly Filter[];
}

/** Whether an event is delivered to a subscription; if not, in which state that delivery ends and why. */
export type Eligibility =
  | { readonly kind: 'deliver' }
  | { readonly kind: 'filtered'; readonly reason: ReasonCode }
  | { readonly kind: 'suppressed'; readonly reason: ReasonCode };

/**
 * Judges at delivery time, after everything may have changed since the event was accepted. Without `targetorg` an
 * event is for every holder of a grant. The grant comes last, so that `suppressed` always means: it would have been sent.
 */
export function eligibility(event: CloudEvent, wish: Wish, granted: (type: string) => boolean): Eligibility {
  const { type, source, targetorg } = event.attributes;
  const named = String(type);
  if (!wish.types.some((pattern) => typeMatches(pattern, named))) return { kind: 'filtered', reason: 'other-type' };
  if (targetorg !== undefined && targetorg !== wish.ods) return { kind: 'filtered', reason: 'other-recipient' };
  if (wish.source !== undefined && wish.source !== source) return { kind: 'filtered', reason: 'other-source' };
  if (!matches(wish.filters, event)) return { kind: 'filtered', reason: 'no-match' };
  return granted(named) ? { kind: 'deliver' } : { kind: 'suppressed', reason: 'no-grant' };
}
