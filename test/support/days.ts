const LONDON = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London' });

/** The days of statements that a test has touched, one or two: a run may begin before midnight and end after it. */
export function daysSince(began: Date): string[] {
  return [...new Set([began, new Date()].map((at) => LONDON.format(at)))];
}
