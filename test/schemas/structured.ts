import { decodeStructured, DEFAULT_LIMITS, type CloudEvent } from '@signalbox/contracts';

/** An example of the catalogue as the gateway would read it. */
export function eventFrom(json: Readonly<Record<string, unknown>>): CloudEvent {
  return decodeStructured(Buffer.from(JSON.stringify(json)), DEFAULT_LIMITS);
}
