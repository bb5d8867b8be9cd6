import { type ByUrgency, URGENCIES } from '@signalbox/contracts';
import { IsObject } from 'class-validator';

/** `PUT /organisations/{ods}/deadlines/{type}/{clock}`; what is in it is checked against the type. */
export class NewDeadline {
  @IsObject({ message: `an object with durations for some of ${URGENCIES.join(', ')}` })
  readonly times!: Partial<Record<keyof ByUrgency, unknown>>;
}
