import { STATES, type Tone, wordOf } from '../console/timeline.js';
import type { DeliveryView, EventView, StepView } from '../journeys/journey-view.js';
import { latency, markSentences } from '../journeys/words.js';

/** One delivery with everything that was recorded about it. */
export interface DeliveryHistory {
  readonly delivery: DeliveryView;
  readonly word: string;
  readonly tone: Tone;
  /** One sentence each. */
  readonly notes: readonly string[];
  /** In order. */
  readonly steps: readonly AttemptRow[];
}

/** A row of the table of attempts. */
export interface AttemptRow {
  /** RFC 3339. */
  readonly at: string;
  readonly word: string;
  readonly tone: Tone;
  readonly attempt?: number;
  readonly status?: number;
  readonly took?: string;
  /** Reason, answer, and who did it, as sentences. */
  readonly notes: string;
}

/** The deliveries of an event as their viewer may see them, each with its attempts. */
export function deliveryHistories({ deliveries, steps }: Pick<EventView, 'deliveries' | 'steps'>): DeliveryHistory[] {
  return deliveries.map((delivery) => {
    const [word, tone] = STATES[delivery.state];
    const { channel, subscription, due, detail } = delivery;
    const notes = [
      ...(channel === undefined ? [] : [`By ${channel}.`]),
      ...(subscription === undefined ? [] : [`Subscription ${subscription}.`]),
      ...(detail === undefined ? [] : [detail]),
      ...markSentences(delivery),
      ...(due !== undefined && delivery.delivered !== undefined && delivery.delivered > due ? ['Delivered late.'] : []),
    ];
    const own = steps.filter((step) => isOf(step, delivery));
    return { delivery, word, tone, notes, steps: own.map(rowOf) };
  });
}

/** A publisher is not told of subscriptions: with two of one receiver, its steps stand with both. */
function isOf(step: StepView, delivery: DeliveryView): boolean {
  if (step.org !== delivery.org) return false;
  if (step.subscription === undefined || delivery.subscription === undefined) return true;
  return step.subscription === delivery.subscription;
}

function rowOf(step: StepView): AttemptRow {
  const [word, tone] = wordOf(step);
  const { time, attempt, status, latencyms, reason, detail, answer, by, note, nextattempt } = step;
  const notes = [
    ...(reason === undefined ? [] : [`Reason: ${reason}.`]),
    ...(detail === undefined ? [] : [detail]),
    ...(answer === undefined ? [] : [`It said: “${answer}”.`]),
    ...(by === undefined ? [] : [`By ${by}.`]),
    ...(note === undefined ? [] : [`Note: “${note}”.`]),
    ...markSentences(step),
    ...(nextattempt === undefined ? [] : ['Another attempt was to follow.']),
  ];
  return {
    ...{ at: time, word, tone, notes: notes.join(' ') },
    ...(attempt !== undefined && { attempt }),
    ...(status !== undefined && { status }),
    ...(latencyms !== undefined && { took: latency(latencyms) }),
  };
}
