import type { StoredEvent } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';

import type { Marks } from '../channels/channel.js';
import type { Governor } from '../endpoints/governor.js';
import type { Attempts } from './attempts.js';
import { type Decided, type InHand, roundOf } from './in-hand.js';
import type { Loader } from './loader.js';
import type { About } from './recorder.js';
import { settleGone, settleStale } from './settlement.js';

export interface DeciderParts {
  readonly attempts: Attempts;
  readonly loader: Loader;
  /** The subscription as it is now. */
  readonly subscription: () => Subscription | undefined;
  /** Told after each attempt that had an outcome. */
  readonly observe: (subscription: Subscription, governor: Governor, about: About) => void;
}

/** Fetches a due delivery's event, has it tried, and tells its endpoint's governor. */
export class Decider {
  constructor(private readonly parts: DeciderParts) {}

  /**
   * What became of one attempt; `undefined` when nothing is to follow from it: the delivery is no longer wanted, or its
   * endpoint is down, which is no attempt of the delivery.
   * @param probe - the attempt shows whether an endpoint is back
   * @throws EngineUnavailable; the signal's reason when it was cut short
   */
  async decide(hand: InHand, governor: Governor, probe: boolean, signal: AbortSignal): Promise<Decided | undefined> {
    const subscription = this.parts.subscription();
    if (subscription === undefined) return undefined;
    const found = await this.parts.loader.load(hand);
    if (found.kind === 'withdrawn') {
      if (probe) governor.released(Date.now());
      return undefined;
    }
    const { stored } = found;
    hand.firstAttempt ??= new Date();
    if (found.kind === 'event' && !mustHold(hand, stored))
      return this.#attempt(hand, stored, { subscription, governor, probe, signal });
    if (probe) governor.released(Date.now());
    const settlement = found.kind === 'gone' ? settleGone() : settleStale();
    const about = { ...aboutOf(hand, stored, subscription), ...(found.kind === 'gone' && { gone: true }) };
    return { settlement, about, recorded: false };
  }

  async #attempt(
    hand: InHand,
    stored: StoredEvent,
    {
      subscription,
      governor,
      probe,
      signal,
    }: {
      readonly subscription: Subscription;
      readonly governor: Governor;
      readonly probe: boolean;
      readonly signal: AbortSignal;
    },
  ): Promise<Decided | undefined> {
    const marks = marksOf(hand, stored);
    const attempt = hand.attempts + 1;
    const ageMs = Date.now() - (hand.firstAttempt?.getTime() ?? Date.now());
    const tried = await this.parts.attempts.try({ stored, subscription, marks, attempt, ageMs, signal });
    const { outcome, settlement, trace } = tried;
    const about = { ...aboutOf(hand, stored, subscription), attempt, trace };
    if (outcome === undefined && probe) governor.released(Date.now());
    if (outcome !== undefined) {
      governor.outcome(outcome, Date.now(), hand.key);
      this.parts.observe(subscription, governor, about);
      // It is the endpoint that is down, not the event that fails.
      if (outcome.kind === 'retry' && governor.circuit !== 'closed') return undefined;
    }
    hand.attempts = attempt;
    return { settlement, about, recorded: false };
  }
}

/** Of what comes late and is held by its type; not what a person, who knows, wants delivered all the same. */
function mustHold({ marks, keeper }: InHand, { held }: StoredEvent): boolean {
  if (held !== true || marks.replay !== undefined || marks.corrects !== undefined) return false;
  return !(keeper.kind === 'room' && keeper.entry.cause === 'unparked');
}

function marksOf({ marks }: InHand, { late }: StoredEvent): Marks {
  return late === undefined ? marks : { late, ...marks };
}

function aboutOf(hand: InHand, stored: StoredEvent, subscription: Subscription): About {
  return {
    stored,
    subscription,
    attempt: hand.attempts,
    firstAttempt: hand.firstAttempt ?? new Date(),
    at: new Date(),
    trace: undefined,
    marks: marksOf(hand, stored),
    round: roundOf(hand),
  };
}
