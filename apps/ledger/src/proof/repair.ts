import type { Gap } from '@signalbox/contracts';
import type { Engine } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import { afterStep, type Delivery, type DeliveryStep } from '../journeys/delivery.js';
import type { EventFact } from '../journeys/facts.js';
import { type Deadlines, foreseeOne } from '../journeys/foresight.js';
import type { Ingest } from '../journeys/ingest.js';
import { sight } from '../journeys/positions.js';
import { UPSERT_DELIVERIES } from '../journeys/record-steps.js';
import { type Database, plain, recordset, type Row } from '../store/database.js';

/** What mending stands on. */
export interface RepairParts {
  readonly database: Database;
  readonly engine: Pick<Engine, 'message'>;
  readonly registry: Registry;
  readonly deadlines: Deadlines;
  readonly ingest: Pick<Ingest, 'again'>;
}

/**
 * Mends what can be mended from what is on disk: a message is read again, a delivery is made up again from its steps.
 * Nothing is sent to anybody.
 */
export async function repair(parts: RepairParts, gap: Gap): Promise<void> {
  const { stream, sequence, identity, subscription } = gap;
  if (gap.kind === 'delivery-missing' && identity !== undefined && subscription !== undefined) {
    await rebuild(parts, identity, subscription);
  } else if (gap.kind === 'end-unproven' && identity !== undefined && subscription !== undefined) {
    await readStepAgain(parts, identity, subscription);
  } else if (gap.kind.endsWith('-unread') && sequence !== undefined) {
    await readAgain(parts, stream, sequence);
    if (gap.kind === 'event-unread') await rebuildAll(parts, stream, sequence);
  }
}

async function readAgain({ engine, ingest }: RepairParts, stream: string, sequence: number): Promise<void> {
  const item = await engine.message(stream, sequence);
  if (item !== undefined) await ingest.again(item);
}

async function readStepAgain(parts: RepairParts, identity: string, subscription: string): Promise<void> {
  const [row] = await parts.database.query<{ step: number }>(
    'select step from deliveries where identity = $1 and subscription = $2',
    [identity, subscription],
  );
  if (row !== undefined && row.step > 0) await readAgain(parts, 'STEPS', row.step);
}

/** What happened to an event that was read only now: its steps may have come long before it. */
async function rebuildAll(parts: RepairParts, stream: string, sequence: number): Promise<void> {
  const rows = await parts.database.query<{ identity: string; subscription: string }>(
    `select distinct s.identity, s.subscription from events e join steps s on s.identity = e.identity
     where e.stream = $1 and e.sequence = $2 and s.subscription is not null`,
    [stream, sequence],
  );
  for (const { identity, subscription } of rows) await rebuild(parts, identity, subscription);
}

async function rebuild(parts: RepairParts, identity: string, subscription: string): Promise<void> {
  const { database, registry } = parts;
  const [row] = await database.query<Row>('select * from events where identity = $1 and duplicateof is null', [
    identity,
  ]);
  const asking = registry.subscription(subscription);
  const foreseen = row && asking && foreseeOne(parts, asking, plain<EventFact>(row));
  await database.transaction(async (within) => {
    const steps = await within.query<Row>(
      'select * from steps where identity = $1 and subscription = $2 order by sequence',
      [identity, subscription],
    );
    const delivery = steps
      .map((step) => plain<DeliveryStep & { readonly sequence: number }>(step))
      .reduce<Delivery | undefined>((before, step) => afterStep(before, step, identity, step.sequence), foreseen);
    if (delivery === undefined) return;
    // A step that has come meanwhile knows better.
    await within.query(`${UPSERT_DELIVERIES} where deliveries.step < excluded.step`, [recordset([delivery])]);
    if (delivery.entitled) await sight(within, [{ org: delivery.org, journey: delivery.journey, at: delivery.since }]);
  });
}
