import type { EgressClient } from '../egress/client.js';
import type { Channel } from './channel.js';
import { WebhookChannel } from './webhook/webhook-channel.js';

/** Every channel of the relay, one line each. */
export function channels(egress: EgressClient, origin: string): ReadonlyMap<string, Channel> {
  const all: readonly Channel[] = [new WebhookChannel(egress, origin)];
  return new Map(all.map((channel) => [channel.scheme, channel]));
}
