import type { RelaySettings } from '../settings.js';
import type { GovernorPolicy } from './governor.js';

/** What a probe takes beyond its own time limit: waiting for a slot, and the records after it. */
const PROBE_MARGIN_MS = 5_000;

/** How endpoints are governed, as the operator set it. @param limit - attempts at once at most, by setting or by channel */
export function governorPolicy(settings: RelaySettings, limit: number): GovernorPolicy {
  const [second = 0, third = 0] = settings.endpointStagesMs.map(Number);
  return {
    limit,
    openAfter: settings.endpointOpenAfter,
    firstPauseMs: settings.endpointPauseMs,
    longestPauseMs: settings.endpointPauseMaxMs,
    probeWithinMs: settings.webhookTimeoutMs + PROBE_MARGIN_MS,
    maxRetryAfterMs: settings.retryAfterMaxMs,
    streak: settings.endpointWarnAfter,
    lookBack: settings.endpointLookBack,
    lagAfterMs: settings.endpointLagAfterMs,
    stagesMs: [second, third],
  };
}
