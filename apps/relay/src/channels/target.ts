import { type CloudEvent, eventIdentity } from '@signalbox/contracts';
import type { Subscription } from '@signalbox/registry';

import { signatureHeaders } from '../endpoints/signing.js';
import type { Marks, Target } from './channel.js';

/** What of a delivery its target is made of. */
export interface Aim {
  readonly event: CloudEvent;
  readonly subscription: Subscription;
  readonly marks: Marks;
  readonly traceparent: string;
  /** `whsk_…`: this exchange's own key for the asymmetric signature. */
  readonly signingKey: string | undefined;
  /** Where the event lies; absent for a test, which lies nowhere. */
  readonly place?: Target['place'];
}

/** Where a delivery goes, with everything that its channel may need. */
export function targetOf({ event, subscription, marks, traceparent, signingKey, place }: Aim): Target {
  const identity = eventIdentity(event);
  return {
    sink: subscription.sink ?? '',
    identity,
    subscription: subscription.id,
    config: subscription.config,
    headers: Object.fromEntries(subscription.sinkheaders ?? []),
    marks,
    ...(place !== undefined && { place }),
    trace: { traceparent },
    sign: (body, as = identity) => signatureHeaders({ subscription, identity: as, signingKey }, body),
  };
}
