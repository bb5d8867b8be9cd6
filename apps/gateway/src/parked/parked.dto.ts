import { IsBoolean, IsOptional, MaxLength, ValidateBy } from 'class-validator';
import type { ParkedSelection } from '@signalbox/registry';

/** Most events that are named one by one. */
const EVENTS = 500;
/** Ten digits or more in a row, however they are spaced: an NHS number has ten. */
const DIGIT_RUN = /\d(?:[\s.-]?\d){9}/;

function member(name: string, validate: (value: unknown) => boolean, expected: string): PropertyDecorator {
  return ValidateBy({ name, validator: { validate, defaultMessage: () => expected } });
}

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value.length >= 1 && value.length <= most;

function isSelection(value: unknown): value is ParkedSelection {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { events, reason, all, ...more } = value as Record<string, unknown>;
  if (Object.keys(value).length !== 1 || Object.keys(more).length > 0) return false;
  if (all !== undefined) return all === true;
  if (reason !== undefined) return typeof reason === 'string' && /^[a-z][a-z0-9-]{0,99}$/.test(reason);
  return Array.isArray(events) && events.length >= 1 && events.length <= EVENTS && events.every(isIdentity);
}

function isIdentity(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { source, id, ...more } = value as Record<string, unknown>;
  return isText(source, 2048) && isText(id, 1024) && Object.keys(more).length === 0;
}

/** Free text that people read: not empty, and no place for a patient's identifier. */
const IsRemark = (): PropertyDecorator =>
  member(
    'isRemark',
    (value) => typeof value === 'string' && value.trim() !== '' && !DIGIT_RUN.test(value),
    'text without ten digits in a row: it is shown to people, and patient identifiers have no place in it',
  );

/** `POST /events/{id}/recipients/handled` */
export class HandledWish {
  /** Source of the event: with its id it names one. */
  @member('isSource', (value) => isText(value, 2048), 'the source of the event')
  readonly source!: string;

  /** ODS code of the receiver that was told. */
  @member('isReceiver', (value) => isText(value, 20), 'the ODS code of the receiver that was told')
  readonly org!: string;

  /** Only this one, where the receiver has several; as the work item names it. */
  @IsOptional()
  @member('isSubscription', (value) => isText(value, 128), 'the subscription that the work item names')
  readonly subscription?: string;

  /** Who told the receiver: a name or a mailbox. */
  @MaxLength(200)
  @IsRemark()
  readonly who!: string;

  /** How, and what was agreed. */
  @MaxLength(500)
  @IsRemark()
  readonly note!: string;

  /** Default true: says what would be done. */
  @IsOptional()
  @IsBoolean()
  readonly dryrun?: boolean;
}

/** `POST /subscriptions/{id}/parked/retry`, `…/hand-over`, `…/handled` */
export class ParkedWish {
  @member(
    'isParkedSelection',
    isSelection,
    `one of {"events": [{"source": …, "id": …}]} with up to ${String(EVENTS)}, {"reason": …}, {"all": true}`,
  )
  readonly selection!: ParkedSelection;

  /** Default true: says what would be done. */
  @IsOptional()
  @IsBoolean()
  readonly dryrun?: boolean;

  /** Why; needed for what was handled outside. */
  @IsOptional()
  @MaxLength(500)
  @IsRemark()
  readonly note?: string;

  /** Who looks after them from now on, or who handled them: a name or a mailbox. */
  @IsOptional()
  @MaxLength(200)
  @IsRemark()
  readonly to?: string;
}
