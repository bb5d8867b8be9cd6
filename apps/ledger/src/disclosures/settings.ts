import { Setting } from '@signalbox/runtime';
import { IsInt, Max, Min } from 'class-validator';
import { NudgeSettings } from '../journey-page/settings.js';

/** How values are shown, and who looks into it afterwards. */
export class DisclosureSettings extends NudgeSettings {
  @Setting('SIGNALBOX_DISCLOSURE_MINUTES', {
    default: 15,
    description: 'Minutes for which the values of one event are shown to who gave a reason',
  })
  @IsInt()
  @Min(1)
  @Max(120)
  readonly disclosureMinutes!: number;

  @Setting('SIGNALBOX_DISCLOSURE_FACTORS', {
    default: true,
    description: 'Whether values are shown only to who signed in with more than one factor',
  })
  readonly disclosureFactors!: boolean;

  @Setting('SIGNALBOX_DISCLOSURES_AN_HOUR', {
    default: 20,
    description: 'Events whose values are shown to one person within an hour at most',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly disclosuresAnHour!: number;

  @Setting('SIGNALBOX_DISCLOSURES_PAGE', { default: 50, description: 'Disclosures on one page of their list' })
  @IsInt()
  @Min(1)
  @Max(500)
  readonly disclosuresPage!: number;

  @Setting('SIGNALBOX_DISCLOSURES_CHECKED', {
    default: 10_000,
    description: 'Newest entries of the record of disclosures whose chain is checked whenever their list is shown',
  })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  readonly disclosuresChecked!: number;
}
