import type { EgressClient } from '../egress/client.js';
import type { Channel } from './channel.js';
import type { FhirChannel } from './fhir/fhir-channel.js';
import { NatsChannel, type NatsChannelParts } from './nats/nats-channel.js';
import { Batching, type BatchLimits } from './webhook/batching.js';
import { WebhookChannel } from './webhook/webhook-channel.js';

/** What the channels stand on. */
export interface ChannelParts {
  readonly egress: EgressClient;
  /** DNS name by which this exchange asks for consent. */
  readonly origin: string;
  readonly batch: BatchLimits;
  readonly fhir: FhirChannel;
  readonly nats: NatsChannelParts;
}

/** Every channel of the relay, one line each. */
export function channels({ egress, origin, batch, fhir, nats }: ChannelParts): ReadonlyMap<string, Channel> {
  const all: readonly Channel[] = [
    new Batching(new WebhookChannel(egress, origin), batch),
    fhir,
    new NatsChannel(nats),
  ];
  return new Map(all.map((channel) => [channel.scheme, channel]));
}
