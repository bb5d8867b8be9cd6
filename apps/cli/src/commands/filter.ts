import type { Filter } from '@signalbox/contracts';

import type { FilterTestResult } from '@signalbox/client';

import type { Context, Identity } from '../context.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { jsonArray, positive } from '../input.js';
import { counted } from '../listing.js';
import { table } from '../terminal.js';
import { withPrefix } from '../types.js';

interface FilterOptions extends Identity {
  readonly sql?: string;
  readonly filters?: string;
  readonly eventSource?: string;
  readonly last?: string;
}

/** `filter test <types…>` */
export async function testFilter(context: Context, o: FilterOptions, ...rest: unknown[]): Promise<ExitCode> {
  const types = (rest[0] as readonly string[]).map(withPrefix);
  const filters = [
    ...(o.filters === undefined ? [] : (jsonArray(o.filters, '--filters') as Filter[])),
    ...(o.sql === undefined ? [] : [{ sql: o.sql }]),
  ];
  const client = await context.client(o);
  const told = await client.subscriptions.testFilter({
    types,
    filters,
    ...(o.eventSource !== undefined && { source: o.eventSource }),
    ...(o.last !== undefined && { last: positive(o.last, '--last') }),
  });
  context.terminal.result(told, testedText(told));
  return EXIT_CODES.done;
}

/** How many would be given, then each event with the filter that kept it back. */
export function testedText({ looked, matched, items }: FilterTestResult): string {
  const rows = items.map(({ matches, time, id, type, why }) => [
    matches ? 'given' : 'left out',
    time,
    id,
    type,
    matches ? '' : `${why.detail}${why.filters === undefined ? '' : ` (${why.filters.join(', ')})`}`,
  ]);
  const heading = `Of the last ${counted(looked, 'event')} that you may see, ${matched} would be given.`;
  return rows.length === 0 ? heading : `${heading}\n${table(rows)}`;
}
