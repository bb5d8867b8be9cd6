import { holdsTenDigits } from '../nhs-number.js';
import { Refusal } from '../problems.js';

/** What people do with what stands still; `park` stops what is still tried. */
export const STUCK_ACTS = ['retry', 'park', 'hand-over', 'handled'] as const;

/** A member of {@link STUCK_ACTS}. */
export type StuckAct = (typeof STUCK_ACTS)[number];

/** What somebody says with an act. Shown to people: never a patient's identifier. */
export interface Remark {
  /** Why; needed for what was handled outside. */
  readonly note?: string | undefined;
  /** Who looks after it from now on, or who saw to it: a name or a mailbox; needed for a hand-over. */
  readonly to?: string | undefined;
}

/** Whether a value can be part of a {@link Remark}: text that people read, and no place for a patient's identifier. */
export function isRemark(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && !holdsTenDigits(value);
}

/** What {@link isRemark} expects, in words. */
export const REMARK_FORM =
  'text without ten digits in a row: it is shown to people, and patient identifiers have no place in it';

/** @throws {@link Refusal} SB-4000 where an act needs a remark that is not there: nobody could tell later what was done */
export function refuseUnsaid(act: StuckAct, { note, to }: Remark): void {
  if (act === 'hand-over' && to === undefined) throw unsaid('to', 'the name or mailbox of who looks after it now');
  if (act === 'handled' && note === undefined) throw unsaid('note', 'how it was handled, and by whom');
}

function unsaid(name: keyof Remark, expected: string): Refusal {
  const finding = { path: `/${name}`, rule: 'required', expected, fix: 'Send it.', doc: '/openapi.json' };
  return new Refusal('SB-4000', undefined, { findings: [finding] });
}
