/** Why a delivery is due outside the order of its stream. */
export type WaitingCause =
  /** An earlier event with the same ordering key is not dealt with yet. */
  | 'held'
  /** An attempt failed; another follows. */
  | 'retry'
  /** It is urgent and went ahead of what stood before it in its stream, where nothing else had its key. */
  | 'ahead'
  /** A person put it up again after it was parked. */
  | 'unparked'
  /** It corrects or withdraws something that this subscription received, whatever the subscription asks for now. */
  | 'correction';

/**
 * A delivery that is due outside the order of its stream, in the bucket `WAITING` under {@link waitingKey}: the relay puts
 * there what must not stand in front of others; gateway and ledger put there what people and corrections cause. It is
 * removed after its end was recorded. Holds no payload: the event is read from its stream, or from its parked copy.
 */
export interface WaitingDelivery {
  readonly subscription: string;
  readonly stream: string;
  readonly sequence: number;
  readonly cause: WaitingCause;
  /** Ordering key of the event (`partitionkey`, else the journey): among equal keys the earlier `stored` goes first. */
  readonly key: string;
  /** RFC 3339: when the engine stored the event. */
  readonly stored: string;
  /** `critical` or `urgent`: its key goes first. */
  readonly urgent?: true;
  /** What the event is, for a record of its end even when it is no longer kept. */
  readonly event?: {
    readonly source: string;
    readonly id: string;
    readonly type: string;
    readonly journey: string;
    readonly sourceorg: string;
  };
  /**
   * It is over (delivered ahead, or parked by a person), and stands here only until its stream comes to it: then it is not
   * delivered. Cause `ahead` only.
   */
  readonly over?: true;
  /** Attempts made so far. */
  readonly attempts: number;
  /** RFC 3339. */
  readonly firstattempt?: string;
  /** RFC 3339: not before; absent = as soon as its turn comes. */
  readonly nextattempt?: string;
  /** Sequence in `PARKED` of a copy, for an event whose retention in its stream may be over. */
  readonly parked?: number;
  /** Id of the event that this one corrects or withdraws. */
  readonly corrects?: string;
  /** Id of the replay that it belongs to. */
  readonly replay?: string;
  /** Id of the newer event that was known when it was put here. */
  readonly late?: string;
  /** `<ODS>:<application>` of who put it here; absent = the relay itself. */
  readonly by?: string;
}

/** One delivery has one entry, whatever the cause. */
export function waitingKey({
  subscription,
  stream,
  sequence,
}: Pick<WaitingDelivery, 'subscription' | 'stream' | 'sequence'>): string {
  return `${subscription}.${stream}.${String(sequence)}`;
}
