import type { FastifyRequest } from 'fastify';

/** A cell of a table for spreadsheets. */
export type Cell = string | number | undefined;

/** Rows as CSV (RFC 4180): UTF-8 with CRLF, the first row is the header. */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map((cell) => field(String(cell ?? ''))).join(',')}\r\n`).join('');
}

/** Quoted where it has to be; much here is what senders wrote, so it must not begin a formula. */
function field(text: string): string {
  const harmless = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export const CSV_TYPE = 'text/csv; charset=utf-8';

/** Whether a request asks for CSV: by its Accept header, or by `?format=csv`, which a link can say. */
export function takesCsv(request: Pick<FastifyRequest, 'headers' | 'query'>): boolean {
  if ((request.query as { format?: unknown }).format === 'csv') return true;
  const { accept = '' } = request.headers;
  return accept.split(',').some((part) => part.trim().toLowerCase().startsWith('text/csv'));
}
