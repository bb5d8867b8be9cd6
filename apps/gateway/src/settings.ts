import { hostname } from 'node:os';
import { Setting } from '@signalbox/runtime';
import { IsBoolean, IsInt, Max, Min, MinLength } from 'class-validator';
import { StageSettings } from './organisations/stage-settings.js';

/** Every setting of the gateway beside those that each process has. */
export class GatewaySettings extends StageSettings {
  @Setting('SIGNALBOX_GATEWAY_PORT', { default: 8080, description: 'Port of the gateway' })
  @IsInt()
  @Min(0)
  @Max(65_535)
  readonly port!: number;

  @Setting('SIGNALBOX_PUBLIC_URL', {
    default: 'http://127.0.0.1:8080',
    description: 'Address under which others reach the gateway; with /oauth2/token the audience of client assertions',
  })
  readonly publicUrl!: string;

  @Setting('SIGNALBOX_NATS_URL', {
    default: 'nats://127.0.0.1:4222',
    description: 'Address of the engine; several with commas',
  })
  readonly natsUrl!: string;

  @Setting('SIGNALBOX_NATS_USER', { default: 'gateway', description: 'User of the engine' })
  readonly natsUser!: string;

  @Setting('SIGNALBOX_NATS_PASSWORD', { secret: true, description: 'Password of the engine user' })
  readonly natsPassword!: string;

  @Setting('SIGNALBOX_NATS_MONITOR_URL', {
    optional: true,
    description:
      "Monitoring addresses of the engine's servers, with commas; when set, a server that does not fsync is refused at start",
  })
  readonly natsMonitorUrl?: string;

  @Setting('SIGNALBOX_REPLICAS', { default: 1, description: 'Copies of each stream: 1 on one machine, 3 in a cluster' })
  @IsInt()
  @Min(1)
  @Max(5)
  readonly replicas!: number;

  @Setting('SIGNALBOX_VERSIONS_KEPT_MS', {
    default: 86_400_000,
    description: 'Milliseconds for which an event that comes after a newer version of it is recognised as late',
  })
  @IsInt()
  @Min(1_000)
  readonly versionsKeptMs!: number;

  @Setting('SIGNALBOX_RETENTION_DAYS', { default: 30, description: 'Days that events and their digests are kept' })
  @IsInt()
  @Min(1)
  @Max(3650)
  readonly retentionDays!: number;

  @Setting('SIGNALBOX_COMMIT_TIMEOUT_MS', {
    default: 5_000,
    description: 'Milliseconds within which the engine must confirm; then the publisher is answered 503',
  })
  @IsInt()
  @Min(50)
  readonly commitTimeoutMs!: number;

  @Setting('SIGNALBOX_REDIS_URL', { default: 'redis://127.0.0.1:6380', secret: true, description: 'Address of Redis' })
  readonly redisUrl!: string;

  @Setting('SIGNALBOX_REDIS_TIMEOUT_MS', {
    default: 250,
    description: 'Milliseconds after which a Redis that does not answer counts as away',
  })
  @IsInt()
  @Min(10)
  readonly redisTimeoutMs!: number;

  @Setting('SIGNALBOX_DIGEST_BUCKETS', {
    default: 65_536,
    description: 'Redis hashes that hold the digests of accepted events; best at 60 to 120 events each',
  })
  @IsInt()
  @Min(16)
  readonly digestBuckets!: number;

  @Setting('SIGNALBOX_DIGEST_CHECK_MS', {
    default: 15_000,
    description: 'Milliseconds between two looks at whether Redis knows every digest; keep it above the commit timeout',
  })
  @IsInt()
  @Min(50)
  readonly digestCheckMs!: number;

  @Setting('SIGNALBOX_INSTANCE', { default: hostname(), description: 'Name of this gateway among several' })
  readonly instance!: string;

  @Setting('SIGNALBOX_REUSE_PORT', {
    default: false,
    description: 'Several gateways of this machine share the port; each needs a name of its own in SIGNALBOX_INSTANCE',
  })
  @IsBoolean()
  readonly reusePort!: boolean;

  @Setting('SIGNALBOX_RATE_PER_SECOND', {
    default: 10_000,
    description: 'Events a second that one organisation may offer, averaged over the window; 0 = no limit',
  })
  @IsInt()
  @Min(0)
  readonly ratePerSecond!: number;

  @Setting('SIGNALBOX_RATE_WINDOW_SECONDS', { default: 10, description: 'Seconds over which the rate is averaged' })
  @IsInt()
  @Min(1)
  @Max(3600)
  readonly rateWindowSeconds!: number;

  @Setting('SIGNALBOX_NATS_IN_HAND', {
    default: 8,
    description: 'Requests of one organisation over NATS that one gateway works on at once; further ones stand in line',
  })
  @IsInt()
  @Min(1)
  readonly natsInHand!: number;

  @Setting('SIGNALBOX_NATS_IN_LINE', {
    default: 256,
    description: 'Requests of one organisation over NATS that may stand in line; further ones are answered 429',
  })
  @IsInt()
  @Min(0)
  readonly natsInLine!: number;

  @Setting('SIGNALBOX_NATS_REFUSAL_MS', {
    default: 1_000,
    description: 'Milliseconds that this 429 is held back, so that whoever floods waits and nobody else does',
  })
  @IsInt()
  @Min(0)
  @Max(60_000)
  readonly natsRefusalMs!: number;

  @Setting('SIGNALBOX_PSEUDONYM_KEY', {
    secret: true,
    description: 'Secret of at least 32 characters; patient identifiers become ordering keys with it',
  })
  @MinLength(32)
  readonly pseudonymKey!: string;

  @Setting('SIGNALBOX_REFUSED_KEY', {
    secret: true,
    optional: true,
    description:
      'Secret of at least 32 characters that encrypts refused payloads; derived from the pseudonym key if not set',
  })
  @MinLength(32)
  readonly refusedKey?: string;

  @Setting('SIGNALBOX_REFUSED_PAYLOAD_BYTES', {
    default: 524_288,
    description: 'Largest payload in bytes that is kept (encrypted) with a refusal; larger ones are recorded without',
  })
  @IsInt()
  @Min(0)
  @Max(700_000)
  readonly refusedPayloadBytes!: number;

  @Setting('SIGNALBOX_BATCH_BYTES', {
    default: 8_388_608,
    description: 'Largest batch in bytes; each event in it has the limit of one event',
  })
  @IsInt()
  @Min(1024)
  readonly batchBytes!: number;

  @Setting('SIGNALBOX_BATCH_EVENTS', { default: 1_000, description: 'Most events in one batch' })
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly batchEvents!: number;

  @Setting('SIGNALBOX_SCHEMAS_FOLDER', {
    optional: true,
    description: 'Folder of the catalogue; the one of this installation if not set',
  })
  readonly schemasFolder?: string;

  @Setting('SIGNALBOX_TOKEN_SIGNING_KEY_FILE', {
    optional: true,
    description:
      'File with the private JWK that signs access tokens; without it (development only) a key is made at each start',
  })
  readonly tokenSigningKeyFile?: string;

  @Setting('SIGNALBOX_TOKEN_SECONDS', { default: 600, description: 'Seconds that an access token is valid' })
  @IsInt()
  @Min(30)
  @Max(3600)
  readonly tokenSeconds!: number;

  @Setting('SIGNALBOX_OPERATOR_KEY_FILE', {
    optional: true,
    description: 'File with the public JWK of the operator; makes organisation X9S0B with a grant to administer',
  })
  readonly operatorKeyFile?: string;

  @Setting('SIGNALBOX_CONSOLE_KEY_FILE', {
    optional: true,
    description: 'File with the public JWK of the console, which signs for whoever is signed in there',
  })
  readonly consoleKeyFile?: string;

  @Setting('SIGNALBOX_OUTAGES_A_DAY', {
    default: 50,
    description: 'Most outages that one organisation may declare within 24 hours',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly outagesADay!: number;

  @Setting('SIGNALBOX_PEOPLE_MAX', { default: 2_000, description: 'Most people of one organisation' })
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly peopleMax!: number;

  @Setting('SIGNALBOX_LEDGER_URL', { default: 'http://127.0.0.1:8081', description: 'Address of the ledger' })
  readonly ledgerUrl!: string;

  @Setting('SIGNALBOX_LEDGER_TIMEOUT_MS', {
    default: 5_000,
    description: 'Milliseconds that the ledger may take to answer',
  })
  @IsInt()
  @Min(50)
  readonly ledgerTimeoutMs!: number;

  @Setting('SIGNALBOX_LEDGER_ACT_TIMEOUT_MS', {
    default: 150_000,
    description: 'Milliseconds that the ledger may take to have an act on a group of what stands still carried out',
  })
  @IsInt()
  @Min(50)
  readonly ledgerActTimeoutMs!: number;

  @Setting('SIGNALBOX_SECRET_OVERLAP_MS', {
    default: 86_400_000,
    description:
      'Milliseconds for which the former secret of a webhook signs beside a new one, unless its receiver says otherwise',
  })
  @IsInt()
  @Min(0)
  @Max(604_800_000)
  readonly secretOverlapMs!: number;

  @Setting('SIGNALBOX_TEST_TIMEOUT_MS', {
    default: 25_000,
    description:
      'Milliseconds within which a relay must have sent a test; keep it above the relay’s time limit for a webhook',
  })
  @IsInt()
  @Min(100)
  @Max(300_000)
  readonly testTimeoutMs!: number;

  @Setting('SIGNALBOX_TEST_EVERY_MS', {
    default: 2_000,
    description: 'Milliseconds between two tests of one subscription',
  })
  @IsInt()
  @Min(0)
  readonly testEveryMs!: number;

  @Setting('SIGNALBOX_FETCH_LAG_MS', {
    default: 3_600_000,
    description:
      'Milliseconds from which an event that was not fetched and acknowledged waits too long, as the health of a subscription says',
  })
  @IsInt()
  @Min(1_000)
  readonly fetchLagMs!: number;

  @Setting('SIGNALBOX_PULL_WAIT_MAX_MS', {
    default: 30_000,
    description: 'Longest wait in milliseconds of a pull for a first event',
  })
  @IsInt()
  @Min(0)
  @Max(120_000)
  readonly pullWaitMaxMs!: number;

  @Setting('SIGNALBOX_LOOK_EVERY_MS', {
    default: 100,
    description:
      'Milliseconds between two looks for new events while pulls or streams wait; one look serves all of them',
  })
  @IsInt()
  @Min(10)
  @Max(5_000)
  readonly lookEveryMs!: number;

  @Setting('SIGNALBOX_STREAM_HEARTBEAT_MS', {
    default: 15_000,
    description: 'Milliseconds without an event after which a stream sends a comment, to show that it stands',
  })
  @IsInt()
  @Min(100)
  @Max(60_000)
  readonly streamHeartbeatMs!: number;

  @Setting('SIGNALBOX_STREAM_UNACKNOWLEDGED', {
    default: 500,
    description:
      'Events of one stream that may be unacknowledged; then it ends, and its reader acknowledges by coming back with Last-Event-ID',
  })
  @IsInt()
  @Min(64)
  @Max(5_000)
  readonly streamUnacknowledged!: number;

  @Setting('SIGNALBOX_STREAM_RETRY_MS', {
    default: 1_000,
    description: 'Milliseconds that the reader of a stream is asked to wait before it comes back',
  })
  @IsInt()
  @Min(0)
  @Max(60_000)
  readonly streamRetryMs!: number;

  @Setting('SIGNALBOX_STREAMS_MAX', { default: 1_000, description: 'Streams at once of this gateway' })
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly streamsMax!: number;

  @Setting('SIGNALBOX_FILTER_TEST_EVENTS', {
    default: 1_000,
    description: 'Most of the newest events at which a filter can be tried',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly filterTestEvents!: number;

  @Setting('SIGNALBOX_FHIR_EVENTS_MAX', { default: 100, description: 'Most events in one answer of FHIR $events' })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly fhirEventsMax!: number;
}
