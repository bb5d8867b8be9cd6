import { ProcessSettings, Setting } from '@signalbox/runtime';
import { ArrayMaxSize, ArrayMinSize, IsIn, IsInt, IsNumberString, Matches, Max, Min } from 'class-validator';

/** Everything that an operator can set about the relay; the README shows the same table. */
export class RelaySettings extends ProcessSettings {
  @Setting('SIGNALBOX_RELAY_PORT', { default: 8082, description: 'Port of health and metrics' })
  @IsInt()
  @Min(0)
  @Max(65_535)
  readonly port!: number;

  @Setting('SIGNALBOX_NATS_URL', {
    default: 'nats://127.0.0.1:4222',
    description: 'Address of the engine; several are separated by commas',
  })
  readonly natsUrl!: string;

  @Setting('SIGNALBOX_NATS_USER', { default: 'relay', description: 'User of the engine' })
  readonly natsUser!: string;

  @Setting('SIGNALBOX_NATS_PASSWORD', { secret: true, description: 'Password of the engine’s user' })
  readonly natsPassword!: string;

  @Setting('SIGNALBOX_NATS_MONITOR_URL', {
    optional: true,
    description:
      "Monitoring addresses of the engine's servers, with commas; when set, a server that does not fsync is refused at start",
  })
  readonly natsMonitorUrl?: string;

  @Setting('SIGNALBOX_ENGINE_WAIT_MS', {
    default: 60_000,
    description: 'Milliseconds to wait at start for the streams, which the gateway creates',
  })
  @IsInt()
  @Min(0)
  readonly engineWaitMs!: number;

  @Setting('SIGNALBOX_EGRESS_ALLOW', {
    default: [],
    description:
      'Hosts, addresses and CIDRs, separated by commas, that may be private or loopback, plain http and on any port',
  })
  readonly egressAllow!: string[];

  @Setting('SIGNALBOX_EGRESS_IDLE_CONNECTIONS', { default: 8, description: 'Idle connections kept for each endpoint' })
  @IsInt()
  @Min(0)
  @Max(1_024)
  readonly egressIdleConnections!: number;

  @Setting('SIGNALBOX_EGRESS_IDLE_MS', {
    default: 10_000,
    description:
      'Milliseconds after which an idle connection is closed, and after which a slow answer body is given up',
  })
  @IsInt()
  @Min(100)
  readonly egressIdleMs!: number;

  @Setting('SIGNALBOX_WEBHOOK_TIMEOUT_MS', {
    default: 15_000,
    description: 'Milliseconds for one attempt: name, connection, TLS, sending and the answer’s headers',
  })
  @IsInt()
  @Min(10)
  @Max(120_000)
  readonly webhookTimeoutMs!: number;

  @Setting('SIGNALBOX_WEBHOOK_ANSWER_BYTES', {
    default: 16_384,
    description: 'Bytes of an answer’s body that are read (and thrown away) before its connection is closed',
  })
  @IsInt()
  @Min(0)
  readonly webhookAnswerBytes!: number;

  @Setting('SIGNALBOX_WEBHOOK_BODY_MS', {
    default: 1_000,
    description:
      'Milliseconds that the body of an answer which is no success is waited for after its headers, for the excerpt',
  })
  @IsInt()
  @Min(0)
  @Max(30_000)
  readonly webhookBodyMs!: number;

  @Setting('SIGNALBOX_WEBHOOK_ORIGIN', {
    default: 'signalbox.local',
    description: 'DNS name of this exchange, sent as WebHook-Request-Origin',
  })
  @Matches(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/)
  readonly webhookOrigin!: string;

  @Setting('SIGNALBOX_WEBHOOK_SIGNING_KEY', {
    secret: true,
    optional: true,
    description: 'Ed25519 key (`whsk_…`): adds a `v1a` signature that receivers verify without a shared secret',
  })
  @Matches(/^whsk_[A-Za-z0-9+/]{86}==$/)
  readonly webhookSigningKey?: string;

  @Setting('SIGNALBOX_PUBLIC_URL', {
    default: 'http://127.0.0.1:8080',
    description: 'Address under which others reach the gateway; FHIR notifications name it',
  })
  readonly publicUrl!: string;

  @Setting('SIGNALBOX_FHIR_HEARTBEAT_LOOK_MS', {
    default: 1_000,
    description: 'Milliseconds between two looks at which FHIR subscriptions are due a heartbeat',
  })
  @IsInt()
  @Min(50)
  @Max(5_000)
  readonly fhirHeartbeatLookMs!: number;

  @Setting('SIGNALBOX_WEBHOOK_BATCH_WAIT_MS', {
    default: 50,
    description: 'Milliseconds that an event waits for company in a batch, where its receiver set `batch` and no wait',
  })
  @IsInt()
  @Min(0)
  @Max(5_000)
  readonly webhookBatchWaitMs!: number;

  @Setting('SIGNALBOX_WEBHOOK_BATCH_BYTES', {
    default: 2_097_152,
    description: 'Bytes of content after which a batch takes no more events',
  })
  @IsInt()
  @Min(1_024)
  readonly webhookBatchBytes!: number;

  @Setting('SIGNALBOX_WEBHOOK_HANDSHAKE', {
    default: 'required',
    description:
      '`required`: an endpoint must consent to OPTIONS before its subscription is active; `skip`: it need not',
  })
  @IsIn(['required', 'skip'])
  readonly webhookHandshake!: 'required' | 'skip';

  @Setting('SIGNALBOX_WEBHOOK_HANDSHAKE_DELAYS_MS', {
    default: ['2000', '10000', '60000'],
    description: 'Milliseconds before each further time that an endpoint is asked for consent',
  })
  @ArrayMaxSize(20)
  @IsNumberString({ no_symbols: true }, { each: true })
  readonly webhookHandshakeDelaysMs!: string[];

  @Setting('SIGNALBOX_RETRY_DELAYS_MS', {
    default: ['5000', '30000', '120000', '600000', '3600000'],
    description: 'Milliseconds to wait after the first, second, … failed attempt; the last one repeats',
  })
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @IsNumberString({ no_symbols: true }, { each: true })
  readonly retryDelaysMs!: string[];

  @Setting('SIGNALBOX_RETRY_MAX_ATTEMPTS', { default: 50, description: 'Attempts after which a delivery is parked' })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly retryMaxAttempts!: number;

  @Setting('SIGNALBOX_RETRY_MAX_AGE_MS', {
    default: 604_800_000,
    description: 'Milliseconds since the first attempt after which a delivery is parked',
  })
  @IsInt()
  @Min(1)
  readonly retryMaxAgeMs!: number;

  @Setting('SIGNALBOX_RETRY_JITTER', { default: 0.2, description: 'Share of a wait that is random, 0 to 1' })
  @Min(0)
  @Max(1)
  readonly retryJitter!: number;

  @Setting('SIGNALBOX_RETRY_AFTER_MAX_MS', {
    default: 3_600_000,
    description: 'Longest wait in milliseconds that an endpoint can ask for with Retry-After',
  })
  @IsInt()
  @Min(0)
  readonly retryAfterMaxMs!: number;

  @Setting('SIGNALBOX_ENDPOINT_OPEN_AFTER', {
    default: 5,
    description:
      'Failures in a row after which an endpoint is left alone; one event that fails again and again counts once',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly endpointOpenAfter!: number;

  @Setting('SIGNALBOX_ENDPOINT_PAUSE_MS', {
    default: 5_000,
    description:
      'Milliseconds that an endpoint is left alone at first; then a probe goes ahead, and each further pause is twice as long',
  })
  @IsInt()
  @Min(10)
  readonly endpointPauseMs!: number;

  @Setting('SIGNALBOX_ENDPOINT_PAUSE_MAX_MS', {
    default: 60_000,
    description: 'Longest pause in milliseconds: how long an endpoint that came back may wait for its events',
  })
  @IsInt()
  @Min(10)
  readonly endpointPauseMaxMs!: number;

  @Setting('SIGNALBOX_ENDPOINT_WARN_AFTER', {
    default: 3,
    description: 'Bad answers in a row that make a condition, and good ones that end it',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly endpointWarnAfter!: number;

  @Setting('SIGNALBOX_ENDPOINT_LOOK_BACK', {
    default: 20,
    description: 'Answers looked back at: half of them bad make a condition too',
  })
  @IsInt()
  @Min(2)
  @Max(1_000)
  readonly endpointLookBack!: number;

  @Setting('SIGNALBOX_ENDPOINT_LAG_AFTER_MS', {
    default: 300_000,
    description: 'Age in milliseconds of the oldest waiting event from which an endpoint lags',
  })
  @IsInt()
  @Min(1_000)
  readonly endpointLagAfterMs!: number;

  @Setting('SIGNALBOX_ENDPOINT_STAGES_MS', {
    default: ['600000', '7200000'],
    description: 'Milliseconds after which a condition is at stage 2, and at stage 3, where a person should look at it',
  })
  @ArrayMinSize(2)
  @ArrayMaxSize(2)
  @IsNumberString({ no_symbols: true }, { each: true })
  readonly endpointStagesMs!: string[];

  @Setting('SIGNALBOX_ENDPOINT_HEALTH_EVERY_MS', {
    default: 15_000,
    description: 'Milliseconds between two records of how an endpoint fares when only its numbers changed',
  })
  @IsInt()
  @Min(100)
  readonly endpointHealthEveryMs!: number;

  @Setting('SIGNALBOX_TEST_CONCURRENCY', {
    default: 8,
    description: 'Tests that receivers asked for under way at once; they take no slot of a delivery',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly testConcurrency!: number;

  @Setting('SIGNALBOX_DELIVERY_CONCURRENCY', {
    default: 32,
    description: 'Attempts at once for one subscription, each of another ordering key',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly deliveryConcurrency!: number;

  @Setting('SIGNALBOX_DELIVERY_TOTAL_CONCURRENCY', { default: 256, description: 'Attempts at once in all' })
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly deliveryTotalConcurrency!: number;

  @Setting('SIGNALBOX_DELIVERY_MAX_UNSETTLED', {
    default: 256,
    description:
      'Events of one subscription and family that may be in hand, neither settled nor set aside; the rest waits in the engine',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly deliveryMaxUnsettled!: number;

  @Setting('SIGNALBOX_DELIVERY_HELD_PER_KEY', {
    default: 16,
    description: 'Events of one ordering key that are kept in memory behind the one under way; more are set aside',
  })
  @IsInt()
  @Min(0)
  @Max(10_000)
  readonly deliveryHeldPerKey!: number;

  @Setting('SIGNALBOX_DELIVERY_MAX_WAITING', {
    default: 20_000,
    description: 'Deliveries of one subscription that are set aside at most; beyond it events stand in the engine',
  })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  readonly deliveryMaxWaiting!: number;

  @Setting('SIGNALBOX_DELIVERY_MERGE_MS', {
    default: 10,
    description:
      'Milliseconds that an event of a subscription to several families waits for an earlier one of another family that is on its way',
  })
  @IsInt()
  @Min(0)
  @Max(10_000)
  readonly deliveryMergeMs!: number;

  @Setting('SIGNALBOX_LOOKAHEAD_MS', {
    default: 500,
    description: 'Milliseconds between two looks for urgent events in the backlog of a subscription that is behind',
  })
  @IsInt()
  @Min(10)
  @Max(60_000)
  readonly lookaheadMs!: number;

  @Setting('SIGNALBOX_LOOKAHEAD_KEYS', {
    default: 20_000,
    description: 'Ordering keys of a backlog that are remembered for it: how far ahead it is looked',
  })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  readonly lookaheadKeys!: number;

  @Setting('SIGNALBOX_RELAY_BEAT_MS', {
    default: 1_000,
    description:
      'Milliseconds between two signs of life; after four without one of another relay its subscriptions are taken over',
  })
  @IsInt()
  @Min(50)
  @Max(10_000)
  readonly relayBeatMs!: number;

  @Setting('SIGNALBOX_DELIVERY_ACK_WAIT_MS', {
    default: 5_000,
    description:
      'Milliseconds after which the engine hands out again what a relay no longer speaks of (a killed one, say)',
  })
  @IsInt()
  @Min(1_000)
  readonly deliveryAckWaitMs!: number;

  @Setting('SIGNALBOX_DELIVERY_REDO_MS', {
    default: 1_000,
    description: 'Milliseconds until something that the engine did not take is tried again',
  })
  @IsInt()
  @Min(10)
  readonly deliveryRedoMs!: number;

  @Setting('SIGNALBOX_DELIVERY_GRACE_MS', {
    default: 8_000,
    description:
      'Milliseconds for attempts under way when the relay or a subscription stops; then they are handed back',
  })
  @IsInt()
  @Min(0)
  readonly deliveryGraceMs!: number;

  @Setting('SIGNALBOX_REPLAY_CHECKPOINT_MS', {
    default: 1_000,
    description: 'Milliseconds between two notes of how far a replay has come; what ended since may be sent again',
  })
  @IsInt()
  @Min(10)
  readonly replayCheckpointMs!: number;

  @Setting('SIGNALBOX_REPLAY_PAGE', {
    default: 32,
    description: 'Events that a replay reads at once from one stream, content and all',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly replayPage!: number;

  @Setting('SIGNALBOX_BACKLOG_EVERY_MS', {
    default: 15_000,
    description: 'Milliseconds between two looks at the backlog of every queue, for the metrics',
  })
  @IsInt()
  @Min(100)
  readonly backlogEveryMs!: number;

  @Setting('SIGNALBOX_INBOX_BYTES', {
    default: 268_435_456,
    description: 'Bytes that may lie unread in the NATS inbox of one organisation; what is beyond waits in its stream',
  })
  @IsInt()
  @Min(1_048_576)
  readonly inboxBytes!: number;

  @Setting('SIGNALBOX_INBOX_EVENTS', {
    default: 10_000,
    description: 'Events of one subscription that may lie unread in a NATS inbox; what is beyond waits in its stream',
  })
  @IsInt()
  @Min(1)
  readonly inboxEvents!: number;

  @Setting('SIGNALBOX_INBOX_TIMEOUT_MS', {
    default: 10_000,
    description: 'Milliseconds within which the engine must confirm that an event lies in an inbox',
  })
  @IsInt()
  @Min(10)
  readonly inboxTimeoutMs!: number;

  @Setting('SIGNALBOX_INBOX_FULL_MS', { default: 15_000, description: 'Milliseconds to leave a full inbox alone' })
  @IsInt()
  @Min(10)
  readonly inboxFullMs!: number;

  @Setting('SIGNALBOX_INBOX_LOOK_MS', {
    default: 500,
    description: 'Milliseconds between two looks at what was acknowledged in an inbox, while something in it is unread',
  })
  @IsInt()
  @Min(10)
  readonly inboxLookMs!: number;
}
