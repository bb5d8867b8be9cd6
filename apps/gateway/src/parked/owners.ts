import type { Organisation } from '@signalbox/registry';

/** Whose move it is: the receiver's in most cases, for it is its endpoint that would not take the event. */
export type Side = 'receiver' | 'publisher' | 'operator';

/** What the operator of the exchange has to see to: where may be sent to. */
const OPERATORS: ReadonlySet<string> = new Set(['egress-refused', 'channel-unknown']);
/** What the publisher has to see to: what it sent cannot be told to this receiver any more. */
const PUBLISHERS: ReadonlySet<string> = new Set(['receiver-ended', 'no-grant']);

/** Who owns a parked delivery, by its cause. */
export interface Owner {
  readonly side: Side;
  readonly ods: string;
  readonly name?: string;
  /** How people reach it. */
  readonly contact?: string;
}

/** The side that a cause lies with. */
export function sideOf(reason: string | undefined): Side {
  if (reason === undefined) return 'receiver';
  if (OPERATORS.has(reason)) return 'operator';
  return PUBLISHERS.has(reason) ? 'publisher' : 'receiver';
}

/** @param organisation how the registry knows an ODS code */
export function ownerOf(
  reason: string | undefined,
  parties: { readonly receiver: string; readonly publisher: string; readonly operator: string },
  organisation: (ods: string) => Organisation | undefined,
): Owner {
  const side = sideOf(reason);
  const ods = parties[side];
  const known = organisation(ods);
  return {
    side,
    ods,
    ...(known !== undefined && { name: known.name }),
    ...(known?.contact !== undefined && { contact: known.contact }),
  };
}
