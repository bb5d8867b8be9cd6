import {
  announceOutage,
  isUnderway,
  type Outage,
  outageCovers,
  type OutageTelling,
  type Registry,
  toldOfOutage,
} from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';
import type { Viewer } from '../../journeys/sight.js';
import { excusedUntil } from './excuse.js';
import { overlaps } from './overlaps.js';
import type { Noticed } from '../alerts/decision.js';

/** What outages are known by. */
export interface OutagesParts extends Omit<OutageTelling, 'registry'> {
  readonly registry: OutageTelling['registry'] & Pick<Registry, 'outages' | 'organisation'>;
  /** Milliseconds for which an outage without an expected end explains that nothing comes. */
  readonly trustedMs: number;
  readonly log: Log;
}

/** How long the gateway, which tells of outages, is left to do so before the ledger does it for it. */
const PATIENCE_MS = 15_000;

/** Knows the outages that organisations have declared; the registry is where they stand. */
export class Outages {
  constructor(private readonly parts: OutagesParts) {}

  /** Under way now, the newest first; of one organisation when told. */
  underway(ods?: string, now = Date.now()): Outage[] {
    return this.parts.registry.outages(ods).filter((outage) => isUnderway(outage, now));
  }

  /** Every outage, the newest first. */
  all(ods?: string): Outage[] {
    return this.parts.registry.outages(ods);
  }

  /** Since when an organisation is out; `undefined` when it is not. */
  sinceOf(ods: string): { readonly since: string } | undefined {
    const [oldest] = this.underway(ods).toReversed();
    return oldest && { since: oldest.began };
  }

  /** Until when it is explained that nothing of a type comes from a publisher, in milliseconds since 1970. */
  excusedUntil(publisher: string, type: string, now = Date.now()): number | undefined {
    return excusedUntil(this.parts.registry.outages(publisher), type, now, this.parts.trustedMs);
  }

  /** Whether they were known to stay away in a part of a stretch of time, both in milliseconds since 1970. */
  wasOut(publisher: string, type: string, fromMs: number, toMs: number): boolean {
    return this.parts.registry
      .outages(publisher)
      .some((outage) => outageCovers(outage, type) && overlaps(outage, fromMs, toMs));
  }

  /** Those under way of some organisations that concern a viewer: what a page about their events should say on top. */
  among(organisations: readonly string[], viewer: Viewer, now = Date.now()): Outage[] {
    return this.underway(undefined, now).filter(
      (outage) => organisations.includes(outage.ods) && this.concerns(outage, viewer),
    );
  }

  /** Whether an outage is of the viewer's side: its own, or one that it was, or would be, told of. */
  concerns(outage: Outage, viewer: Viewer): boolean {
    if (viewer.all || outage.ods === viewer.ods) return true;
    return toldOfOutage(outage, this.parts.registry, this.parts.catalogue).includes(viewer.ods);
  }

  /** As conditions. */
  open(): Noticed[] {
    return this.underway().map(({ id, ods, reason, began, expectedend }) => ({
      kind: 'outage-declared',
      key: id,
      org: ods,
      about: {},
      detail: `Since ${began}: ${reason.replaceAll('-', ' ')}.${expectedend === undefined ? '' : ` Expected to end at ${expectedend}.`}`,
    }));
  }

  /** Tells of what the gateway could not tell of: the record stands, and somebody has yet to hear of it. */
  async tell(now = Date.now()): Promise<void> {
    for (const outage of this.parts.registry.outages()) {
      const untold = outage.told === undefined ? outage.began : outage.toldend === undefined ? outage.ended : undefined;
      if (untold === undefined || now - Date.parse(untold) < PATIENCE_MS) continue;
      try {
        await announceOutage(outage, this.parts);
      } catch (error) {
        this.parts.log.warn({ err: error, org: outage.ods }, 'an outage cannot be told now');
        // One that cannot be told as its contract asks never will: the others must be told.
        if (!(error instanceof TypeError)) return;
      }
    }
  }
}
