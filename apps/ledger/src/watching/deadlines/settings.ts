import { Setting } from '@signalbox/runtime';
import { IsInt, Max, Min } from 'class-validator';
import { PayloadSettings } from '../../event-page/settings.js';

/** How deadlines are kept. */
export class DeadlineSettings extends PayloadSettings {
  @Setting('SIGNALBOX_REDIS_URL', {
    default: 'redis://127.0.0.1:6380',
    secret: true,
    description: 'Address of Redis, where the deadlines wait that are due next, and ended sessions are remembered',
  })
  readonly redisUrl!: string;

  @Setting('SIGNALBOX_REDIS_TIMEOUT_MS', {
    default: 250,
    description: 'Milliseconds after which a Redis that does not answer counts as away',
  })
  @IsInt()
  @Min(10)
  readonly redisTimeoutMs!: number;

  @Setting('SIGNALBOX_DEADLINES_EVERY_MS', {
    default: 500,
    description: 'Milliseconds between two looks at what starts and stops clocks, and at those that are due',
  })
  @IsInt()
  @Min(10)
  @Max(60_000)
  readonly deadlinesEveryMs!: number;

  @Setting('SIGNALBOX_DEADLINES_FILL_MS', {
    default: 5_000,
    description: 'Milliseconds between two fillings of Redis with the deadlines that are due next',
  })
  @IsInt()
  @Min(10)
  @Max(600_000)
  readonly deadlinesFillMs!: number;

  @Setting('SIGNALBOX_DEADLINES_AHEAD_MS', {
    default: 3_600_000,
    description:
      'Milliseconds that are looked ahead when Redis is filled; keep it well above the time between two fillings',
  })
  @IsInt()
  @Min(1_000)
  readonly deadlinesAheadMs!: number;

  @Setting('SIGNALBOX_DEADLINES_WAITING', {
    default: 5_000,
    description: 'Most deadlines that wait in Redis; the rest follows when these have gone by',
  })
  @IsInt()
  @Min(10)
  @Max(1_000_000)
  readonly deadlinesWaiting!: number;

  @Setting('SIGNALBOX_DEADLINES_BATCH', {
    default: 500,
    description: 'Most missed deadlines that are told in one go; the rest follows at once',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly deadlinesBatch!: number;
}
