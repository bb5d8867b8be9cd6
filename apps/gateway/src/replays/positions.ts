import { Refusal } from '@signalbox/contracts';

/**
 * Positions in families that the subscription does not ask for would be passed over in silence.
 * @throws {Refusal} SB-4220
 */
export function requireCovered(covered: readonly string[], place: object, path: string): void {
  const { positions } = place as { readonly positions?: Readonly<Record<string, number>> };
  if (positions === undefined || Object.keys(positions).every((family) => covered.includes(family))) return;
  const expected = `families that the subscription asks for: ${covered.join(', ')}`;
  const finding = { path, rule: 'family', expected, fix: 'Name only these.', doc: '/openapi.json' };
  throw new Refusal('SB-4220', 'A position is in a family that the subscription does not ask for', {
    findings: [finding],
  });
}
