import { Setting } from '@signalbox/runtime';
import { IsInt, Max, Min } from 'class-validator';
import { PeopleSettings } from '../people/settings.js';

/** Settings of what stands still: what counts as such, and how much of it one answer looks at. */
export class StuckSettings extends PeopleSettings {
  @Setting('SIGNALBOX_STUCK_PATIENCE_MS', {
    default: 60_000,
    description: 'Milliseconds that a delivery may wait for its first attempt before it is said to stand still',
  })
  @IsInt()
  @Min(0)
  readonly stuckPatienceMs!: number;

  @Setting('SIGNALBOX_STUCK_COUNT', {
    default: 1_000,
    description: 'How far a group of what stands still is counted; of more it is said that there are more',
  })
  @IsInt()
  @Min(10)
  @Max(100_000)
  readonly stuckCount!: number;

  @Setting('SIGNALBOX_STUCK_GROUPS', {
    default: 50,
    description: 'Most groups of what stands still on one page, the oldest first',
  })
  @IsInt()
  @Min(1)
  @Max(2_000)
  readonly stuckGroups!: number;

  @Setting('SIGNALBOX_STUCK_PAGE', { default: 50, description: 'Most items of a group on one page, the oldest first' })
  @IsInt()
  @Min(1)
  @Max(500)
  readonly stuckPage!: number;

  @Setting('SIGNALBOX_STUCK_REFUSED_DAYS', {
    default: 7,
    description: 'Days that a refused event counts as standing still unless it was sent right since',
  })
  @IsInt()
  @Min(1)
  @Max(365)
  readonly stuckRefusedDays!: number;

  @Setting('SIGNALBOX_STUCK_KEEP_MS', {
    default: 5_000,
    description: 'Milliseconds for which the groups that somebody may see are remembered',
  })
  @IsInt()
  @Min(0)
  @Max(600_000)
  readonly stuckKeepMs!: number;

  @Setting('SIGNALBOX_STUCK_ASK_MS', {
    default: 2_000,
    description: 'Milliseconds that the page of stuck work waits for the gateway to say what waits for a second person',
  })
  @IsInt()
  @Min(50)
  @Max(60_000)
  readonly stuckAskMs!: number;
}
