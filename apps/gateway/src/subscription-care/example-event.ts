import { randomUUID } from 'node:crypto';
import { type Catalogue, type EventType, Refusal, typeMatches } from '@signalbox/contracts';
import type { Subscription } from '@signalbox/registry';

import { wrong } from '../subscriptions/protocols.js';

/** What is sent as a test: an example of the catalogue under an identity of its own. */
export interface ExampleEvent {
  readonly type: string;
  readonly source: string;
  readonly id: string;
  /** The structured CloudEvent as JSON text. */
  readonly text: string;
}

/**
 * The example that shows a receiver best what it will get: of the type that it names, or else of the first active type
 * that its subscription asks for. Its content is the example's; identity, time and receiver are of now.
 *
 * @throws Refusal SB-4220 when the type is not one that the subscription asks for, or has no example
 */
export function exampleFor(
  catalogue: Pick<Catalogue, 'types' | 'find'>,
  subscription: Pick<Subscription, 'types' | 'ods'>,
  wanted: string | undefined,
  now: Date,
): ExampleEvent {
  const isAsked = ({ type }: EventType): boolean => subscription.types.some((pattern) => typeMatches(pattern, type));
  const type =
    wanted === undefined ? catalogue.types().find((one) => isLive(one) && isAsked(one)) : catalogue.find(wanted);
  const example = type?.examples.accepts.find(({ event }) => 'data' in event) ?? type?.examples.accepts[0];
  if (type === undefined || example === undefined || !isAsked(type)) throw noExample(wanted);
  const id = `test-${randomUUID()}`;
  const { targetorg, ...event } = example.event;
  const sent = {
    ...event,
    id,
    time: now.toISOString(),
    correlationid: randomUUID(),
    ...(targetorg !== undefined && { targetorg: subscription.ods }),
  };
  return { type: type.type, source: String(event['source']), id, text: JSON.stringify(sent) };
}

const isLive = ({ status, examples }: EventType): boolean => status !== 'retired' && examples.accepts.length > 0;

function noExample(wanted: string | undefined): Refusal {
  return new Refusal('SB-4220', 'There is no example to send', {
    findings: [
      wrong(
        wanted === undefined ? '/types' : '/type',
        'test-type',
        'a type of the catalogue that the subscription asks for',
        'Name one of its types, as GET /catalogue lists them.',
      ),
    ],
  });
}
