import {
  decodeBatch,
  decodeHttp,
  DEFAULT_LIMITS,
  encodeStructured,
  httpMode,
  verifyWebhook,
} from '@signalbox/contracts';
import type { AttributeValue, CloudEvent, IncomingHeaders } from '@signalbox/contracts';

import type { ReceivedEvent } from './events.js';
import { marksOfHeaders } from './marks.js';
import type { Marks } from './marks.js';

const NOTHING = new Uint8Array();

/** A decoded CloudEvent in the form that handlers are given. */
export function receivedEvent(event: CloudEvent, marks: Marks = {}): ReceivedEvent {
  const { attributes, data } = event;
  let content: { value: unknown } | undefined;
  return {
    id: String(attributes['id']),
    source: String(attributes['source']),
    type: String(attributes['type']),
    time: optional(attributes['time']),
    journey: optional(attributes['correlationid']),
    attributes,
    marks,
    raw: data.kind === 'absent' ? NOTHING : data.bytes,
    get data() {
      content ??= { value: contentOf(event) };
      return content.value;
    },
    structured: () => encodeStructured(event),
  };
}

/**
 * Verifies a webhook (Standard Webhooks 1.0.0) and reads the event in it, with its marks. Give it the body as it came,
 * before any JSON parsing: the signature covers the bytes. It refuses no replay: look at `marks.replay`, or use
 * {@link webhookReceiver}, which does.
 *
 * @throws an error where the signature, its time or the event is not right; answer `401` or `400` then.
 */
export function receiveWebhook(
  headers: IncomingHeaders,
  rawBody: Uint8Array,
  secrets: string | readonly string[],
): ReceivedEvent {
  verifyWebhook(headers, rawBody, secrets);
  return receivedEvent(decodeHttp(headers, rawBody), marksOfHeaders(headers));
}

/** As {@link receiveWebhook}, for a subscription that joins events into batches too: its events in order. */
export function receiveWebhooks(
  headers: IncomingHeaders,
  rawBody: Uint8Array,
  secrets: string | readonly string[],
): ReceivedEvent[] {
  verifyWebhook(headers, rawBody, secrets);
  const marks = marksOfHeaders(headers);
  if (httpMode(headers) !== 'batch') return [receivedEvent(decodeHttp(headers, rawBody), marks)];
  // Each event was within the limits when it was accepted; what bounds a batch is the number of its events.
  const items = decodeBatch(headers, rawBody, { ...DEFAULT_LIMITS, maxBodyBytes: Infinity });
  return items.map((item) => {
    if (item.event === undefined) throw item.refusal;
    return receivedEvent(item.event, marks);
  });
}

function contentOf({ data }: CloudEvent): unknown {
  if (data.kind === 'json') return JSON.parse(new TextDecoder().decode(data.bytes)) as unknown;
  return data.kind === 'text' ? new TextDecoder().decode(data.bytes) : undefined;
}

function optional(value: AttributeValue | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
