import { randomUUID } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ByUrgency,
  type CloudEvent,
  defaultSchemasFolder,
  type TypeDescription,
  type WorkPage,
} from '@signalbox/contracts';
import type { JourneyView } from '../../apps/ledger/src/journeys/journey-view.js';
import { startRedis, type TestRedis, waitFor } from '../support/index.js';
import {
  type EventChange,
  HOSPITAL,
  LABORATORY,
  LedgerExchange,
  OPERATOR_ORG,
  PRACTICE,
  REQUESTED,
  RESPONDED,
} from './ledger-rig.js';

const BOOKED = 'org.signalbox.booking.booked.v1';
/** In this file’s catalogue what is critical has to be answered at once, and what is urgent within two seconds. */
const HURRIED: Partial<ByUrgency> = { critical: 'PT1S', urgent: 'PT2S' };
const ANSWER = 'referral-to-response';

/** What the board says is due next. */
interface Board {
  readonly duenext: readonly { readonly journey: string }[];
}

const idOf = (event: CloudEvent) => String(event.attributes['id']);
const journeyOf = (event: CloudEvent) => String(event.attributes['correlationid']);
const pathOf = (event: CloudEvent) => `/journeys/${journeyOf(event)}`;

describe('deadlines', () => {
  let exchange: LedgerExchange;
  let redis: TestRedis;
  let environment: Record<string, string>;

  beforeAll(async () => {
    [exchange, redis] = await Promise.all([LedgerExchange.start(), startRedis()]);
    environment = {
      SIGNALBOX_REDIS_URL: redis.url,
      SIGNALBOX_SCHEMAS_FOLDER: hurriedCatalogue(exchange.folder.path),
      SIGNALBOX_DEADLINES_EVERY_MS: '50',
      SIGNALBOX_DEADLINES_FILL_MS: '200',
    };
    await exchange.open(environment);
  });
  afterAll(async () => {
    await exchange.stop();
    await redis.stop();
  });

  const accept = (
    attributes: Record<string, string> = {},
    type = REQUESTED,
    sourceorg = PRACTICE,
    more: Pick<EventChange, 'content'> = {},
  ) => {
    const about = { correlationid: randomUUID(), targetorg: HOSPITAL, ...attributes };
    return exchange.accept({ type, sourceorg, attributes: about, ...more });
  };
  const work = (ods: string, event: CloudEvent) =>
    exchange.json<WorkPage>(ods, `/work-items?event=${idOf(event)}`).then(({ body }) => body.items);
  const overdueSteps = async (event: CloudEvent, ods = OPERATOR_ORG) => {
    const { body } = await exchange.json<JourneyView>(ods, pathOf(event));
    return body.events.flatMap(({ steps }) => steps).filter(({ kind }) => kind === 'overdue');
  };
  const untilMissed = (event: CloudEvent) =>
    waitFor('the missed deadline to be told', async () => (await work(OPERATOR_ORG, event))[0]);
  const health = async () => {
    const told = (await (await exchange.get('/health/ready')).json()) as {
      components: Record<string, { state: string }>;
    };
    return told.components['deadlines'];
  };
  /** What Redis answers to a command. */
  const command = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(redis.port, '127.0.0.1', () => socket.write(`${text}\r\n`));
      socket.once('error', reject).once('data', (answer) => {
        socket.destroy();
        resolve(answer.toString());
      });
    });
  /** How many missed deadlines this process has told of. */
  const told = async () => {
    const lines = (await (await exchange.get('/metrics')).text()).split('\n');
    const counts = lines.filter((line) =>
      line.startsWith(`signalbox_deadlines_missed_total{clock="${ANSWER}",type="${REQUESTED}"`),
    );
    return counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };

  it('that are missed are told once, a thousand of them within seconds; those that are kept are not told', async () => {
    await exchange.registry.putDeadline({
      ...{ ods: HOSPITAL, type: REQUESTED, clock: ANSWER, times: { routine: 'PT1S' } },
      ...{ by: `${HOSPITAL}:system`, updated: new Date().toISOString() },
    });
    await exchange.registryKnown();
    // Stored together, so that however slow the machine is, nothing comes between a question and what stops its clock.
    const [ask, first] = [randomUUID(), randomUUID()].map((correlationid) => ({ id: randomUUID(), correlationid }));
    const [answered, replaced] = await Promise.all([
      accept({ ...ask, urgency: 'urgent' }),
      accept({ ...first, urgency: 'urgent' }),
      accept({ correlationid: ask!.correlationid }, RESPONDED, HOSPITAL),
      accept({ correlationid: first!.correlationid, supersedes: first!.id, urgency: 'two-week-wait' }),
    ]);
    const [missed, own] = [await accept({ urgency: 'critical' }), await accept({ urgency: 'routine' })];
    // What they hold does not matter to their clocks.
    const small = { content: () => '{"resourceType":"Bundle"}' };
    const crowd = await Promise.all(
      Array.from({ length: 1_000 }, () => accept({ urgency: 'critical' }, REQUESTED, PRACTICE, small)),
    );
    const after = await accept({ urgency: 'urgent' });

    // One in each round would take most of a minute.
    await waitFor('all of them to be told', async () => (await told()) >= crowd.length + 2, { within: 30_000 });
    const item = await untilMissed(missed);
    expect(item).toMatchObject({
      kind: 'overdue',
      reason: ANSWER,
      sentence: 'The referral was not answered in time.',
      owner: { side: 'receiver', ods: HOSPITAL },
      publisher: PRACTICE,
      receiver: HOSPITAL,
    });
    for (const one of [item, await untilMissed(own)])
      expect(Date.parse(one.due!) - Date.parse(one.event.recorded)).toBe(1_000);
    expect((await work(HOSPITAL, missed))[0]).toMatchObject({ yours: true, contact: { ods: PRACTICE } });
    expect((await work(PRACTICE, missed))[0]).toMatchObject({ yours: false, contact: { ods: HOSPITAL } });
    expect(await work(LABORATORY, missed)).toEqual([]);

    await accept({ correlationid: journeyOf(missed) }, BOOKED, HOSPITAL);
    await waitFor('it to close by itself', async () => (await work(OPERATOR_ORG, missed)).length === 0);
    for (const ods of [HOSPITAL, PRACTICE])
      await exchange.until<Board>(ods, '/', ({ duenext }) =>
        duenext.some((one) => one.journey === journeyOf(replaced)),
      );
    expect((await exchange.json<Board>(LABORATORY, '/')).body.duenext).toEqual([]);
    await untilMissed(after);
    for (const [event, times] of [
      [answered, 0],
      [replaced, 0],
      [missed, 1],
      [own, 1],
    ] as const)
      expect(await overdueSteps(event, HOSPITAL)).toHaveLength(times);
    expect(await told()).toBe(crowd.length + 3);
  });

  it('are told while Redis is away or full, over its loss, and over a restart of the ledger, each once', async () => {
    const before = await accept({ urgency: 'critical' });
    await redis.kill();
    await untilMissed(before);
    await waitFor('health to say so', async () => (await health())?.state === 'degraded');
    const lost = await accept({ urgency: 'urgent' });
    await redis.restart();
    await waitFor('health to be up again', async () => (await health())?.state === 'up');
    await untilMissed(lost);
    await command('CONFIG SET maxmemory 1');
    const full = await accept({ urgency: 'critical' });
    await untilMissed(full);
    await command('CONFIG SET maxmemory 0');
    const asleep = await accept({ urgency: 'critical' });
    await exchange.close();
    await exchange.open(environment);
    await untilMissed(asleep);
    for (const event of [before, lost, full, asleep]) expect(await overdueSteps(event)).toHaveLength(1);
    // Not more than the one that may have run out meanwhile: what was told before is not told again.
    expect(await told()).toBeLessThanOrEqual(1);
  });
});

/** The catalogue, but with seconds for what is critical or urgent. */
function hurriedCatalogue(below: string): string {
  const folder = join(below, 'schemas');
  cpSync(defaultSchemasFolder(), folder, { recursive: true });
  const path = join(folder, 'referral', 'requested', 'v1', 'type.json');
  const type = JSON.parse(readFileSync(path, 'utf8')) as TypeDescription;
  for (const within of type.awaits?.within ?? []) Object.assign(within.times, HURRIED);
  writeFileSync(path, JSON.stringify(type));
  return folder;
}
