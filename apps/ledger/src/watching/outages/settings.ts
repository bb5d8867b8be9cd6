import { Setting } from '@signalbox/runtime';
import { IsInt, Max, Min } from 'class-validator';
import { RhythmSettings } from '../rhythm/settings.js';

/** Settings of outages and their pages. */
export class OutageSettings extends RhythmSettings {
  @Setting('SIGNALBOX_OUTAGE_TRUSTED_HOURS', {
    default: 24,
    description: 'Hours for which an outage without an expected end explains silence; afterwards it is alarming again',
  })
  @IsInt()
  @Min(1)
  readonly outageTrustedHours!: number;

  @Setting('SIGNALBOX_OUTAGE_LIST', {
    default: 1_000,
    description: 'Most lines of what is in flight on the page and in the file of an outage, of each of its two parts',
  })
  @IsInt()
  @Min(10)
  @Max(20_000)
  readonly outageList!: number;

  @Setting('SIGNALBOX_OUTAGE_PAGE', { default: 50, description: 'Outages on the list of those that are over' })
  @IsInt()
  @Min(1)
  @Max(500)
  readonly outagePage!: number;
}
