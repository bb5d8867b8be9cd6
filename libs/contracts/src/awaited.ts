import type { EventType } from './catalogue-type.js';
import type { ClockName } from './clocks.js';
import type { Answer, Within } from './deadlines.js';

/** One thing that a journey waits for after an event. */
export interface Awaited {
  /** Completes “waiting for …”. */
  readonly text: string;
  readonly by: 'receiver' | 'publisher';
  /** The types that are its answer, and in which of their meanings. */
  readonly until: readonly Answer[];
  /** The types that the type awaits at all: none of them ends it but as `until` says. */
  readonly next: readonly string[];
  /** Whether everybody who received the event has to answer for himself. */
  readonly each: boolean;
  /** The clock that runs meanwhile; absent where nothing is due. */
  readonly within?: Within;
}

/** What of a type's description says what is waited for. */
export type Awaiting = Pick<EventType, 'awaits'>;

/**
 * What a journey waits for after an event: the one reading of `awaits`, for clocks and for the sentence about a journey.
 * What a state of its type names counts; where none does, what the type awaits at all, unless it does so only in other
 * states. Of content whose meaning is not known the latter is supposed.
 *
 * @param meaning name of the state of the type that the content has
 */
export function awaitedAfter(type: Awaiting | undefined, meaning: string | undefined): Awaited[] {
  const awaits = type?.awaits;
  if (awaits === undefined) return [];
  const named = (awaits.within ?? []).filter(({ of }) => isAmong(meaning, of));
  if (named.length > 0) return named.map((within) => stepOf(awaits, within));
  if (meaning !== undefined && !isAmong(meaning, awaits.of)) return [];
  return [stepOf(awaits)];
}

/** What is waited for while a clock runs, whatever started it; `undefined` where the type has no such clock. */
export function awaitedBy(type: Awaiting | undefined, clock: ClockName): Awaited | undefined {
  const within = type?.awaits?.within?.find((one) => one.clock === clock);
  return within && stepOf(type!.awaits!, within);
}

function stepOf(awaits: NonNullable<EventType['awaits']>, within?: Within): Awaited {
  return {
    text: within?.text ?? awaits.text,
    by: within?.by ?? awaits.by,
    until: within?.until ?? awaits.next.map((type) => ({ type })),
    next: awaits.next,
    each: within?.each === true,
    ...(within && { within }),
  };
}

/** What of an event decides whether it is an answer. */
export interface Answering {
  readonly type: string;
  readonly family: string;
  readonly meaning?: string;
}

/**
 * Whether an event is what is waited for: `answered` by one that is named, `closed` by one that ends its family's part of
 * the journey. What the type awaits besides is the answer to something else: that an order is known of does not bring its
 * result.
 *
 * @param waiting family of the event that is waited after
 */
export function answerTo(
  answer: Answering,
  { until, next }: Pick<Awaited, 'until' | 'next'>,
  waiting: { readonly family: string },
  typeOf: (type: string) => Pick<EventType, 'closes'> | undefined,
): 'answered' | 'closed' | undefined {
  const named = until.filter(({ type }) => type === answer.type);
  if (named.length > 0) return named.some(({ of }) => isAmong(answer.meaning, of)) ? 'answered' : undefined;
  const closes = answer.family === waiting.family && typeOf(answer.type)?.closes === true;
  return closes && !next.includes(answer.type) ? 'closed' : undefined;
}

/** Without names, every meaning is among them, also one that is not known. */
function isAmong(meaning: string | undefined, names: readonly string[] | undefined): boolean {
  return names === undefined || (meaning !== undefined && names.includes(meaning));
}
