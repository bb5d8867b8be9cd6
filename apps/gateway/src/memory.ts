import { eventDigest, eventIdentity } from '@signalbox/contracts';
import type { Engine } from '@signalbox/messaging';
import { type Log, type Metrics, RedisLink } from '@signalbox/runtime';
import { DigestStore, type KnownDigest } from './idempotency/digest-store.js';
import { VersionStore } from './idempotency/version-store.js';
import { RateLimit } from './idempotency/rate-limit.js';
import { DigestRecovery, type RecordedEvents } from './idempotency/recovery.js';
import { ReplayStore } from './idempotency/replay-store.js';
import type { GatewaySettings } from './settings.js';

/** What the gateway keeps in Redis: all of it may be lost and is made again or expires. */
export interface Memory {
  readonly link: RedisLink;
  readonly digests: DigestStore;
  readonly versions: VersionStore;
  readonly recovery: DigestRecovery;
  readonly replays: ReplayStore;
  readonly rate: RateLimit;
}

const PROBE_MS = 500;

/** Connects to Redis; one that is away is tried again in the background. */
export async function openMemory(
  settings: GatewaySettings,
  engine: Engine,
  metrics: Metrics,
  log: Log,
): Promise<Memory> {
  const link = new RedisLink({
    url: settings.redisUrl,
    timeoutMs: settings.redisTimeoutMs,
    probeMs: PROBE_MS,
    onError: (error) => log.debug({ err: error }, 'Redis cannot be reached'),
  });
  await link.open();
  const digests = new DigestStore(link, settings.digestBuckets);
  const recovery = new DigestRecovery({
    link,
    store: digests,
    recorded: recordedIn(engine),
    instance: settings.instance,
    bucketCount: settings.digestBuckets,
    intervalMs: settings.digestCheckMs,
    retentionDays: settings.retentionDays,
    log,
  });
  metrics.gauge('signalbox_redis_up', 'Whether Redis answers (1) or not (0)', [], (gauge) =>
    gauge.set(link.up ? 1 : 0),
  );
  metrics.gauge('signalbox_digests_complete', 'Whether Redis knows every accepted event (1) or not (0)', [], (gauge) =>
    gauge.set(recovery.complete ? 1 : 0),
  );
  const rate = new RateLimit(link, { perSecond: settings.ratePerSecond, windowSeconds: settings.rateWindowSeconds });
  return {
    link,
    digests,
    versions: new VersionStore(link, settings.versionsKeptMs),
    recovery,
    replays: new ReplayStore(link),
    rate,
  };
}

function recordedIn({ events, families }: Engine): RecordedEvents {
  return {
    families,
    lastSequence: (family) => events.lastSequence(family),
    page: async (family, after, limit) => {
      const { events: stored, lastSequence } = await events.read({ family, types: ['*'], after, limit });
      const digests = stored.map(({ event, time }): KnownDigest => ({
        identity: eventIdentity(event),
        digest: eventDigest(event),
        acceptedAt: time,
      }));
      return { digests, upTo: lastSequence };
    },
  };
}
