import { Controller } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { FAMILIES, type JournalBatch, streamOf } from '@signalbox/messaging';
import { Ingest } from './ingest.js';

/** The doors through which the streams come in; each batch is acknowledged after its transaction has committed. */
@Controller()
export class JournalController {
  constructor(private readonly ingest: Ingest) {}

  @EventPattern<string[]>(FAMILIES.map((family) => `journal.${streamOf(family)}`))
  events(batch: JournalBatch): Promise<void> {
    return this.ingest.events(batch);
  }

  @EventPattern<string>('journal.STEPS')
  steps(batch: JournalBatch): Promise<void> {
    return this.ingest.steps(batch);
  }

  @EventPattern<string>('journal.REJECTED')
  refusals(batch: JournalBatch): Promise<void> {
    return this.ingest.refusals(batch);
  }
}
