import type { Engine } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';

import type { RelaySettings } from '../../settings.js';
import { Acknowledgements } from './acknowledgements.js';
import type { NatsChannelParts } from './nats-channel.js';

/** What serves organisations that read with NATS: the way into their inboxes, and the record of what they acknowledged. */
export interface NatsInboxes {
  readonly channel: NatsChannelParts;
  readonly acknowledgements: Acknowledgements;
}

/** Puts it together from the settings of the relay. */
export function natsInboxes(
  settings: RelaySettings,
  { engine, registry, log }: { readonly engine: Engine; readonly registry: Registry; readonly log: Log },
): NatsInboxes {
  const { inboxes, steps } = engine;
  const limits = { bytes: settings.inboxBytes, events: settings.inboxEvents };
  const { inboxTimeoutMs: timeoutMs, inboxFullMs: fullMs, inboxLookMs: everyMs, deliveryRedoMs: redoMs } = settings;
  return {
    channel: { inboxes, account: (subscription) => accountOf(registry, subscription), limits, timeoutMs, fullMs },
    acknowledgements: new Acknowledgements({ inboxes, registry, steps, limits, everyMs, redoMs, log }),
  };
}

/** The organisation of a subscription, while it has an application that may connect to the engine. */
function accountOf(registry: Registry, id: string): string | undefined {
  const ods = registry.subscription(id)?.ods;
  if (ods === undefined || registry.organisation(ods)?.active !== true) return undefined;
  return registry.applications(ods).some(({ active, natskeys = [] }) => active && natskeys.length > 0)
    ? ods
    : undefined;
}
