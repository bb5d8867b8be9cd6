import { Setting } from '@signalbox/runtime';
import { IsInt, IsTimeZone, Max, Min, MinLength } from 'class-validator';
import { CatalogueSettings } from './catalogue/settings.js';

/** What the ledger reads from its environment. */
export class LedgerSettings extends CatalogueSettings {
  @Setting('SIGNALBOX_LEDGER_PORT', { default: 8081, description: 'Port of the console and its API' })
  @IsInt()
  @Min(0)
  @Max(65_535)
  readonly port!: number;

  @Setting('SIGNALBOX_LEDGER_URL', {
    optional: true,
    description: 'Address under which browsers reach the console; https makes its cookie secure',
  })
  readonly publicUrl?: URL;

  @Setting('SIGNALBOX_NATS_URL', { default: 'nats://127.0.0.1:4222', description: 'NATS servers, separated by commas' })
  readonly natsUrl!: string;

  @Setting('SIGNALBOX_NATS_USER', { default: 'ledger', description: 'User of the engine' })
  readonly natsUser!: string;

  @Setting('SIGNALBOX_NATS_PASSWORD', { secret: true, description: 'Password of that user' })
  readonly natsPassword!: string;

  @Setting('SIGNALBOX_NATS_MONITOR_URL', {
    optional: true,
    description:
      'Monitoring addresses of all NATS servers, with commas: the board shows their room and who is away, and one that does not fsync is refused',
  })
  readonly natsMonitorUrl?: string;

  @Setting('SIGNALBOX_ENGINE_WAIT_MS', {
    default: 30_000,
    description: 'Milliseconds to wait at start for the streams, which the gateway creates',
  })
  @IsInt()
  @Min(0)
  readonly engineWaitMs!: number;

  @Setting('SIGNALBOX_SCHEMAS_FOLDER', {
    optional: true,
    description: 'Folder of the catalogue; without it the one of this project',
  })
  readonly schemasFolder?: string;

  @Setting('SIGNALBOX_DATA_FOLDER', {
    default: '.signalbox/data',
    description: 'Folder of the embedded database (in `ledger` below it)',
  })
  readonly dataFolder!: string;

  @Setting('LEDGER_DATABASE_URL', {
    optional: true,
    secret: true,
    description: '`postgres://…` of a PostgreSQL server; without it the embedded database is used',
  })
  readonly databaseUrl?: string;

  @Setting('SIGNALBOX_LEDGER_DATABASE_CONNECTIONS', { default: 10, description: 'Most connections to PostgreSQL' })
  @IsInt()
  @Min(2)
  @Max(200)
  readonly databaseConnections!: number;

  @Setting('SIGNALBOX_LEDGER_DATABASE_CONNECT_TIMEOUT_MS', {
    default: 10_000,
    description: 'Milliseconds to wait for a connection to PostgreSQL',
  })
  @IsInt()
  @Min(100)
  readonly databaseConnectTimeoutMs!: number;

  @Setting('SIGNALBOX_LEDGER_DATABASE_STATEMENT_TIMEOUT_MS', {
    default: 30_000,
    description: 'Milliseconds that one statement may take in PostgreSQL',
  })
  @IsInt()
  @Min(100)
  readonly databaseStatementTimeoutMs!: number;

  @Setting('SIGNALBOX_PSEUDONYM_KEY', {
    secret: true,
    description:
      'Key of the hashes that business identifiers are kept as; with another one, nothing recorded before is found by identifier',
  })
  @MinLength(32)
  readonly pseudonymKey!: string;

  @Setting('SIGNALBOX_LEDGER_RETRY_MS', {
    default: 1_000,
    description: 'Milliseconds until a batch that could not be written is written again',
  })
  @IsInt()
  @Min(10)
  readonly retryMs!: number;

  @Setting('SIGNALBOX_LEDGER_GATHER_MS', {
    default: 100,
    description:
      'Milliseconds to let what arrives gather before it is written together; adds as much to how late a page is',
  })
  @IsInt()
  @Min(0)
  readonly gatherMs!: number;

  @Setting('SIGNALBOX_LEDGER_LAG_LIMIT', {
    default: 10_000,
    description: 'Messages not read yet from which on health says degraded',
  })
  @IsInt()
  @Min(1)
  readonly lagLimit!: number;

  @Setting('SIGNALBOX_LEDGER_JOURNEY_EVENTS', {
    default: 500,
    description: 'Most events of a journey in one answer; the newest are shown',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly journeyEvents!: number;

  @Setting('SIGNALBOX_LEDGER_JOURNEY_STEPS', {
    default: 2_000,
    description: 'Most steps, and most deliveries, of a journey in one answer',
  })
  @IsInt()
  @Min(1)
  @Max(50_000)
  readonly journeySteps!: number;

  @Setting('SIGNALBOX_LEDGER_DELIVERIES_LIMIT', {
    default: 500,
    description: 'Most deliveries in one answer; the rest is on its next pages',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly deliveriesLimit!: number;

  @Setting('SIGNALBOX_LEDGER_PLACES_LIMIT', {
    default: 10_000,
    description: 'Most events of a stretch of a stream whose deliveries are told in one answer',
  })
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly placesLimit!: number;

  @Setting('SIGNALBOX_PROOF_EVERY_MS', {
    default: 10_000,
    description: 'Milliseconds between two rounds of the proof that nothing is missing and nothing is late',
  })
  @IsInt()
  @Min(50)
  @Max(3_600_000)
  readonly proofEveryMs!: number;

  @Setting('SIGNALBOX_PROOF_EVENTS', {
    default: 1_000,
    description:
      'Messages of each stream that one round looks at: so many of what is new, and so many of the pass over the rest',
  })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  readonly proofEvents!: number;

  @Setting('SIGNALBOX_PROOF_SUBSCRIPTIONS', {
    default: 50,
    description: 'Subscriptions whose queues one round asks the engine about, each in its turn',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly proofStandings!: number;

  @Setting('SIGNALBOX_WORK_ITEMS_PAGE', { default: 200, description: 'Most work items in one answer' })
  @IsInt()
  @Min(1)
  @Max(5_000)
  readonly workItems!: number;

  @Setting('SIGNALBOX_LEDGER_CORRECTION_EVERY_MS', {
    default: 1_000,
    description: 'Milliseconds between two looks for corrections that somebody is owed',
  })
  @IsInt()
  @Min(10)
  readonly correctionEveryMs!: number;

  @Setting('SIGNALBOX_LEDGER_CORRECTION_LOOK_MS', {
    default: 2_000,
    description: 'Milliseconds until a correction that is on its way is looked at again; longer the older it is',
  })
  @IsInt()
  @Min(10)
  readonly correctionLookMs!: number;

  @Setting('SIGNALBOX_LEDGER_CORRECTION_LOOK_MAX_MS', {
    default: 3_600_000,
    description: 'Most milliseconds between two such looks',
  })
  @IsInt()
  @Min(10)
  readonly correctionLookMaxMs!: number;

  @Setting('SIGNALBOX_SPAN_RETENTION_HOURS', { default: 72, description: 'Hours that the built-in store keeps spans' })
  @IsInt()
  @Min(1)
  @Max(8_760)
  readonly spanHours!: number;

  @Setting('SIGNALBOX_SPAN_LIMIT', { default: 500_000, description: 'Most spans that the built-in store keeps' })
  @IsInt()
  @Min(0)
  readonly spanLimit!: number;

  @Setting('SIGNALBOX_SPAN_WAITING_LIMIT', {
    default: 20_000,
    description: 'Most spans that wait to be written; more are dropped and counted',
  })
  @IsInt()
  @Min(1)
  readonly spanWaitingLimit!: number;

  @Setting('SIGNALBOX_CONSOLE_REFRESH_MS', {
    default: 3_000,
    description: 'Milliseconds between two live updates of an open page',
  })
  @IsInt()
  @Min(500)
  readonly refreshMs!: number;

  @Setting('SIGNALBOX_CONSOLE_TIME_ZONE', {
    default: 'Europe/London',
    description: 'Zone of the times on the pages, and of the days of statements',
  })
  @IsTimeZone()
  readonly timeZone!: string;

  @Setting('SIGNALBOX_CONSOLE_PAGE_SIZE', { default: 25, description: 'Journeys on one page of the list' })
  @IsInt()
  @Min(1)
  @Max(200)
  readonly pageSize!: number;
}
