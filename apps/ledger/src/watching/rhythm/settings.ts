import { Setting } from '@signalbox/runtime';
import { IsInt, IsNumber, Max, Min } from 'class-validator';
import { AlertSettings } from '../alerts/settings.js';

/** Settings of learning how often a publisher usually sends, and from when on its silence is alarming. */
export class RhythmSettings extends AlertSettings {
  @Setting('SIGNALBOX_SILENCE_FACTOR', {
    default: 1.5,
    description: 'How many times the usual gap of the hour a silence may last before it is alarming; less than 2',
  })
  @IsNumber()
  @Min(1)
  @Max(1.95)
  readonly silenceFactor!: number;

  @Setting('SIGNALBOX_SILENCE_LEAST_MS', {
    default: 60_000,
    description: 'Milliseconds of silence that are never alarming, however often a publisher sends',
  })
  @IsInt()
  @Min(0)
  readonly silenceLeastMs!: number;

  @Setting('SIGNALBOX_RHYTHM_QUANTILE', {
    default: 0.98,
    description: 'The usual gap of an hour: this share of its time is spent in gaps that are not longer',
  })
  @IsNumber()
  @Min(0.5)
  @Max(0.999)
  readonly rhythmQuantile!: number;

  @Setting('SIGNALBOX_RHYTHM_GAPS', {
    default: 20,
    description:
      'Gaps between events of a publisher and type that must have been seen before its silence says anything',
  })
  @IsInt()
  @Min(2)
  readonly rhythmGaps!: number;

  @Setting('SIGNALBOX_RHYTHM_SPAN_MS', {
    default: 172_800_000,
    description: 'Milliseconds over which those gaps must have been seen at least',
  })
  @IsInt()
  @Min(0)
  readonly rhythmSpanMs!: number;

  @Setting('SIGNALBOX_RHYTHM_HOURS', {
    default: 2,
    description:
      'How often an hour of the week must have been seen before it counts for itself; fewer, and the hour of any day counts, then all hours',
  })
  @IsInt()
  @Min(1)
  readonly rhythmHours!: number;

  @Setting('SIGNALBOX_RHYTHM_HALF_LIFE_DAYS', {
    default: 28,
    description: 'Days after which what was learnt counts half',
  })
  @IsInt()
  @Min(1)
  readonly rhythmHalfLifeDays!: number;

  @Setting('SIGNALBOX_RHYTHM_BATCH', {
    default: 2_000,
    description: 'Events of a stream that are learnt from in one go',
  })
  @IsInt()
  @Min(1)
  readonly rhythmBatch!: number;

  @Setting('SIGNALBOX_SILENCE_ASK_GATEWAY', {
    default: true,
    description: 'Whether the gateway is asked if it takes events at all before anybody is said to be silent',
  })
  readonly silenceAskGateway!: boolean;
}
