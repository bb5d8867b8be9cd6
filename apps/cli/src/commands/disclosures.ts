import type { Context } from '../context.js';
import { EXIT_CODES, type ExitCode } from '../exit-codes.js';
import { OPERATOR } from '../keys.js';
import { askLedger } from '../ledger.js';
import { counted } from '../listing.js';

/** What looking through a stretch of the record came to, as the ledger tells it. */
interface Stretch {
  readonly checked: number;
  readonly to?: number;
  /** Hash of the last entry. */
  readonly head?: string;
  readonly holds: boolean;
  /** Number of the first entry that is not as it was written. */
  readonly brokenat?: number;
  readonly next?: number;
}

/** `disclosures verify`: done if the whole record is as it was written, failed if not. */
export async function verify(context: Context): Promise<ExitCode> {
  const { terminal, settings } = context;
  // A token of the environment is somebody's of the operator; without one, its application's key.
  const who = (settings.token ?? '') === '' ? OPERATOR : {};
  let checked = 0;
  let stretch: Stretch;
  let after: number | undefined = 0;
  let last: Pick<Stretch, 'to' | 'head'> = {};
  do {
    const path = `disclosures/chain?after=${String(after)}`;
    stretch = await askLedger(context, who, path, 'whether the record of disclosures is whole');
    checked += stretch.checked;
    last = { ...last, ...(stretch.head !== undefined && { to: stretch.to, head: stretch.head }) };
    after = stretch.next;
  } while (stretch.holds && after !== undefined);
  const { holds, brokenat } = stretch;
  const told = { holds, checked, ...last, ...(brokenat !== undefined && { brokenat }) };
  terminal.result(told, textOf(told));
  if (holds && checked > 0)
    terminal.next(
      'Compare the hash with the one in the newest notice that an organisation has: it shows what was cut off.',
    );
  return holds ? EXIT_CODES.done : EXIT_CODES.failed;
}

type Told = Omit<Stretch, 'next'>;

function textOf({ checked, holds, to, head, brokenat }: Told): string {
  if (!holds)
    return `The record of disclosures is broken at entry ${String(brokenat)}: it is not as it was written, or one before it is missing.`;
  if (checked === 0) return 'The record of disclosures is empty: nobody was shown values.';
  return `The record of disclosures is whole: ${counted(checked, 'entry', 'entries')}, each as it was written, none missing.\nThe last is entry ${String(to)}, hash ${head ?? ''}.`;
}
