import type { Step } from '@signalbox/messaging';
import { asArrived, type Delivery, isStoppedRepetition } from './delivery.js';

/** Who is looking: one organisation at its own side, or somebody with the right to see all. */
export type Viewer = { readonly all: true } | { readonly all: false; readonly ods: string };

/** The key under which a viewer's journeys are listed. */
export function sightingKey(viewer: Viewer): string {
  return viewer.all ? '*' : viewer.ods;
}

/** What of an event decides who may see it. */
export interface Sighted {
  readonly sourceorg: string;
  readonly targetorg?: string;
}

/** How much of a delivery a viewer sees: `outline` is receiver, state and when; `full` adds endpoint facts. */
export type Detail = 'full' | 'outline' | 'none';

/** Whether an event is on the viewer's own side: published by it, addressed to it, or meant for one of its subscriptions. */
export function seesEvent(viewer: Viewer, event: Sighted, deliveries: readonly Delivery[]): boolean {
  if (viewer.all || event.sourceorg === viewer.ods || event.targetorg === viewer.ods) return true;
  return deliveries.some((delivery) => delivery.org === viewer.ods && delivery.entitled);
}

/**
 * How much of a delivery a viewer sees. A receiver's own filters are nobody else's business, so a publisher is not
 * told of deliveries that were not meant to happen, save that its addressee has no grant.
 */
export function seesDelivery(viewer: Viewer, event: Sighted, delivery: Delivery): Detail {
  if (viewer.all) return 'full';
  if (delivery.org === viewer.ods) {
    return delivery.entitled || event.sourceorg === viewer.ods || event.targetorg === viewer.ods ? 'full' : 'none';
  }
  if (event.sourceorg !== viewer.ods) return 'none';
  const told =
    delivery.entitled ||
    (delivery.state === 'suppressed' && delivery.org === event.targetorg) ||
    // Only a correction is parked for want of a grant: its publisher has to see to it, or has.
    ((delivery.state === 'parked' || delivery.state === 'handled-outside') && delivery.corrects !== undefined);
  return told ? 'outline' : 'none';
}

/**
 * How much of a step a viewer sees: like the delivery it belongs to; steps without one belong to the publisher. That a
 * clock ran out is for whose move it is, and for the other side; that somebody asked to look at a journey is for who asked,
 * who was asked, and the publisher of the event that it stands at.
 */
export function seesStep(
  viewer: Viewer,
  event: Sighted,
  step: Pick<Step, 'org' | 'kind' | 'subscription' | 'by'>,
  delivery?: Delivery,
): Detail {
  if (viewer.all) return 'full';
  if (step.kind === 'overdue') {
    if (step.org === viewer.ods) return 'full';
    const other = step.org === event.sourceorg ? event.targetorg : event.sourceorg;
    if (other !== viewer.ods) return 'none';
    return step.subscription === undefined ? 'full' : 'outline';
  }
  if (step.kind === 'nudged') {
    const concerned = [step.org, event.sourceorg, step.by?.split(':')[0]];
    return concerned.includes(viewer.ods) ? 'full' : 'none';
  }
  if (delivery !== undefined) return seesDelivery(viewer, event, delivery);
  if (step.org === undefined) return event.sourceorg === viewer.ods ? 'full' : 'none';
  return step.org === viewer.ods ? 'full' : 'none';
}

/**
 * A delivery as its event's publisher sees it: never the receiver's endpoint, answers or timings. What has arrived has
 * arrived; what its receiver has sent to itself again, and refuses, is the receiver's own business.
 */
export function outline(whole: Delivery): Delivery {
  const delivery = isStoppedRepetition(whole) ? asArrived(whole) : whole;
  const {
    detail: _detail,
    status: _status,
    latencyms: _latency,
    answer: _answer,
    channel: _channel,
    ...rest
  } = delivery;
  return { ...rest, subscription: '' };
}
