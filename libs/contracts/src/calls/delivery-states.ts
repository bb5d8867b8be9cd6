/** The closed list of what a delivery can be, in the order in which it goes through them. */
export const DELIVERY_STATES = [
  'waiting',
  'delivering',
  'delivered',
  'acknowledged',
  'filtered',
  'suppressed',
  'paused',
  'parked',
  'expired',
  'handled-outside',
] as const;

/** A member of {@link DELIVERY_STATES}. */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** How many deliveries are in each state of the closed list; all of them are named. */
export type StateSums = Readonly<Record<DeliveryState, number>>;
