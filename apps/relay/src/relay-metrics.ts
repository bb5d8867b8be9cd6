import type { Metrics } from '@signalbox/runtime';

/** What the relay counts. Labels are outcomes, reasons and families, never identifiers. */
export function relayMetrics(metrics: Metrics) {
  return {
    deliveries: metrics.counter('signalbox_deliveries_total', 'Settled attempts and decisions by outcome and reason', [
      'outcome',
      'reason',
    ]),
    attempt: metrics.histogram('signalbox_delivery_attempt_seconds', 'Time from sending an event to the answer', [
      'outcome',
    ]),
    lag: metrics.histogram('signalbox_delivery_lag_seconds', 'Time from durable acceptance to the confirmed delivery', [
      'family',
    ]),
    unreadable: metrics.counter(
      'signalbox_events_unreadable_total',
      'Stored messages that could not be read as events',
    ),
    unrecorded: metrics.counter(
      'signalbox_settlements_repeated_total',
      'Settlements that the engine did not take at the first try',
    ),
    handshakes: metrics.counter('signalbox_handshakes_total', 'Handshakes with webhook endpoints by result', [
      'result',
    ]),
    conditions: metrics.gauge(
      'signalbox_endpoint_conditions',
      'Subscriptions that this relay drives by how their endpoint fares',
      ['condition'],
    ),
    circuits: metrics.gauge('signalbox_endpoint_circuits', 'Subscriptions that this relay drives by their circuit', [
      'state',
    ]),
    warnings: metrics.counter('signalbox_endpoint_warnings_total', 'Changes of how endpoints fare', [
      'condition',
      'stage',
    ]),
    queues: metrics.gauge('signalbox_delivery_queues', 'Queues that this relay reads'),
    aside: metrics.gauge(
      'signalbox_delivery_set_aside',
      'Deliveries in the waiting room of the subscriptions that this relay drives',
    ),
    relays: metrics.gauge('signalbox_relays', 'Relays that this one knows to live, itself included'),
    backlog: metrics.gauge(
      'signalbox_delivery_backlog',
      'Events not yet handed out (waiting) and handed out but not settled (unsettled)',
      ['family', 'state'],
    ),
  };
}

export type RelayMetrics = ReturnType<typeof relayMetrics>;
