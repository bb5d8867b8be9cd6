import { holdsNhsNumber, holdsTenDigits } from '@signalbox/contracts';
import { isPersonId } from '@signalbox/registry';
import type { Known } from '../console/viewers.js';
import type { EventView } from '../journeys/journey-view.js';

/** Why somebody may not see values: one sentence each. */
export const NO_RIGHT = {
  person: 'Values are shown to people only, never to applications: sign in as yourself',
  role: 'This needs the role information-governance or operator',
  assured: 'This needs a sign-in with more than one factor',
  side: 'Values are shown to the publisher of an event and to those whom it was delivered to',
} as const;

/**
 * What stands between somebody and the values of an event; `undefined` when nothing does but their word why.
 *
 * @param needsFactors whether more than one factor must have proved who it is
 */
export function obstacle(
  known: Known,
  event: Pick<EventView, 'sourceorg' | 'deliveries'>,
  needsFactors: boolean,
): keyof typeof NO_RIGHT | undefined {
  if (!isPersonId(known.application)) return 'person';
  if (!known.roles.has('information-governance') && !known.roles.has('operator')) return 'role';
  if (needsFactors && !known.assured) return 'assured';
  if (known.viewer.all || event.sourceorg === known.ods) return undefined;
  const has = event.deliveries.some(
    ({ org, delivered, acknowledged }) => org === known.ods && (delivered ?? acknowledged) !== undefined,
  );
  return has ? undefined : 'side';
}

const LONGEST_REMARK = 500;
const SHORTEST_REMARK = 5;

/** What is wrong with what somebody wrote; `undefined` when nothing is. People read it, and it is kept. */
export function faultOfRemark(text: string): string | undefined {
  const written = text.trim();
  if (written.length < SHORTEST_REMARK) return 'Say it in a few words';
  if (written.length > LONGEST_REMARK) return `Use no more than ${String(LONGEST_REMARK)} characters`;
  if (holdsTenDigits(written) || holdsNhsNumber(written))
    return 'Leave out NHS numbers and other long numbers: this text is kept and shown to others';
  return undefined;
}
