import { OUTAGE_REASONS, type OutageReason } from '@signalbox/registry';
import { IsMoment } from '@signalbox/runtime';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional, Matches, MaxLength } from 'class-validator';
import { IsRemark } from '../parked/parked.dto.js';

const TYPES = /^(\*|[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*(\.\*)?)$/;

/** `POST /organisations/{ods}/outages` */
export class NewOutage {
  /** Without them: every type that the organisation may publish. */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @Matches(TYPES, { each: true, message: 'event types, or patterns that end in .*, or *' })
  @MaxLength(200, { each: true })
  readonly types?: readonly string[];

  @IsIn(OUTAGE_REASONS, { message: `one of ${OUTAGE_REASONS.join(', ')}` })
  readonly reason!: OutageReason;

  /** RFC 3339. */
  @IsOptional()
  @IsMoment()
  readonly expectedend?: string;

  /** What receivers should know: how to reach the organisation, which fallback holds. Never a patient. */
  @IsOptional()
  @MaxLength(500)
  @IsRemark()
  readonly note?: string;
}
