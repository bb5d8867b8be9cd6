import { ProcessSettings, Setting } from '@signalbox/runtime';
import { IsInt, Max, Min } from 'class-validator';

/** Settings of the board, the map and the engine's condition. */
export class BoardSettings extends ProcessSettings {
  @Setting('SIGNALBOX_BOARD_KEEP_MS', {
    default: 2_000,
    description:
      'Milliseconds that the figures of the board and of intervals are kept, so that many open pages cost as much as one',
  })
  @IsInt()
  @Min(0)
  @Max(60_000)
  readonly boardKeepMs!: number;

  @Setting('SIGNALBOX_BOARD_PAIRS', { default: 25, description: 'Pairs of organisations on one page of the board' })
  @IsInt()
  @Min(1)
  @Max(200)
  readonly boardPairs!: number;

  @Setting('SIGNALBOX_BOARD_MAP_PAIRS', {
    default: 60,
    description: 'Most pairs of organisations on the map; beyond that those with most events are shown',
  })
  @IsInt()
  @Min(1)
  @Max(500)
  readonly mapPairs!: number;

  @Setting('SIGNALBOX_BOARD_DOWN_MS', {
    default: 120_000,
    description: 'Milliseconds of failed attempts after which the board says that a receiver is down',
  })
  @IsInt()
  @Min(0)
  readonly boardDownMs!: number;

  @Setting('SIGNALBOX_ENGINE_LOOK_MS', {
    default: 5_000,
    description: 'Milliseconds that what the engine said about its condition is kept',
  })
  @IsInt()
  @Min(0)
  @Max(600_000)
  readonly engineLookMs!: number;

  @Setting('SIGNALBOX_ENGINE_FULL_PERCENT', {
    default: 80,
    description:
      'Percent of the room on disk, or of what a stream may take, from which the engine counts as filling up',
  })
  @IsInt()
  @Min(1)
  @Max(100)
  readonly engineFullPercent!: number;
}
