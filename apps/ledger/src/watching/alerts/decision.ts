import type { AlertAbout, AlertKind } from './kinds.js';

/** A condition as it was noticed in one round. */
export interface Noticed {
  readonly kind: AlertKind;
  /** What of that kind it is: organisations, types, subscriptions, clocks. */
  readonly key: string;
  /** ODS code of whose move it is. */
  readonly org: string;
  readonly about: AlertAbout;
  /** One or two sentences. */
  readonly detail: string;
}

/** An alert as it is on record. Times are RFC 3339 in UTC. */
export interface Alert extends Noticed {
  readonly id: string;
  readonly severity: string;
  readonly explicit: boolean;
  readonly raised: string;
  readonly cleared?: string;
  readonly resolved?: string;
  readonly reminders: number;
  readonly reminded: string;
  readonly toldraised: number;
  readonly toldresolved: boolean;
}

/** What becomes of the alerts that are open. */
export type Change =
  | { readonly change: 'raise'; readonly noticed: Noticed }
  /** It goes on; what is said of it may have changed. */
  | { readonly change: 'keep'; readonly alert: Alert; readonly noticed: Noticed }
  /** It is over, and may come back for a while. */
  | { readonly change: 'clear'; readonly alert: Alert }
  | { readonly change: 'resolve'; readonly alert: Alert }
  | { readonly change: 'remind'; readonly alert: Alert };

/** Milliseconds for which a condition must be over, and after which an alert is said again. */
export interface AlertTimes {
  readonly quietMs: number;
  readonly remindMs: number;
}

/**
 * What one round of looking changes. A condition that comes and goes is one alert until it has stayed away for a while. A
 * kind that could not be judged in this round is left as it is: not to know is not to be well.
 *
 * @param judged the kinds that could be looked at
 * @param now milliseconds since 1970
 */
export function changesOf(
  open: readonly Alert[],
  noticed: readonly Noticed[],
  judged: ReadonlySet<AlertKind>,
  now: number,
  times: AlertTimes,
): Change[] {
  const known = new Map(open.map((alert) => [nameOf(alert), alert]));
  const seen = new Map(noticed.map((one) => [nameOf(one), one]));
  const raised = [...seen].filter(([name]) => !known.has(name));
  return [
    ...raised.map(([, one]): Change => ({ change: 'raise', noticed: one })),
    ...open.flatMap((alert): Change[] => {
      const still = seen.get(nameOf(alert));
      const due = now - Date.parse(alert.reminded) >= times.remindMs && alert.severity !== 'information';
      const remind: Change[] = due ? [{ change: 'remind', alert }] : [];
      if (alert.explicit) return remind;
      if (still !== undefined)
        return [...(differs(alert, still) ? [{ change: 'keep', alert, noticed: still } as const] : []), ...remind];
      if (!judged.has(alert.kind)) return remind;
      if (alert.cleared === undefined && times.quietMs > 0) return [{ change: 'clear', alert }];
      const quiet = alert.cleared === undefined || now - Date.parse(alert.cleared) >= times.quietMs;
      return quiet ? [{ change: 'resolve', alert }] : [];
    }),
  ];
}

const nameOf = ({ kind, key }: Pick<Noticed, 'kind' | 'key'>): string => `${kind} ${key}`;

function differs(alert: Alert, noticed: Noticed): boolean {
  return (
    alert.cleared !== undefined ||
    alert.detail !== noticed.detail ||
    Object.entries(noticed.about).some(([name, value]) => alert.about[name as keyof AlertAbout] !== value)
  );
}
