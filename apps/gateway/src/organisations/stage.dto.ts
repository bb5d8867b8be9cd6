import { STRICTNESSES, type Strictness } from '@signalbox/registry';
import { IsMoment } from '@signalbox/runtime';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

/** `PUT /organisations/{ods}/stages/{type}` */
export class StageWishBody {
  @IsIn([...STRICTNESSES])
  readonly strictness!: Strictness;

  /** From when on; without it, at once. */
  @IsOptional()
  @IsMoment()
  readonly from?: string;

  /** What the dry run answered. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  readonly confirm?: string;
}
