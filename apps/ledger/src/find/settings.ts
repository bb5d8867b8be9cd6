import { Setting } from '@signalbox/runtime';
import { IsInt, Max, Min } from 'class-validator';
import { BoardSettings } from '../board/settings.js';

/** Settings of the search and of the list of journeys. */
export class FindSettings extends BoardSettings {
  @Setting('SIGNALBOX_FIND_RATE', {
    default: 30,
    description:
      'Searches by identifier that one person or application may make in a minute, so that nobody tries out numbers',
  })
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly findRate!: number;

  @Setting('SIGNALBOX_LIST_LOOK', {
    default: 500,
    description:
      'Journeys that one page of a filtered list looks through at most; what it has not reached is on the next',
  })
  @IsInt()
  @Min(10)
  @Max(10_000)
  readonly listLook!: number;
}
