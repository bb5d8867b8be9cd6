/** Why events of an organisation stay away. */
export const OUTAGE_REASONS = [
  'planned-maintenance',
  'system-failure',
  'network-failure',
  'supplier-failure',
  'security-incident',
  'power-or-building',
  'other',
] as const;

/** A member of {@link OUTAGE_REASONS}. */
export type OutageReason = (typeof OUTAGE_REASONS)[number];

/** That an organisation said its events will stay away for a while. Times are RFC 3339. */
export interface Outage {
  readonly id: string;
  readonly ods: string;
  /** Types or patterns that stay away. */
  readonly types: readonly string[];
  readonly reason: OutageReason;
  readonly began: string;
  readonly expectedend?: string;
  /** What receivers should know; never a patient. */
  readonly note?: string;
  /** `<ODS>:<application>` of who declared it, and of who ended it. */
  readonly by: string;
  readonly ended?: string;
  readonly endedby?: string;
  /** How many organisations were told that it began, and that it ended; absent until all of them were. */
  readonly told?: number;
  readonly toldend?: number;
}
