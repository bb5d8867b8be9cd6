import type { Statement, Sums } from '@signalbox/contracts';
import { csvOf } from '../console/csv.js';

/** The columns of a statement as CSV (RFC 4180): one number a row, so that every spreadsheet can sum it. */
const HEADER = ['date', 'zone', 'organisation', 'asof', 'side', 'measure', 'code', 'type', 'count'] as const;

/** A statement as CSV with a header, in UTF-8 with CRLF. */
export function statementCsv(statement: Statement): string {
  const { date, zone, organisation, asof, published, received } = statement;
  const rows = [
    ...published.types.flatMap(({ type, accepted, refused, repeated }) => [
      ['published', 'accepted', '', type, accepted],
      ['published', 'refused', '', type, refused],
      ['published', 'repeated', '', type, repeated],
    ]),
    ...published.refusals.map(({ code, count }) => ['published', 'refused-by-code', code, '', count]),
    ...states('own-events', published.deliveries),
    ...states('received', received),
  ];
  const lines = rows.map((row) => [date, zone, organisation.ods, asof, ...row]);
  return csvOf([HEADER, ...lines]);
}

function states(side: string, { types }: Sums): (string | number)[][] {
  return types.flatMap(({ type, states: sums }) =>
    Object.entries(sums).flatMap(([state, count]) => (count === 0 ? [] : [[side, state, '', type, count]])),
  );
}
