import type { Context } from './context.js';
import { EXIT_CODES } from './exit-codes.js';
import type { ExitCode } from './exit-codes.js';
import { table } from './terminal.js';

/** A list of results: a line of JSON each, or one table; `None.` for people where there are none. */
export function listed<T extends object>(
  { terminal }: Context,
  items: readonly T[],
  row: (item: T) => readonly string[],
  heading?: readonly string[],
): ExitCode {
  if (terminal.json) for (const item of items) terminal.result(item, '');
  else if (items.length === 0) terminal.note('None.');
  else terminal.resultText(table([...(heading === undefined ? [] : [heading]), ...items.map(row)]));
  return EXIT_CODES.done;
}

/** A number with its word: `1 event`, `2 events`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
}

/** Bytes in the unit that people read. */
export function sized(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]!}`;
}
