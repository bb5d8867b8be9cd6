import { Refusal } from '../problems.js';
import { breach } from '../rules/table.js';
import { isJsonMediaType, isUtf8Charset, parseMediaType } from './media-type.js';

/** How an event stands in a message (CloudEvents HTTP binding 1.0.2, section 3). NATS has no `batch`. */
export type HttpMode = 'structured' | 'binary' | 'batch';

/** Media type of one event in the JSON format. */
export const STRUCTURED_MEDIA_TYPE = 'application/cloudevents+json';

/** Media type of events in the JSON batch format. */
export const BATCH_MEDIA_TYPE = 'application/cloudevents-batch+json';

const CLOUDEVENTS_PREFIX = 'application/cloudevents';

/**
 * Tells the content mode by the content type, without regard to case.
 *
 * @param hasAttributes whether the message carries attributes in headers
 * @throws Refusal SB-4150, SB-4151
 */
export function modeOf(contentType: string | undefined, hasAttributes: boolean): HttpMode {
  const essence = contentType === undefined ? undefined : parseMediaType(contentType)?.essence;
  checkJsonCharset(contentType);
  if (essence === STRUCTURED_MEDIA_TYPE) return 'structured';
  if (essence === BATCH_MEDIA_TYPE) return 'batch';
  if (contentType?.toLowerCase().startsWith(CLOUDEVENTS_PREFIX)) {
    throw unsupportedMediaType('This CloudEvents format is not spoken here');
  }
  if (!hasAttributes) throw unsupportedMediaType('The message is not a CloudEvent in any content mode');
  return 'binary';
}

/** The refusal of a message that is not written in a way that is taken here. */
export function unsupportedMediaType(detail: string): Refusal {
  const expected = `${STRUCTURED_MEDIA_TYPE}, ${BATCH_MEDIA_TYPE}, or ce- headers`;
  return new Refusal('SB-4150', detail, {
    findings: [breach('', 'media-type', expected)],
  });
}

/**
 * JSON is UTF-8 (RFC 8259 section 8.1): any other charset is refused before the body is read.
 *
 * @throws Refusal SB-4151
 */
export function checkJsonCharset(contentType: string | undefined): void {
  const type = contentType === undefined ? undefined : parseMediaType(contentType);
  if (!type || !isJsonMediaType(type) || isUtf8Charset(type)) return;
  throw new Refusal('SB-4151', undefined, {
    findings: [breach('', 'charset', 'JSON as UTF-8')],
  });
}
