import { decodeHttp, encodeStructured, verifyWebhook } from '@signalbox/contracts';
import type { AttributeValue, CloudEvent } from '@signalbox/contracts';

import type { ReceivedEvent } from './events.js';

const NOTHING = new Uint8Array();

/** A decoded CloudEvent in the form that handlers are given. */
export function receivedEvent(event: CloudEvent): ReceivedEvent {
  const { attributes, data } = event;
  let content: { value: unknown } | undefined;
  return {
    id: String(attributes['id']),
    source: String(attributes['source']),
    type: String(attributes['type']),
    time: optional(attributes['time']),
    journey: optional(attributes['correlationid']),
    attributes,
    raw: data.kind === 'absent' ? NOTHING : data.bytes,
    get data() {
      content ??= { value: contentOf(event) };
      return content.value;
    },
    structured: () => encodeStructured(event),
  };
}

/**
 * Verifies a webhook (Standard Webhooks 1.0.0) and reads the event in it. Give it the body as it came, before any
 * JSON parsing: the signature covers the bytes.
 *
 * @throws an error where the signature, its time or the event is not right; answer `401` or `400` then.
 */
export function receiveWebhook(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  rawBody: Uint8Array,
  secrets: string | readonly string[],
): ReceivedEvent {
  verifyWebhook(headers, rawBody, secrets);
  return receivedEvent(decodeHttp(headers, rawBody));
}

function contentOf({ data }: CloudEvent): unknown {
  if (data.kind === 'json') return JSON.parse(new TextDecoder().decode(data.bytes)) as unknown;
  return data.kind === 'text' ? new TextDecoder().decode(data.bytes) : undefined;
}

function optional(value: AttributeValue | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
