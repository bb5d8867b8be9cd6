import { type CloudEvent, eventIdentity } from '@signalbox/contracts';
import {
  Engine,
  EngineFull,
  EngineRefusal,
  EngineUnavailable,
  type Step,
  type StoredEvent,
} from '@signalbox/messaging';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { startNats, startWire, type TestNats, waitFor } from '../support/index.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const REPORTED = 'org.signalbox.result.reported.v1';
const CORRECTED = 'org.signalbox.result.corrected.v1';
const BOOKED = 'org.signalbox.booking.booked.v1';

function anEvent(id: string, type = REPORTED, data = '{"n": 5.10}'): CloudEvent {
  return {
    attributes: {
      specversion: '1.0',
      id,
      source: 'urn:ods:X9L3B:lims',
      type,
      datacontenttype: 'application/fhir+json',
    },
    data: { kind: 'json', bytes: Buffer.from(data) },
  };
}

function aStep(eventid: string): Step {
  return {
    id: randomUUID(),
    kind: 'delivered',
    time: new Date().toISOString(),
    source: 'urn:ods:X9L3B:lims',
    eventid,
    type: REPORTED,
    journey: randomUUID(),
    sourceorg: 'X9L3B',
  };
}

function connect(nats: TestNats, commit: object = {}): Promise<Engine> {
  return Engine.connect({
    servers: nats.url,
    ...nats.users.gateway,
    name: 'test',
    log,
    monitorUrl: nats.monitorUrl,
    commit,
  });
}

describe('the engine', () => {
  let nats: TestNats;
  let engine: Engine;
  const sizes: number[] = [];
  const append = (event: CloudEvent) => engine.events.append(event, { sourceorg: 'X9L3B' });

  beforeAll(async () => {
    nats = await startNats();
    engine = await connect(nats, { onCommit: (size: number) => sizes.push(size) });
    await engine.ensureTopology();
  });
  afterAll(async () => {
    await engine.drain();
    await nats.stop();
  });
  afterEach(() => {
    sizes.length = 0;
  });

  it('has every stream and bucket as asked for, and asking again changes nothing', async () => {
    await engine.ensureTopology();
    await expect(engine.verify()).resolves.toBeUndefined();
  });

  it('stores the bytes of an event as they were sent', async () => {
    const id = randomUUID();
    const { stream, sequence, duplicate } = await engine.events.append(anEvent(id), {
      sourceorg: 'X9L3B',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    const stored = await engine.events.get(stream, sequence);
    expect(duplicate).toBe(false);
    expect(stored?.event.attributes).toMatchObject({ id, type: REPORTED });
    expect(stored?.event.data).toEqual({ kind: 'json', bytes: new Uint8Array(Buffer.from('{"n": 5.10}')) });
    expect(stored?.traceparent).toBe('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  });

  it('commits what arrives together in few batches, each event at its own place', async () => {
    const ids = Array.from({ length: 200 }, () => randomUUID());
    const positions = await Promise.all(ids.map((id) => append(anEvent(id))));
    expect(new Set(positions.map(({ sequence }) => sequence)).size).toBe(200);
    await waitFor('a large batch', () => Math.max(...sizes) > 50);
    const probe = await engine.events.get(positions[137]!.stream, positions[137]!.sequence);
    expect(probe?.event.attributes.id).toBe(ids[137]);
  });

  it('answers a repeated identity with the first place, alone, within a batch and across batches', async () => {
    const [first, second, other] = [randomUUID(), randomUUID(), randomUUID()];
    const before = await append(anEvent(first));
    const together = await Promise.all([second, first, other, second].map((id) => append(anEvent(id))));
    expect(together.map(({ duplicate }) => duplicate)).toEqual([false, true, false, true]);
    expect(together[1]!.sequence).toBe(before.sequence);
    expect(together[3]!.sequence).toBe(together[0]!.sequence);
    const alone = await append(anEvent(first));
    expect(alone).toEqual({ ...before, duplicate: true });
  });

  it('reads on after a position without a consumer, by type, and knows how far it looked', async () => {
    const after = await engine.events.lastSequence('result');
    await append(anEvent(randomUUID(), REPORTED));
    await append(anEvent(randomUUID(), CORRECTED));
    await append(anEvent(randomUUID(), 'org.signalbox.result.withdrawn.v1'));
    const read = await engine.events.read({ family: 'result', types: [REPORTED, CORRECTED], after, limit: 10 });
    expect(read.events.map(({ event }) => event.attributes.type)).toEqual([REPORTED, CORRECTED]);
    const rest = await engine.events.read({ family: 'result', types: [REPORTED], after: read.lastSequence, limit: 10 });
    expect(rest.events).toEqual([]);
  });

  it('a waiting read answers when an event arrives', async () => {
    const after = await engine.events.lastSequence('booking');
    const reading = engine.events.read({ family: 'booking', types: ['*'], after, limit: 1, waitMs: 10_000 });
    const id = randomUUID();
    await append(anEvent(id, BOOKED));
    expect((await reading).events[0]?.event.attributes.id).toBe(id);
  });

  it('finds the place before a time', async () => {
    const before = await append(anEvent(randomUUID()));
    const stored = (await engine.events.get(before.stream, before.sequence))!.time.getTime();
    // A time is whole milliseconds, and what was stored in the same one lies behind it.
    await waitFor('the next millisecond', () => Date.now() > stored, { every: 1 });
    const time = new Date();
    const { sequence } = await append(anEvent(randomUUID()));
    expect(await engine.events.sequenceBefore('result', time)).toBe(sequence - 1);
    expect(await engine.events.sequenceBefore('result', new Date(Date.now() + 60_000))).toBe(sequence);
  });

  it('hands out to a subscription only its types from its start, again after a retry, and never after an ack', async () => {
    await append(anEvent(randomUUID()));
    const startSequence = await engine.events.lastSequence('result');
    const queue = (await engine.deliveries({ id: randomUUID(), family: 'result', types: [REPORTED], startSequence }))!;
    const wanted = randomUUID();
    await append(anEvent(randomUUID(), CORRECTED));
    await append(anEvent(wanted));
    const seen: { stored: StoredEvent; attempt: number }[] = [];
    for await (const item of queue.items()) {
      seen.push(item);
      if (item.attempt === 1) item.retry(10);
      else item.ack();
      if (seen.length === 2) break;
    }
    await queue.stop();
    await waitFor('the acknowledgement to be noted', async () => (await queue.backlog()).unsettled === 0);
    expect(seen.map(({ stored, attempt }) => [stored.event.attributes.id, attempt])).toEqual([
      [wanted, 1],
      [wanted, 2],
    ]);
    expect(await queue.backlog()).toMatchObject({ waiting: 0, unsettled: 0 });
  });

  it('reads a journal in order and goes on where it stopped', async () => {
    const durable = `reader-${randomUUID()}`;
    const steps = Array.from({ length: 30 }, (_, index) => aStep(String(index)));
    await Promise.all(steps.map((step) => engine.steps.publish(step)));
    await engine.steps.publish(steps[0]!);
    const ids: string[] = [];
    const first = await engine.journal('STEPS', { durable, maxBatch: 10 });
    for await (const batch of first.batches()) {
      ids.push(...batch.items.map(({ body }) => (JSON.parse(Buffer.from(body).toString()) as { id: string }).id));
      await batch.ack();
      if (ids.length >= 10) break;
    }
    const second = await engine.journal('STEPS', { durable, maxBatch: 10 });
    for await (const batch of second.batches()) {
      ids.push(...batch.items.map(({ body }) => (JSON.parse(Buffer.from(body).toString()) as { id: string }).id));
      await batch.ack();
      if (new Set(ids).size === 30) break;
    }
    expect(ids).toEqual(steps.map(({ id }) => id));
  });

  it('reads a journal without a gap over a connection that lost what was under way', async () => {
    const wire = await startWire(nats.port);
    const servers = `nats://127.0.0.1:${String(wire.port)}`;
    const reader = await Engine.connect({ servers, ...nats.users.ledger, name: 'reader', log });
    const from = await engine.lastSequence('STEPS');
    const journal = await reader.journal('STEPS', { durable: `reader-${randomUUID()}` });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const batch of journal.batches()) {
        seen.push(...batch.items.map(({ sequence }) => sequence).filter((sequence) => sequence > from));
        await batch.ack().catch(() => undefined);
        if (seen.length >= 4) break;
      }
    })();
    const publish = async (): Promise<string> => {
      const step = aStep(randomUUID());
      await engine.steps.publish(step);
      return step.id;
    };
    await publish();
    await waitFor('the first step', () => seen.length === 1);
    wire.swallow();
    const lost = [await publish(), await publish()];
    await waitFor('two steps to get lost', () => lost.every((id) => wire.swallowed.includes(id)));
    wire.cut();
    await publish();
    await reading;
    expect(seen).toEqual([1, 2, 3, 4].map((step) => from + step));
    await reader.drain();
    await wire.stop();
  });

  it('watches a bucket: what is there, then every change; and refuses to write over another revision', async () => {
    const kv = await engine.kv('REGISTRY');
    const revision = await kv.create('probe.a', 'one');
    const told: string[] = [];
    const watch = await kv.watch(({ key, value }) =>
      told.push(`${key}=${value === undefined ? '-' : Buffer.from(value).toString()}`),
    );
    await watch.ready;
    expect(told).toContain('probe.a=one');
    await expect(kv.create('probe.a', 'two')).rejects.toThrow(/changed by someone else/);
    await kv.update('probe.a', 'two', revision);
    // Of changes that follow too fast only the last one is told.
    await waitFor('the change to be told', () => told.includes('probe.a=two'));
    await expect(kv.update('probe.a', 'three', revision)).rejects.toThrow(/changed by someone else/);
    await kv.delete('probe.a');
    await waitFor('the deletion to be told', () => told.includes('probe.a=-'));
    expect(told.filter((line) => line.startsWith('probe.a'))).toEqual(['probe.a=one', 'probe.a=two', 'probe.a=-']);
    watch.stop();
  });

  it('finds the keys of a bucket without those that are gone, and leaves nothing in the engine for having looked', async () => {
    const kv = await engine.kv('WAITING');
    const keys = Array.from({ length: 1_100 }, (_, index) => `probe.EVENTS_RESULT.${index}`);
    await Promise.all(keys.map((key) => kv.put(key, 'one')));
    await kv.put('other.EVENTS_RESULT.1', 'one');
    await Promise.all([kv.forget(keys[0]!), kv.delete(keys[1]!)]);
    expect((await kv.keys('probe.>')).sort()).toEqual(keys.slice(2).sort());
    expect(await kv.keys('nobody.>')).toEqual([]);
    const answer = await fetch(`${nats.monitorUrl}/jsz?accounts=true&streams=true&consumers=true`);
    const { account_details: accounts } = (await answer.json()) as {
      account_details: { stream_detail: { name: string; consumer_detail?: object[] }[] }[];
    };
    const bucket = accounts.flatMap((account) => account.stream_detail).find(({ name }) => name === 'KV_WAITING');
    expect(bucket?.consumer_detail ?? []).toEqual([]);
  });
});

describe('when the engine fails', () => {
  it('a killed server loses nothing that was confirmed, and what was under way is confirmed after its return', async () => {
    const nats = await startNats();
    const engine = await connect(nats, { commitTimeoutMs: 20_000 });
    await engine.ensureTopology();
    const confirmed = new Map<string, number>();
    let going = true;
    const publishers = Array.from({ length: 16 }, async () => {
      while (going) {
        const id = randomUUID();
        const position = await engine.events.append(anEvent(id), { sourceorg: 'X9L3B' });
        confirmed.set(id, position.sequence);
      }
    });
    await waitFor('some events', () => confirmed.size > 200);
    await nats.kill('SIGKILL');
    const before = confirmed.size;
    await nats.restart();
    await waitFor('events after the return', () => confirmed.size > before + 200, { within: 20_000 });
    going = false;
    await Promise.all(publishers);
    const last = await engine.events.lastSequence('result');
    const stored = new Map<string, number>();
    let count = 0;
    for (let after = 0; after < last;) {
      const read = await engine.events.read({ family: 'result', types: ['*'], after, limit: 500 });
      for (const { event, sequence } of read.events) stored.set(String(event.attributes.id), sequence);
      count += read.events.length;
      after = read.lastSequence;
    }
    expect([...confirmed].filter(([id, sequence]) => stored.get(id) !== sequence)).toEqual([]);
    // A batch that was cut off leaves a hole in the sequences, and nothing lies there twice.
    expect(stored.size).toBe(count);
    await engine.drain();
    await nats.stop();
  });

  it('a frozen server is answered as unavailable within the bound, and again available when it thaws', async () => {
    const nats = await startNats();
    const engine = await connect(nats, { commitTimeoutMs: 500 });
    await engine.ensureTopology();
    await nats.freeze();
    const id = randomUUID();
    await expect(engine.events.append(anEvent(id), { sourceorg: 'X9L3B' })).rejects.toBeInstanceOf(EngineUnavailable);
    nats.thaw();
    // Half a second may be short for one that has just come back.
    const again = await waitFor('it to be available', () => engine.events.append(anEvent(id), { sourceorg: 'X9L3B' }));
    const stored = await engine.events.get(again.stream, again.sequence);
    expect(stored && eventIdentity(stored.event)).toBe(eventIdentity(anEvent(id)));
    await engine.drain();
    await nats.stop();
  });

  it.each(['dead', 'frozen'])('an engine that is %s does not keep the house from closing', async (state) => {
    const nats = await startNats();
    const engine = await connect(nats, { commitTimeoutMs: 500 });
    if (state === 'dead') {
      await nats.kill();
      await waitFor('the loss to be noticed', () => !engine.status().connected);
    } else await nats.freeze();
    const began = performance.now();
    await engine.drain();
    await expect(engine.closed()).resolves.toBeUndefined();
    // Five seconds is what an answer has by default.
    expect(performance.now() - began).toBeLessThan(4_500);
    await nats.stop();
  });

  it('a full store is answered as full, alone and in a batch, and drops nothing old', async () => {
    const nats = await startNats({ storeLimit: '2MB' });
    const engine = await connect(nats, { commitTimeoutMs: 500 });
    await engine.ensureTopology();
    const patient = await connect(nats);
    const incompressible = () => JSON.stringify(Array.from({ length: 2_000 }, () => randomUUID()));
    const outcome = (by: Engine): Promise<unknown> =>
      by.events.append(anEvent(randomUUID(), REPORTED, incompressible()), { sourceorg: 'X9L3B' }).then(
        () => 'stored',
        (error: unknown) => error,
      );
    const outcomes: unknown[] = [];
    for (let round = 0; round < 7; round += 1)
      outcomes.push(...(await Promise.all(Array.from({ length: 8 }, () => outcome(engine)))));
    outcomes.push(await outcome(patient));
    // The batch that meets the limit is not answered at all by the engine; every later one is told that there is no room.
    const refused = outcomes.filter((one) => one !== 'stored');
    expect(refused.every((one) => one instanceof EngineFull || one instanceof EngineUnavailable)).toBe(true);
    expect(outcomes.at(-1)).toBeInstanceOf(EngineFull);
    expect((await engine.events.get('EVENTS_RESULT', 1))?.sequence).toBe(1);
    await Promise.all([engine.drain(), patient.drain()]);
    await nats.stop();
  });

  it('a server that does not fsync before it acknowledges is refused with one clear line', async () => {
    const nats = await startNats({ config: new URL('./fixtures/nats-default-sync.conf', import.meta.url).pathname });
    await expect(connect(nats)).rejects.toThrow(EngineRefusal);
    await expect(connect(nats)).rejects.toThrow(/sync_interval: always/);
    await nats.stop();
  });
});
