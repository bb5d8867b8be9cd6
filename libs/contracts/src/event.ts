/** A CloudEvents 1.0.2 context attribute as it was sent. Binary content modes carry every value as a string. */
export type AttributeValue = string | number | boolean;

/**
 * The content of an event, told apart as the sender told it apart. The bytes are the ones that were sent:
 * nothing in Signalbox parses and writes them again.
 *
 * - `absent`: there was no `data` member and no body.
 * - `json`: the exact JSON text (so `null`, `0`, `false` and `""` are contents, not absence).
 * - `text`: a JSON string under a content type that is not JSON; the bytes are its UTF-8 characters.
 * - `binary`: `data_base64`, or a body under a content type that is not JSON.
 */
export type EventData =
  { readonly kind: 'absent' } | { readonly kind: 'json' | 'text' | 'binary'; readonly bytes: Uint8Array };

/** One CloudEvent: its context attributes (core and extensions, unknown ones kept) and its content. */
export interface CloudEvent {
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly data: EventData;
}
