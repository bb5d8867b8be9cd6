/** Why somebody may look at the values of an event: the closed list, in the order in which it is offered. */
export const REASONS = {
  'patient-safety': 'Patient safety: somebody may come to harm unless it is looked at now',
  'delivery-fault': 'A delivery fails, and its cause cannot be found without the content',
  'content-fault': 'The content seems to be wrong or about another patient',
  incident: 'An incident is being investigated',
  'data-subject': 'A patient has asked for what is held or was sent about them',
  'legal-duty': 'A court, a regulator or another legal duty asks for it',
} as const satisfies Record<string, string>;

/** One of {@link REASONS}. */
export type DisclosureReason = keyof typeof REASONS;

export function isDisclosureReason(value: unknown): value is DisclosureReason {
  return typeof value === 'string' && Object.hasOwn(REASONS, value);
}
