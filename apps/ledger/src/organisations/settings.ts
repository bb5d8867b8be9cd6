import { Setting } from '@signalbox/runtime';
import { IsInt, Max, Min } from 'class-validator';
import { DeadlineSettings } from '../watching/deadlines/settings.js';

/** How what organisations send is summed and told. */
export class OrganisationSettings extends DeadlineSettings {
  @Setting('SIGNALBOX_SCORES_EVERY_MS', {
    default: 2_000,
    description: 'Milliseconds between two looks at what was read since, for scorecards and intervals',
  })
  @IsInt()
  @Min(50)
  @Max(3_600_000)
  readonly scoresEveryMs!: number;

  @Setting('SIGNALBOX_SCORES_EVENTS', {
    default: 1_000,
    description: 'Most events of each stream that one such look sums; the rest follows at once',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly scoresEvents!: number;

  @Setting('SIGNALBOX_SCORES_NAMES', {
    default: 50,
    description: 'Products, versions and applications that scorecards tell apart for one organisation, of each so many',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly scoresNames!: number;

  @Setting('SIGNALBOX_SCORES_DAYS', { default: 400, description: 'Days that the sums of scorecards are kept' })
  @IsInt()
  @Min(31)
  @Max(3_660)
  readonly scoresDays!: number;

  @Setting('SIGNALBOX_SCORES_MINIMUM', {
    default: 20,
    description: 'Events below which a scorecard gives no share and no time, but says that there is not enough traffic',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly scoresMinimum!: number;

  @Setting('SIGNALBOX_IMPACT_EVENTS', {
    default: 10_000,
    description: 'Newest events of a publisher that the impact of a stage is measured on',
  })
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly impactEvents!: number;

  @Setting('SIGNALBOX_GRANT_WARNING_DAYS', {
    default: 30,
    description: 'Days before the end of a grant from which on pages say that it ends soon',
  })
  @IsInt()
  @Min(1)
  @Max(365)
  readonly grantWarningDays!: number;

  @Setting('SIGNALBOX_FLOWS_PAGE', { default: 100, description: 'Flows on one page of where patient data goes' })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly flowsPage!: number;

  @Setting('SIGNALBOX_FLOWS_EXPORT', {
    default: 10_000,
    description: 'Most flows in one CSV of where patient data goes',
  })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  readonly flowsExport!: number;

  @Setting('SIGNALBOX_SMALL_NUMBER', {
    default: 5,
    description:
      'Numbers of events and intervals below this one are not told, so that no patient is recognised by them',
  })
  @IsInt()
  @Min(3)
  @Max(100)
  readonly smallNumber!: number;

  @Setting('SIGNALBOX_INTERVALS_LOOKED', {
    default: 25_000,
    description: 'Most intervals that one page sums, the newest of its period; it says when there are more',
  })
  @IsInt()
  @Min(100)
  @Max(10_000_000)
  readonly intervalsLooked!: number;
}
