import { IsText, Passes } from '@signalbox/runtime';
import { type Protocol, PROTOCOLS } from '@signalbox/registry';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';

const TYPE_PATTERN = /^(?:\*|[a-z0-9-]+(?:\.[a-z0-9-]+)*(?:\.\*)?)$/;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** `now`, or a time from which the events that are kept are delivered too. */
const IsStart = (): PropertyDecorator =>
  Passes(
    'isStart',
    (value: unknown) =>
      value === 'now' || (typeof value === 'string' && RFC_3339.test(value) && !Number.isNaN(Date.parse(value))),
    'now, or a time as RFC 3339 has it, with a zone',
  );

/** One to a hundred different types or patterns. */
const IsTypes = (): PropertyDecorator =>
  Passes(
    'isTypes',
    (value: unknown) =>
      Array.isArray(value) &&
      value.length >= 1 &&
      value.length <= 100 &&
      new Set(value).size === value.length &&
      value.every((one) => typeof one === 'string' && one.length <= 200 && TYPE_PATTERN.test(one)),
    'one to a hundred different event types, patterns that end in .*, or *',
  );

/** Small settings of a channel: plain values only. */
const IsChannelConfig = (): PropertyDecorator =>
  Passes(
    'isChannelConfig',
    (value: unknown) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.keys(value).length <= 20 &&
      Object.entries(value).every(([name, one]) => /^[a-z][a-z0-9]{0,40}$/.test(name) && isPlain(one)),
    'an object of at most 20 strings, numbers or booleans with lower-case names',
  );

function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= 1024;
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

/** Which events of its types are wanted. */
class Narrowing {
  @IsOptional()
  @IsText(1024)
  readonly source?: string;

  /** Dialects of the CloudEvents Subscriptions API; checked by contracts, which knows them. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  readonly filters?: unknown[];
}

class Wish extends Narrowing {
  /** Left out under protocols that send to no address. */
  @IsOptional()
  @IsString()
  @MaxLength(2048)
  readonly sink?: string;

  @IsOptional()
  @IsObject()
  @IsChannelConfig()
  readonly config?: Record<string, string | number | boolean>;
}

/**
 * `PATCH /subscriptions/{id}`: what may be changed; `source: null` takes it back. Another protocol keeps the position; it has
 * its own `config`, and needs a `sink` if it sends to one.
 */
export class SubscriptionChange extends Wish {
  @IsOptional()
  @IsTypes()
  readonly types?: string[];

  @IsOptional()
  @IsIn(PROTOCOLS)
  readonly protocol?: Protocol;
}

/** `POST /subscriptions`: the object shape of the CloudEvents Subscriptions API 0.1-wip, plus `start`. */
export class NewSubscription extends Wish {
  @IsTypes()
  readonly types!: string[];

  @IsIn(PROTOCOLS)
  readonly protocol!: Protocol;

  @IsOptional()
  @IsStart()
  readonly start?: string;
}

/** `POST /subscriptions/test-filter`: a wish, and on how many of the newest events it is tried. */
export class FilterTest extends Narrowing {
  @IsTypes()
  readonly types!: string[];

  /** The gateway's own maximum holds above. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly last?: number;
}

/** `POST /subscriptions/{id}/pull` */
export class PullRequest {
  /** Most events to answer. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  readonly limit?: number;

  /** Milliseconds to wait for a first event; the gateway's own maximum holds above. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(120_000)
  readonly waitms?: number;
}

/** `POST /subscriptions/{id}/ack`: the cursor of a pull, or source and id of one event that a webhook brought. */
export class Acknowledgement {
  @IsOptional()
  @IsText(16_384)
  readonly cursor?: string;

  @IsOptional()
  @IsText(2048)
  readonly source?: string;

  @IsOptional()
  @IsText(1024)
  readonly id?: string;
}
