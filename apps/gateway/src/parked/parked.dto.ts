import { Passes } from '@signalbox/runtime';
import { isRemark, type Remark, REMARK_FORM } from '@signalbox/contracts';
import { IsBoolean, IsOptional, MaxLength } from 'class-validator';
import type { ParkedSelection } from '@signalbox/registry';

/** Most events that are named one by one. */
const EVENTS = 500;

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value.length >= 1 && value.length <= most;

function isSelection(value: unknown): value is ParkedSelection {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { events, reason, all, type, publisher, ...more } = value as Record<string, unknown>;
  if (Object.keys(more).length > 0) return false;
  if ([events, reason, all].filter((one) => one !== undefined).length !== 1) return false;
  if (events !== undefined) {
    const narrowed = type !== undefined || publisher !== undefined;
    return (
      !narrowed && Array.isArray(events) && events.length >= 1 && events.length <= EVENTS && events.every(isIdentity)
    );
  }
  if (type !== undefined && !isText(type, 200)) return false;
  if (publisher !== undefined && !isText(publisher, 20)) return false;
  if (all !== undefined) return all === true;
  return typeof reason === 'string' && /^[a-z][a-z0-9-]{0,99}$/.test(reason);
}

function isIdentity(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { source, id, ...more } = value as Record<string, unknown>;
  return isText(source, 2048) && isText(id, 1024) && Object.keys(more).length === 0;
}

/** Free text that people read: not empty, and no place for a patient's identifier. */
export const IsRemark = (): PropertyDecorator => Passes('isRemark', isRemark, REMARK_FORM);

/** What every act takes beside what it is about. */
class ActWish implements Remark {
  /** Default true: says what would be done. */
  @IsOptional()
  @IsBoolean()
  readonly dryrun?: boolean;

  /** Why; needed for what was handled outside. */
  @IsOptional()
  @MaxLength(500)
  @IsRemark()
  readonly note?: string;

  /** Who looks after them from now on, or who handled them: a name or a mailbox; needed for a hand-over. */
  @IsOptional()
  @MaxLength(200)
  @IsRemark()
  readonly to?: string;
}

/** `POST /events/{id}/recipients/handled` */
export class HandledWish {
  /** Source of the event: with its id it names one. */
  @Passes('isSource', (value) => isText(value, 2048), 'the source of the event')
  readonly source!: string;

  /** ODS code of the receiver that was told. */
  @Passes('isReceiver', (value) => isText(value, 20), 'the ODS code of the receiver that was told')
  readonly org!: string;

  /** Only this one, where the receiver has several; as the work item names it. */
  @IsOptional()
  @Passes('isSubscription', (value) => isText(value, 128), 'the subscription that the work item names')
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

/** `POST /events/handled`, `POST /events/hand-over` */
export class EventsWish extends ActWish {
  @Passes(
    'isEvents',
    (value) => Array.isArray(value) && value.length >= 1 && value.length <= EVENTS && value.every(isIdentity),
    `[{"source": …, "id": …}] with up to ${String(EVENTS)}`,
  )
  readonly events!: { readonly source: string; readonly id: string }[];
}

/** `POST /subscriptions/{id}/parked/retry`, `…/park`, `…/hand-over`, `…/handled` */
export class ParkedWish extends ActWish {
  @Passes(
    'isParkedSelection',
    isSelection,
    `one of {"events": [{"source": …, "id": …}]} with up to ${String(EVENTS)}, {"reason": …}, {"all": true}; the last two with "type" and "publisher" where only those are meant`,
  )
  readonly selection!: ParkedSelection;
}
