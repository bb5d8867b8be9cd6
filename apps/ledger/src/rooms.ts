import type { Catalogue } from '@signalbox/contracts';
import type { Engine } from '@signalbox/messaging';
import type { Announcing, Registry } from '@signalbox/registry';
import type { Log, Metrics, startTelemetry } from '@signalbox/runtime';
import { boardRoom } from './board/room.js';
import { catalogueRoom } from './catalogue/room.js';
import type { Answers } from './console/answers.js';
import type { Sessions } from './console/session.js';
import type { Viewers } from './console/viewers.js';
import type { VisibleSpans } from './console/visible-spans.js';
import type { Recipients } from './corrections/recipients.js';
import { disclosuresRoom } from './disclosures/room.js';
import { eventRoom } from './event-page/room.js';
import { findRoom } from './find/room.js';
import { journeyRoom } from './journey-page/room.js';
import type { Deliveries } from './journeys/deliveries.js';
import { intervalsRoom } from './intervals/room.js';
import type { Ingest } from './journeys/ingest.js';
import type { Journeys } from './journeys/journeys.js';
import type { Pseudonyms } from './journeys/pseudonyms.js';
import type { Acting } from './people/acting.js';
import { organisationsRoom } from './organisations/room.js';
import type { Proof } from './proof/proof.js';
import type { Room } from './room.js';
import type { LedgerSettings } from './settings.js';
import type { Database } from './store/database.js';
import { stuckRoom } from './stuck/room.js';
import type { WhyBook } from './stuck/why-book.js';
import type { Alerts } from './watching/alerts/alerts.js';
import { alertsRoom } from './watching/alerts/room.js';
import type { DueBook } from './watching/deadlines/due-book.js';
import { deadlinesRoom } from './watching/deadlines/room.js';
import type { Outages } from './watching/outages/outages.js';
import { outagesRoom } from './watching/outages/room.js';
import type { Silences } from './watching/rhythm/silences.js';

/** What the rooms of the operations view stand on. */
export interface RoomParts {
  readonly settings: LedgerSettings;
  readonly database: Database;
  readonly engine: Engine;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly pseudonyms: Pseudonyms;
  readonly telemetry: ReturnType<typeof startTelemetry>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly ingest: Ingest;
  readonly proof: Proof;
  readonly journeys: Journeys;
  readonly deliveries: Deliveries;
  readonly recipients: Recipients;
  readonly answers: Answers;
  readonly viewers: Viewers;
  readonly sessions: Sessions;
  readonly spans: VisibleSpans;
  readonly acting: Acting;
  readonly why: WhyBook;
  readonly watch: DueBook;
  readonly announcing: Announcing;
  readonly alerts: Alerts;
  readonly silences: Silences;
  readonly outages: Outages;
}

/** Opens the rooms of the operations view, each by the function that its folder exports. */
export async function openRooms(parts: RoomParts): Promise<readonly Room[]> {
  const open: readonly ((parts: RoomParts) => Promise<Room>)[] = [
    boardRoom,
    findRoom,
    stuckRoom,
    journeyRoom,
    eventRoom,
    disclosuresRoom,
    deadlinesRoom,
    alertsRoom,
    outagesRoom,
    organisationsRoom,
    intervalsRoom,
    catalogueRoom,
  ];
  return Promise.all(open.map((room) => room(parts)));
}
