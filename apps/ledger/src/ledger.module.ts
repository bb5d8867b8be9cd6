import { type DynamicModule, Module } from '@nestjs/common';
import { Answers } from './console/answers.js';
import { Assets, AssetsController } from './console/assets.controller.js';
import { Sessions } from './console/session.js';
import { SignIn } from './console/sign-in.js';
import { SignInController } from './console/sign-in.controller.js';
import { Viewers } from './console/viewers.js';
import { VisibleSpans } from './console/visible-spans.js';
import { Recipients } from './corrections/recipients.js';
import { RecipientsController } from './corrections/recipients.controller.js';
import { Deliveries } from './journeys/deliveries.js';
import { DeliveriesController } from './journeys/deliveries.controller.js';
import { Ingest } from './journeys/ingest.js';
import { JournalController } from './journeys/journal.controller.js';
import { Journeys } from './journeys/journeys.js';
import { ProofController } from './proof/proof.controller.js';
import { Proof } from './proof/proof.js';
import type { Room } from './room.js';

/** What the ledger's controllers work with. */
export interface LedgerParts {
  readonly ingest: Ingest;
  readonly journeys: Journeys;
  readonly deliveries: Deliveries;
  readonly recipients: Recipients;
  readonly proof: Proof;
  readonly spans: VisibleSpans;
  readonly answers: Answers;
  readonly viewers: Viewers;
  readonly sessions: Sessions;
  readonly signIn: SignIn;
  readonly assets: Assets;
  readonly rooms: readonly Room[];
}

/** The ledger's doors: streams, pages and sign-in. */
@Module({})
export class LedgerModule {
  static of(parts: LedgerParts): DynamicModule {
    return {
      module: LedgerModule,
      controllers: [
        JournalController,
        DeliveriesController,
        RecipientsController,
        ProofController,
        SignInController,
        AssetsController,
        ...parts.rooms.flatMap(({ controllers }) => controllers),
      ],
      providers: [
        { provide: Ingest, useValue: parts.ingest },
        { provide: Journeys, useValue: parts.journeys },
        { provide: Deliveries, useValue: parts.deliveries },
        { provide: Recipients, useValue: parts.recipients },
        { provide: Proof, useValue: parts.proof },
        { provide: VisibleSpans, useValue: parts.spans },
        { provide: Answers, useValue: parts.answers },
        { provide: Viewers, useValue: parts.viewers },
        { provide: Sessions, useValue: parts.sessions },
        { provide: SignIn, useValue: parts.signIn },
        { provide: Assets, useValue: parts.assets },
        ...parts.rooms.flatMap(({ providers }) => providers),
      ],
    };
  }
}
