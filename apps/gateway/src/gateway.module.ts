import { Module, type DynamicModule } from '@nestjs/common';
import { Catalogue } from '@signalbox/contracts';
import { Registry, TokenAuthority, TokenVerifier, type JtiStore } from '@signalbox/registry';
import { CatalogueController, PUBLIC_URL } from './catalogue/catalogue.controller.js';
import { DocsController } from './catalogue/docs.controller.js';
import { FHIR_BASE, FhirController } from './doors/fhir/fhir.controller.js';
import { FhirNotifications } from './doors/fhir/notifications.js';
import { PublishController } from './doors/nats/publish.controller.js';
import { TURNSTILE_LIMITS, type TurnstileLimits } from './doors/nats/turnstile.js';
import { Acceptance } from './events/acceptance.js';
import { EventsController, OFFER_LIMITS, type OfferLimits } from './events/events.controller.js';
import { DeliveriesController } from './following/deliveries.controller.js';
import { FollowingController } from './following/following.controller.js';
import { LedgerClient } from './following/ledger-client.js';
import { StuckController } from './following/stuck.controller.js';
import { DeadlinesController } from './organisations/deadlines.controller.js';
import { OrganisationsController } from './organisations/organisations.controller.js';
import { OutageDesk } from './organisations/outage-desk.js';
import { OutagesController } from './organisations/outages.controller.js';
import { StageDesk } from './organisations/stage-desk.js';
import { StagesController } from './organisations/stages.controller.js';
import { BulkActions } from './parked/bulk-actions.js';
import { EventsDesk } from './parked/events-desk.js';
import { ParkedDesk } from './parked/parked-desk.js';
import { PublisherDesk } from './parked/publisher-desk.js';
import { ActionsController, ParkedController } from './parked/parked.controller.js';
import { PEOPLE_MAX, PeopleController } from './people/people.controller.js';
import { ReplayDesk } from './replays/replay-desk.js';
import { ReplaysController } from './replays/replays.controller.js';
import { Seeking } from './replays/seeking.js';
import { CareController, SECRET_OVERLAP_MS } from './subscription-care/care.controller.js';
import { HealthDesk } from './subscription-care/health.js';
import { Testing } from './subscription-care/testing.js';
import { Acknowledging } from './subscriptions/acknowledging.js';
import { SubscriptionDesk } from './subscriptions/desk.js';
import { FilterTestController } from './subscriptions/filter-test.controller.js';
import { FilterTesting } from './subscriptions/filter-test.js';
import { Pulling } from './subscriptions/pulling.js';
import { StreamController } from './subscriptions/stream.controller.js';
import { Streaming } from './subscriptions/streaming.js';
import { PULL_WAIT_MAX_MS, SubscriptionsController } from './subscriptions/subscriptions.controller.js';
import { JTI_STORE, TokenController } from './tokens/token.controller.js';

/** What the doors of the gateway are given. */
export interface GatewayServices {
  readonly acceptance: Acceptance;
  readonly limits: OfferLimits;
  readonly turns: TurnstileLimits;
  readonly catalogue: Catalogue;
  readonly registry: Registry;
  readonly verifier: TokenVerifier;
  readonly authority: TokenAuthority;
  readonly jtiStore: JtiStore;
  readonly ledger: LedgerClient;
  readonly desk: SubscriptionDesk;
  readonly pulling: Pulling;
  readonly streaming: Streaming;
  readonly filterTesting: FilterTesting;
  readonly fhir: { readonly notifications: FhirNotifications; readonly base: string };
  readonly acknowledging: Acknowledging;
  readonly replays: ReplayDesk;
  readonly seeking: Seeking;
  readonly parked: ParkedDesk;
  readonly publisherDesk: PublisherDesk;
  readonly eventsDesk: EventsDesk;
  readonly actions: BulkActions;
  readonly healthDesk: HealthDesk;
  readonly testing: Testing;
  readonly stages: StageDesk;
  readonly outages: OutageDesk;
  readonly secretOverlapMs: number;
  readonly publicUrl: string;
  readonly peopleMax: number;
  readonly pullWaitMaxMs: number;
}

/** Every door of the gateway. */
@Module({})
export class GatewayModule {
  static of(services: GatewayServices): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [
        EventsController,
        FollowingController,
        DeliveriesController,
        StuckController,
        TokenController,
        CatalogueController,
        DocsController,
        SubscriptionsController,
        StreamController,
        FilterTestController,
        FhirController,
        CareController,
        ReplaysController,
        ParkedController,
        ActionsController,
        OrganisationsController,
        StagesController,
        DeadlinesController,
        OutagesController,
        PeopleController,
        PublishController,
      ],
      providers: [
        { provide: Acceptance, useValue: services.acceptance },
        { provide: OFFER_LIMITS, useValue: services.limits },
        { provide: TURNSTILE_LIMITS, useValue: services.turns },
        { provide: Catalogue, useValue: services.catalogue },
        { provide: Registry, useValue: services.registry },
        { provide: TokenVerifier, useValue: services.verifier },
        { provide: TokenAuthority, useValue: services.authority },
        { provide: JTI_STORE, useValue: services.jtiStore },
        { provide: LedgerClient, useValue: services.ledger },
        { provide: SubscriptionDesk, useValue: services.desk },
        { provide: Pulling, useValue: services.pulling },
        { provide: Streaming, useValue: services.streaming },
        { provide: FilterTesting, useValue: services.filterTesting },
        { provide: FhirNotifications, useValue: services.fhir.notifications },
        { provide: FHIR_BASE, useValue: services.fhir.base },
        { provide: Acknowledging, useValue: services.acknowledging },
        { provide: ReplayDesk, useValue: services.replays },
        { provide: Seeking, useValue: services.seeking },
        { provide: ParkedDesk, useValue: services.parked },
        { provide: PublisherDesk, useValue: services.publisherDesk },
        { provide: EventsDesk, useValue: services.eventsDesk },
        { provide: BulkActions, useValue: services.actions },
        { provide: HealthDesk, useValue: services.healthDesk },
        { provide: Testing, useValue: services.testing },
        { provide: StageDesk, useValue: services.stages },
        { provide: OutageDesk, useValue: services.outages },
        { provide: SECRET_OVERLAP_MS, useValue: services.secretOverlapMs },
        { provide: PUBLIC_URL, useValue: services.publicUrl },
        { provide: PEOPLE_MAX, useValue: services.peopleMax },
        { provide: PULL_WAIT_MAX_MS, useValue: services.pullWaitMaxMs },
      ],
    };
  }
}
