import type { Catalogue } from '@signalbox/contracts';
import type { Engine } from '@signalbox/messaging';
import { Announcing, type Registry } from '@signalbox/registry';
import type { Log, Metrics } from '@signalbox/runtime';
import type { LedgerSettings } from '../settings.js';
import type { Database } from '../store/database.js';
import { Alerts } from './alerts/alerts.js';
import { Outages } from './outages/outages.js';
import { isExpected } from './rhythm/expected.js';
import { HOUR_MS, hoursIn } from './rhythm/rhythm.js';
import { Silences } from './rhythm/silences.js';

/** What watching stands on. */
export interface WatchingParts {
  readonly database: Database;
  readonly engine: Engine;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Milliseconds that the gateway may take to say whether it takes events. */
const ASKED_MS = 2_000;

/** Those who notice that something has stopped, and those who tell of it. */
export function watchingOf(
  settings: LedgerSettings,
  { database, engine, registry, catalogue, log, metrics }: WatchingParts,
) {
  const announcing = new Announcing({ events: engine.events, catalogue });
  const console = consoleUrl(settings);
  const outages = new Outages({
    ...{ registry, catalogue, announcing, log },
    trustedMs: settings.outageTrustedHours * HOUR_MS,
    pageOf: ({ id }) => `${console}/outages/${id}`,
  });
  const silences = new Silences({
    ...{ database, engine, metrics, log },
    hourOf: hoursIn(settings.timeZone),
    terms: {
      factor: settings.silenceFactor,
      leastMs: settings.silenceLeastMs,
      quantile: settings.rhythmQuantile,
      gaps: settings.rhythmGaps,
      spanMs: settings.rhythmSpanMs,
      hours: settings.rhythmHours,
    },
    halfLifeMs: settings.rhythmHalfLifeDays * 86_400_000,
    batch: settings.rhythmBatch,
    excusedUntil: (publisher, type, now) => outages.excusedUntil(publisher, type, now),
    isExpected: (publisher, type) => isExpected({ registry, catalogue }, publisher, type),
    wasOut: (publisher, type, fromMs, toMs) => outages.wasOut(publisher, type, fromMs, toMs),
    takesEvents: () => takesEvents(settings),
    limit: settings.alertLimit,
  });
  const alerts = new Alerts({
    ...{ database, announcing, log, metrics, console },
    times: { quietMs: settings.alertQuietMs, remindMs: settings.alertRemindMs },
    keepDays: settings.alertKeepDays,
  });
  return { announcing, outages, silences, alerts };
}

/** Where browsers reach the console, without a slash at its end. */
export function consoleUrl({ publicUrl, host, port }: Pick<LedgerSettings, 'publicUrl' | 'host' | 'port'>): string {
  return publicUrl === undefined ? `http://${host}:${String(port)}` : publicUrl.href.replace(/\/+$/, '');
}

/** Whether anybody can hand in an event at all: while the exchange itself is shut, nobody is silent. */
async function takesEvents({ silenceAskGateway, gatewayUrl }: LedgerSettings): Promise<boolean> {
  if (!silenceAskGateway) return true;
  try {
    const answer = await fetch(new URL('/health/ready', gatewayUrl), { signal: AbortSignal.timeout(ASKED_MS) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
