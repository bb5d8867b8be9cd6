import { Passes } from '@signalbox/runtime';
import {
  holdsNhsNumber,
  isOdsCode,
  isRemark,
  REMARK_FORM,
  STUCK,
  STUCK_ACTS,
  type StuckAct,
  type StuckReason,
} from '@signalbox/contracts';
import { IsBoolean, IsIn, IsOptional, Matches, MaxLength } from 'class-validator';

const IsOds = (): PropertyDecorator =>
  Passes('isOds', (value) => value === '' || (typeof value === 'string' && isOdsCode(value)), 'an ODS code');

/** Free text that people read, and no place for a patient's identifier. */
const IsRemark = (): PropertyDecorator => Passes('isRemark', isRemark, REMARK_FORM);

/** A word of the exchange's own: no place for anything else. */
const IsName = (): PropertyDecorator =>
  Passes(
    'isName',
    (value) => typeof value === 'string' && /^[A-Za-z0-9.-]{0,200}$/.test(value) && !holdsNhsNumber(value),
    'a name of the exchange: letters, digits, points and hyphens',
  );

const REASONS = Object.keys(STUCK);

/** Which groups somebody wants to see; also names one of them when all are there. */
export class GroupQuestion {
  @IsOptional()
  @IsIn(REASONS, { message: `one of ${REASONS.join(', ')}` })
  readonly stuck?: StuckReason;

  @IsOptional()
  @IsName()
  readonly cause?: string;

  @IsOptional()
  @IsOds()
  readonly publisher?: string;

  @IsOptional()
  @IsOds()
  readonly receiver?: string;

  @IsOptional()
  @IsName()
  readonly type?: string;

  /** Page of the list of groups. */
  @IsOptional()
  @Matches(/^[1-9]\d{0,3}$/, { message: 'the number of a page' })
  readonly page?: string;

  /** Cursor of the items of a group. */
  @IsOptional()
  @MaxLength(1_024)
  readonly after?: string;

  /** What an act did, for the page that follows it. */
  @IsOptional()
  @IsIn(STUCK_ACTS, { message: 'an act' })
  readonly done?: StuckAct;

  @IsOptional()
  @Matches(/^\d{1,9}$/, { message: 'a number' })
  readonly changed?: string;

  @IsOptional()
  @Matches(/^[a-z-]+\.\d{1,9}(?:,[a-z-]+\.\d{1,9}){0,20}$/, { message: 'what was left' })
  readonly left?: string;

  @IsOptional()
  @Matches(/^[0-9a-f-]{36}(?:,[0-9a-f-]{36}){0,99}$/, { message: 'acts that wait' })
  readonly actions?: string;
}

/** `POST /stuck/act` */
export class ActBody {
  @IsIn(REASONS, { message: `one of ${REASONS.join(', ')}` })
  readonly stuck!: StuckReason;

  @IsName()
  readonly cause!: string;

  @IsOds()
  readonly publisher!: string;

  @IsOds()
  readonly receiver!: string;

  @IsName()
  readonly type!: string;

  @IsIn(STUCK_ACTS, { message: `one of ${STUCK_ACTS.join(', ')}` })
  readonly act!: StuckAct;

  /** Default true: says what would be done. */
  @IsOptional()
  @IsBoolean()
  readonly dryrun?: boolean;

  /** Why; needed for what was handled outside. */
  @IsOptional()
  @MaxLength(500)
  @IsRemark()
  readonly note?: string;

  /** Who looks after it from now on, or who saw to it: a name or a mailbox. */
  @IsOptional()
  @MaxLength(200)
  @IsRemark()
  readonly to?: string;
}

/** Most events that are asked about at once. */
const EVENTS = 500;

function isIdentity(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { source, id } = value as Record<string, unknown>;
  return typeof source === 'string' && source.length <= 2_048 && typeof id === 'string' && id.length <= 1_024;
}

/** `POST /stuck/events` */
export class EventsQuestion {
  @Passes(
    'isEvents',
    (value) => Array.isArray(value) && value.length <= EVENTS && value.every(isIdentity),
    `[{"source": …, "id": …}] with up to ${String(EVENTS)}`,
  )
  readonly events!: { readonly source: string; readonly id: string }[];
}
