import type { AcceptedEventView, RefusedEventView } from '../journeys/journeys.js';

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
