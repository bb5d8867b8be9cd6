import { Passes } from '@signalbox/runtime';
import { IsBoolean, IsInt, IsOptional, Min } from 'class-validator';

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const FAMILY = /^[a-z][a-z0-9-]{0,40}$/;
const JOURNEY_CHARACTERS = 200;

/** By family: sequences of its stream. */
export type Sequences = Readonly<Record<string, number>>;

/** One place in the streams. */
export type Place = { readonly time: string } | { readonly positions: Sequences };

/** Where a replay begins: at a place, or with what belongs to a journey, or with what the subscription missed. */
export type ReplayFrom = Place | { readonly journey: string } | { readonly missed: true; readonly time?: string };

function isTime(value: unknown): value is string {
  return typeof value === 'string' && RFC_3339.test(value) && !Number.isNaN(Date.parse(value));
}

function isPositions(value: unknown): value is Sequences {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length >= 1 &&
    entries.length <= 20 &&
    entries.every(([family, at]) => FAMILY.test(family) && Number.isSafeInteger(at) && (at as number) >= 1)
  );
}

/** The only members of an object, or `undefined` when it is none. */
function members(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function isPlace(value: unknown): value is Place {
  const given = members(value);
  if (given === undefined || Object.keys(given).length !== 1) return false;
  return 'time' in given ? isTime(given['time']) : isPositions(given['positions']);
}

function isFrom(value: unknown): value is ReplayFrom {
  if (isPlace(value)) return true;
  const given = members(value);
  if (given === undefined) return false;
  const { missed, time, journey } = given;
  const names = Object.keys(given);
  if (missed === true) return names.length === 1 || (names.length === 2 && isTime(time));
  return (
    names.length === 1 && typeof journey === 'string' && journey.length >= 1 && journey.length <= JOURNEY_CHARACTERS
  );
}

/** `POST /subscriptions/{id}/replay` */
export class ReplayWish {
  @Passes(
    'isReplayFrom',
    isFrom,
    'one of {"time": …}, {"positions": {"<family>": <sequence>}}, {"journey": …}, {"missed": true}; missed may have a time too',
  )
  readonly from!: ReplayFrom;

  /** Default: up to where the subscription has come by itself. */
  @IsOptional()
  @Passes('isReplayTo', isPlace, 'one of {"time": …}, {"positions": {"<family>": <sequence>}}')
  readonly to?: Place;

  @IsOptional()
  @IsBoolean()
  readonly dryrun?: boolean;

  /** Events a second. */
  @IsOptional()
  @IsInt()
  @Min(1)
  readonly rate?: number;
}

/** `POST /subscriptions/{id}/seek` */
export class SeekWish {
  @Passes(
    'isSeekTo',
    (value) => value === 'now' || isTime(value) || isPlace(value),
    'now, a time as RFC 3339 has it, {"time": …}, or {"positions": {"<family>": <sequence of the first event to be given>}}',
  )
  readonly to!: string | Place;

  @IsOptional()
  @IsBoolean()
  readonly dryrun?: boolean;
}
