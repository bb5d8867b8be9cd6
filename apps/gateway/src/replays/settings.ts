import { ProcessSettings, Setting } from '@signalbox/runtime';
import { IsInt, Max, Min } from 'class-validator';

/** Settings of what is sent again, of moving a subscription, and of what people do with parked deliveries. */
export class RepeatSettings extends ProcessSettings {
  @Setting('SIGNALBOX_REPLAY_RATE', {
    default: 50,
    description: 'Events a second that a replay sends when its wish names no rate',
  })
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly replayRate!: number;

  @Setting('SIGNALBOX_REPLAY_RATE_MAX', { default: 1_000, description: 'Most events a second that a replay may send' })
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly replayRateMax!: number;

  @Setting('SIGNALBOX_REPLAY_EVENTS_MAX', { default: 100_000, description: 'Most events of one replay' })
  @IsInt()
  @Min(1)
  @Max(10_000_000)
  readonly replayEventsMax!: number;

  @Setting('SIGNALBOX_REPLAY_LOOK_MAX', {
    default: 500_000,
    description: 'Most places of the streams that are looked at to plan one replay',
  })
  @IsInt()
  @Min(1)
  @Max(100_000_000)
  readonly replayLookMax!: number;

  @Setting('SIGNALBOX_REPLAY_STRETCHES_MAX', {
    default: 5_000,
    description: 'Most separate stretches of missed events, or events of a journey, in one replay',
  })
  @IsInt()
  @Min(1)
  @Max(20_000)
  readonly replayStretchesMax!: number;

  @Setting('SIGNALBOX_REPLAYS_KEPT', {
    default: 20,
    description: 'Ended replays that are remembered of one subscription',
  })
  @IsInt()
  @Min(0)
  @Max(1_000)
  readonly replaysKept!: number;

  @Setting('SIGNALBOX_SEEK_MAX', {
    default: 100_000,
    description: 'Most places of the streams that one seek may move over',
  })
  @IsInt()
  @Min(1)
  @Max(10_000_000)
  readonly seekMax!: number;

  @Setting('SIGNALBOX_SEEK_STEPS_AT_ONCE', {
    default: 500,
    description: 'Steps of passed-over events that are on their way to the disk at once',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly seekStepsAtOnce!: number;

  @Setting('SIGNALBOX_PARKED_ACT_MAX', {
    default: 10_000,
    description: 'Most parked deliveries of one act; it is repeated for the rest',
  })
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly parkedActMax!: number;

  @Setting('SIGNALBOX_PARKED_ACTS_AT_ONCE', {
    default: 32,
    description: 'Parked deliveries of one act that are worked on at once',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly parkedActsAtOnce!: number;

  @Setting('SIGNALBOX_BULK_SECOND_PERSON', {
    default: 100,
    description: 'Parked deliveries above which a second person has to agree to an act',
  })
  @IsInt()
  @Min(0)
  @Max(100_000)
  readonly bulkSecondPerson!: number;

  @Setting('SIGNALBOX_BULK_ACTION_HOURS', {
    default: 72,
    description: 'Hours after which an act that nobody agreed to lapses',
  })
  @IsInt()
  @Min(1)
  @Max(720)
  readonly bulkActionHours!: number;

  @Setting('SIGNALBOX_BULK_ACTIONS_KEPT', {
    default: 100,
    description: 'Decided acts that are remembered of one organisation',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly bulkActionsKept!: number;
}
