import type { CloudEvent } from './event.js';
import { journeyOf } from './identity.js';

/** How soon the receiver should look, in the words of `urgency`: from the least urgent to the most. */
export const URGENCIES = ['routine', 'urgent', 'two-week-wait', 'critical'] as const;

export type Urgency = (typeof URGENCIES)[number];

/**
 * Whether an event overtakes what is not urgent, of other keys: all that is more than routine. A two-week wait is urgent
 * too: the patient may have cancer, and an outage takes days of it.
 */
export function isUrgent({ attributes: { urgency } }: CloudEvent): boolean {
  return urgency !== 'routine' && URGENCIES.some((known) => known === urgency);
}

/** What orders an event within a subscription: its `partitionkey`, which the gateway sets, else its journey. */
export function orderingKey(event: CloudEvent): string {
  const { partitionkey } = event.attributes;
  return partitionkey === undefined || partitionkey === '' ? journeyOf(event) : String(partitionkey);
}
