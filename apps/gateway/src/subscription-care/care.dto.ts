import { IsText } from '@signalbox/runtime';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

/** Longest time in milliseconds for which a former secret can sign: a week. */
export const OVERLAP_MAX_MS = 604_800_000;

/** `POST /subscriptions/{id}/rotate-secret` */
export class SecretRotation {
  /** Milliseconds for which the former secret signs too; 0 = it stops at once. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(OVERLAP_MAX_MS)
  readonly overlapms?: number;
}

/** `POST /subscriptions/{id}/test` */
export class TestRequest {
  /** Type whose example is sent; without it the first that the subscription asks for. */
  @IsOptional()
  @IsText(200)
  readonly type?: string;
}
