import { Refusal, refusalOf } from '@signalbox/contracts';
import { RedisAway } from '@signalbox/runtime';

/** Every error of the gateway as the code it is answered with. What is not foreseen is SB-5000 and says nothing. */
export function problemOf(error: unknown): Refusal {
  if (error instanceof RedisAway) return new Refusal('SB-5033', undefined, { retryAfter: 2, cause: error });
  return refusalOf(error);
}
