/** By when an event must have been delivered, by urgency, as ISO 8601 durations of days, hours, minutes and seconds. */
export interface DeliveryDeadlines {
  readonly routine: string;
  readonly urgent: string;
  readonly 'two-week-wait': string;
  readonly critical: string;
}

/** What holds for a type that names no deadlines of its own. */
export const DEFAULT_DEADLINES: DeliveryDeadlines = {
  routine: 'P7D',
  urgent: 'PT24H',
  'two-week-wait': 'P1D',
  critical: 'PT4H',
};

const DURATION = /^P(?=.)(?:(\d{1,4})D)?(?:T(?=.)(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$/;
const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000] as const;

/** Milliseconds of an ISO 8601 duration without years, months and weeks, whose lengths vary; `undefined` for anything else. */
export function durationMs(text: string): number | undefined {
  const parts: (string | undefined)[] | undefined = DURATION.exec(text)?.slice(1);
  return parts?.reduce((sum, part, at) => sum + Number(part ?? 0) * (UNITS_MS[at] ?? 0), 0);
}

/** Milliseconds from acceptance within which an event of this type and urgency must have been delivered. No urgency = `routine`. */
export function deliveryDeadlineMs(
  type: { readonly deadlines?: { readonly delivery: DeliveryDeadlines } } | undefined,
  urgency: string | undefined,
): number {
  const deadlines = type?.deadlines?.delivery ?? DEFAULT_DEADLINES;
  const named = new Map<string | undefined, string>(Object.entries(deadlines) as [string, string][]).get(urgency);
  return durationMs(named ?? deadlines.routine)!;
}

/** What is wrong with a description's deadlines; `undefined` when nothing is, or when it has none. */
export function deadlinesProblem(deadlines: unknown): string | undefined {
  if (deadlines === undefined) return undefined;
  const { delivery }: { delivery?: unknown } = deadlines ?? {};
  const given: [string, unknown][] = Object.entries(delivery ?? {});
  const names = Object.keys(DEFAULT_DEADLINES);
  const whole = names.every((name) => given.some(([one]) => one === name)) && given.length === names.length;
  if (!whole) return `"deadlines" must hold "delivery" with exactly ${names.join(', ')}`;
  const bad = given.find(([, value]) => typeof value !== 'string' || !((durationMs(value) ?? 0) > 0));
  return bad && `"deadlines" names for ${bad[0]} what is no ISO 8601 duration of days, hours, minutes and seconds`;
}
