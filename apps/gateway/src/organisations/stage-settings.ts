import { Setting } from '@signalbox/runtime';
import { IsInt, Max, Min } from 'class-validator';
import { RepeatSettings } from '../replays/settings.js';

/** Settings of how changes of stages are made. */
export class StageSettings extends RepeatSettings {
  @Setting('SIGNALBOX_STAGE_CONFIRM_MINUTES', {
    default: 15,
    description: 'Minutes after a dry run in which the change of a stage that it showed can be confirmed',
  })
  @IsInt()
  @Min(1)
  @Max(1_440)
  readonly stageConfirmMinutes!: number;
}
