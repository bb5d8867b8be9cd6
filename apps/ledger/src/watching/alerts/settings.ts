import { Setting } from '@signalbox/runtime';
import { IsInt, IsNumber, Max, Min } from 'class-validator';
import { OrganisationSettings } from '../../organisations/settings.js';

/** Settings of alerts: how often is looked, and from when on something needs a person. */
export class AlertSettings extends OrganisationSettings {
  @Setting('SIGNALBOX_ALERT_EVERY_MS', { default: 5_000, description: 'Milliseconds between two rounds of looking' })
  @IsInt()
  @Min(50)
  readonly alertEveryMs!: number;

  @Setting('SIGNALBOX_ALERT_QUIET_MS', {
    default: 60_000,
    description: 'Milliseconds that a condition must be over before its alert is resolved, so that it does not flap',
  })
  @IsInt()
  @Min(0)
  readonly alertQuietMs!: number;

  @Setting('SIGNALBOX_ALERT_REMIND_MS', {
    default: 14_400_000,
    description: 'Milliseconds after which an open alert is said again',
  })
  @IsInt()
  @Min(1_000)
  readonly alertRemindMs!: number;

  @Setting('SIGNALBOX_ALERT_KEEP_DAYS', { default: 400, description: 'Days that resolved alerts are kept' })
  @IsInt()
  @Min(1)
  readonly alertKeepDays!: number;

  @Setting('SIGNALBOX_ALERT_PAGE', { default: 50, description: 'Alerts on one page' })
  @IsInt()
  @Min(1)
  @Max(500)
  readonly alertPage!: number;

  @Setting('SIGNALBOX_ALERT_LIMIT', { default: 1_000, description: 'Most alerts of one kind that are open at once' })
  @IsInt()
  @Min(1)
  readonly alertLimit!: number;

  @Setting('SIGNALBOX_ALERT_REFUSALS', {
    default: 20,
    description: 'Refused events of one organisation within this hour and the one before from which it is alerted',
  })
  @IsInt()
  @Min(1)
  readonly alertRefusals!: number;

  @Setting('SIGNALBOX_ALERT_REFUSED_SHARE', {
    default: 0.05,
    description: 'Share of what it sent that must have been refused besides',
  })
  @IsNumber()
  @Min(0)
  @Max(1)
  readonly alertRefusedShare!: number;

  @Setting('SIGNALBOX_ALERT_GAP_MS', {
    default: 300_000,
    description: 'Milliseconds that a gap of the reconciliation may take to mend itself before it is alerted',
  })
  @IsInt()
  @Min(0)
  readonly alertGapMs!: number;

  @Setting('SIGNALBOX_ALERT_DOWN_MS', {
    default: 60_000,
    description: 'Milliseconds that an endpoint must have been in trouble before it is alerted',
  })
  @IsInt()
  @Min(0)
  readonly alertDownMs!: number;
}
