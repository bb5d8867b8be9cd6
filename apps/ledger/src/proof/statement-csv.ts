import type { Statement, Sums } from './statement.js';

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
  return [HEADER, ...lines].map((line) => `${line.map((cell) => field(String(cell))).join(',')}\r\n`).join('');
}

function states(side: string, { types }: Sums): (string | number)[][] {
  return types.flatMap(({ type, states: sums }) =>
    Object.entries(sums).flatMap(([state, count]) => (count === 0 ? [] : [[side, state, '', type, count]])),
  );
}

/** Quoted where it has to be; a refused event's type is the sender's word, so it must not begin a formula. */
function field(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
