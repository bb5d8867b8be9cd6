import type { DeliveryView } from '../journeys/journey-view.js';
import type { AcceptedEventView, RefusedEventView } from '../journeys/journeys.js';
import { latency, markSentences } from '../journeys/words.js';
import { STATES, type Tone } from './timeline.js';

/** A row of an event's attributes; one of the members says how the value is shown. */
export interface AttributeRow {
  readonly name: string;
  readonly text?: string;
  readonly at?: string;
  readonly event?: string;
  readonly journey?: string;
}

/** The attributes of an event for its page, in the names of the envelope. */
export function attributeRows(event: AcceptedEventView | RefusedEventView): AttributeRow[] {
  const text = (name: string, value: string | undefined) => (value === undefined ? [] : [{ name, text: value }]);
  const identity = [...text('id', event.id), ...text('source', event.source), ...text('type', event.type)];
  if (event.state === 'refused') return identity;
  return [
    ...identity,
    { name: 'journey', journey: event.journey },
    ...text('sourceorg', event.sourceorg),
    ...text('targetorg', event.targetorg),
    ...text('urgency', event.urgency),
    ...(event.sent === undefined ? [] : [{ name: 'time', at: event.sent }]),
    { name: 'recordedtime', at: event.recorded },
    ...text('datacontenttype', event.contenttype),
    { name: 'size of data', text: `${event.size.toLocaleString('en-GB')} bytes` },
    ...(event.duplicateof === undefined ? [] : [{ name: 'duplicate of', text: event.duplicateof }]),
  ];
}

/** A delivery for the table on an event's page. */
export type DeliveryRow = DeliveryView & { readonly word: string; readonly tone: Tone; readonly notes: string };

/** The deliveries of an event for its page. */
export function deliveryRows(deliveries: readonly DeliveryView[]): DeliveryRow[] {
  return deliveries.map((delivery) => {
    const [word, tone] = STATES[delivery.state];
    const { reason, detail, status, answer, latencyms, channel, subscription } = delivery;
    const notes = [
      ...(reason === undefined ? [] : [`Reason: ${reason}.`]),
      ...(detail === undefined ? [] : [detail]),
      ...(status === undefined ? [] : [`The endpoint answered ${String(status)}.`]),
      ...(answer === undefined ? [] : [`It said: “${answer}”.`]),
      ...(latencyms === undefined ? [] : [`Took ${latency(latencyms)}.`]),
      ...(channel === undefined ? [] : [`By ${channel}.`]),
      ...(subscription === undefined ? [] : [`Subscription ${subscription}.`]),
      ...markSentences(delivery),
    ];
    return { ...delivery, word, tone, notes: notes.join(' ') };
  });
}
