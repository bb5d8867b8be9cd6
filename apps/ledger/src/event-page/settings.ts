import { Setting } from '@signalbox/runtime';
import { IsInt, Max, Min } from 'class-validator';
import { DisclosureSettings } from '../disclosures/settings.js';

/** How much of an event's content its page shows. */
export class PayloadSettings extends DisclosureSettings {
  @Setting('SIGNALBOX_PAYLOAD_NODES', {
    default: 2_000,
    description: 'Most places of an event’s content that its page shows; the rest is counted',
  })
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly payloadNodes!: number;

  @Setting('SIGNALBOX_PAYLOAD_ITEMS', {
    default: 50,
    description: 'Most items of one array, and members of one object, that the page of an event shows',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly payloadItems!: number;
}
