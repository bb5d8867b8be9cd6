import { Setting } from '@signalbox/runtime';
import { IsInt, Max, Min } from 'class-validator';
import { StuckSettings } from '../stuck/settings.js';

/** What people may do on the page of a journey. */
export class NudgeSettings extends StuckSettings {
  @Setting('SIGNALBOX_NUDGE_EVERY_MINUTES', {
    default: 60,
    description: 'Minutes until the holder of a journey can be asked again to look at it',
  })
  @IsInt()
  @Min(1)
  @Max(10_080)
  readonly nudgeEveryMinutes!: number;
}
