import { STRICTNESSES, type Strictness } from '@signalbox/registry';
import { IsIn, IsISO8601, IsOptional, IsString, Matches, MaxLength } from 'class-validator';

/** `PUT /organisations/{ods}/stages/{type}` */
export class StageWishBody {
  @IsIn([...STRICTNESSES])
  readonly strictness!: Strictness;

  /** From when on; without it, at once. */
  @IsOptional()
  @IsISO8601({ strict: true })
  @Matches(/T.*(?:Z|[+-]\d{2}:\d{2})$/, { message: 'a date and time with its zone, such as 2026-12-01T00:00:00Z' })
  readonly from?: string;

  /** What the dry run answered. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  readonly confirm?: string;
}
