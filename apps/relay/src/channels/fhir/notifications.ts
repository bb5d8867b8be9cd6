import { topicOfTypes } from '@signalbox/contracts';
import { type Engine, NUMBERS_KEPT } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';

import type { EgressClient } from '../../egress/client.js';
import type { RelaySettings } from '../../settings.js';
import { FhirChannel } from './fhir-channel.js';
import { Heartbeats } from './heartbeats.js';
import { Numbering } from './numbering.js';

interface Wiring {
  readonly engine: Engine;
  readonly registry: Registry;
  readonly egress: EgressClient;
  readonly log: Log;
}

/** Puts together what notifies the receivers of FHIR subscriptions. */
export function fhirNotifications(settings: RelaySettings, { engine, registry, egress, log }: Wiring) {
  const base = `${settings.publicUrl.replace(/\/+$/, '')}/fhir`;
  const channel = new FhirChannel({
    egress,
    base,
    numbering: new Numbering(engine.numbers, NUMBERS_KEPT),
    topicOf: (id) => topicOfTypes(base, registry.subscription(id)?.types ?? []),
  });
  return {
    channel,
    heartbeats: (drives: (subscription: string) => boolean) =>
      new Heartbeats({ registry, channel, drives, log, everyMs: settings.fhirHeartbeatLookMs }),
  };
}
