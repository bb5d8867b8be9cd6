const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const IMF_FIXDATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;

/**
 * Reads `Retry-After` (RFC 9110 section 10.2.3): seconds, or an HTTP date.
 * @param now - milliseconds since the epoch
 * @returns milliseconds to wait, 0 for a date in the past, `undefined` for a missing or illegal value.
 */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  // Date.parse alone would take many strings that are not HTTP dates, and read some of them as local time.
  const parts = IMF_FIXDATE.exec(text);
  const month = MONTHS.indexOf(parts?.[2] ?? '');
  if (parts === null || month < 0) return undefined;
  const [day, year, hour, minute, second] = [parts[1], parts[3], parts[4], parts[5], parts[6]].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return Math.max(0, Date.UTC(year, month, day, hour, minute, second) - now);
}
