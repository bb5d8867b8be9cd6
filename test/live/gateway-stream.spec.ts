import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeStructured } from '@signalbox/contracts';
import { waitingKey, type Step, type WaitingDelivery } from '@signalbox/messaging';
import { EventSource } from 'eventsource';
import { standsStill, waitFor } from '../support/index.js';
import { anEvent, GatewayHouse, PRACTICE, REPORTED, REQUESTED } from './fixtures/gateway-house.js';

const RESULTS = 'org.signalbox.result.*';

interface Message {
  readonly id: string;
  readonly event: string;
  readonly text: string;
  readonly lastEventId: string;
}

/** A reader with the public `eventsource` client, which comes back by itself as the standard has it. */
class Reader {
  readonly messages: Message[] = [];
  readonly ends: string[] = [];
  readonly comingsBack: string[] = [];
  readonly #source: EventSource;

  constructor(url: string, token: string, types: readonly string[] = [REPORTED]) {
    this.#source = new EventSource(url, {
      fetch: (input, init) => {
        const headers = { ...init.headers, authorization: `Bearer ${token}` } as Record<string, string>;
        const last = Object.entries(headers).find(([name]) => name.toLowerCase() === 'last-event-id')?.[1];
        if (last !== undefined) this.comingsBack.push(last);
        return fetch(input, { ...init, headers });
      },
    });
    for (const type of types) this.#source.addEventListener(type, (message) => this.#take(type, message));
    this.#source.addEventListener('end', ({ data }) => {
      this.ends.push((JSON.parse(String(data)) as { reason: string }).reason);
    });
  }

  get ids(): string[] {
    return this.messages.map(({ id }) => id);
  }

  close(): void {
    this.#source.close();
  }

  #take(event: string, { data, lastEventId }: MessageEvent): void {
    const { id } = JSON.parse(String(data)) as { id: string };
    this.messages.push({ id, event, text: String(data), lastEventId });
  }
}

describe('a stream of a gateway', () => {
  let house: GatewayHouse;
  const readers: { close(): void }[] = [];

  beforeAll(async () => {
    const env = {
      SIGNALBOX_STREAM_HEARTBEAT_MS: '150',
      SIGNALBOX_STREAM_RETRY_MS: '20',
      SIGNALBOX_STREAM_UNACKNOWLEDGED: '64',
      SIGNALBOX_LOOK_EVERY_MS: '20',
    };
    house = await GatewayHouse.open({ env });
  });
  afterAll(async () => {
    for (const reader of readers) reader.close();
    await house.close();
  });

  const subscribed = async (more: object = {}): Promise<string> => {
    const made = await house.json('POST', '/subscriptions', PRACTICE, { types: [RESULTS], protocol: 'PULL', ...more });
    expect([made.status, made.text]).toEqual([201, expect.any(String)]);
    return made.json.id as string;
  };
  const read = async (id: string, types?: readonly string[]): Promise<Reader> => {
    const reader = new Reader(`${house.url}/subscriptions/${id}/stream`, await house.token(PRACTICE), types);
    readers.push(reader);
    return reader;
  };
  const published = async (count: number, more: (at: number) => object = () => ({})): Promise<string[]> => {
    const events = Array.from({ length: count }, (_, at) => anEvent({ ...more(at) }));
    const body = JSON.stringify(events);
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    await house.call('POST', '/events', { as: { ods: 'X9H2T', application: 'tie' }, body, headers });
    return events.map((event) => String(event['id']));
  };
  const stepsOf = async (subscription: string, count: number) => {
    const mine = (all: Step[]) => all.filter((step) => step.subscription === subscription);
    return mine(await house.records<Step>('STEPS', (all) => mine(all).length >= count));
  };
  /** The bare answer, for what a client library would hide. */
  const raw = async (id: string, headers: Record<string, string> = {}): Promise<IncomingMessage> => {
    const authorization = `Bearer ${await house.token(PRACTICE)}`;
    return new Promise((resolve, reject) => {
      get(`${house.url}/subscriptions/${id}/stream`, { headers: { authorization, ...headers } }, resolve).on(
        'error',
        reject,
      );
    });
  };
  const textOf = (answer: IncomingMessage): { text: string; ended: boolean } => {
    const read = { text: '', ended: false };
    answer.on('data', (chunk: Buffer) => (read.text += chunk.toString()));
    answer.on('close', () => (read.ended = true));
    answer.on('error', () => undefined);
    readers.push({ close: () => answer.destroy() });
    return read;
  };

  it('brings events as they come, each under its type and with the cursor behind it', async () => {
    const id = await subscribed();
    const before = await published(2);
    const reader = await read(id);
    await waitFor('what was there', () => reader.messages.length === 2);
    const after = await published(1);
    await waitFor('what came', () => reader.messages.length === 3);
    expect(reader.ids).toEqual([...before, ...after]);
    const acked = await house.json('POST', `/subscriptions/${id}/ack`, PRACTICE, {
      cursor: reader.messages[1]!.lastEventId,
    });
    expect(acked.status).toBe(204);
    reader.close();
    const pulled = await house.json('POST', `/subscriptions/${id}/pull`, PRACTICE, {});
    expect(pulled.json.items.map(({ event }: { event: { id: string } }) => event.id)).toEqual(after);
  });

  it('loses nothing and doubles nothing of what was acknowledged, however often its reader comes back', async () => {
    const id = await subscribed();
    const reader = await read(id);
    const sent = await published(250);
    await waitFor('every event', () => reader.messages.length >= 250);
    expect(reader.ids).toEqual(sent);
    // Too much unacknowledged ends a stream; coming back with Last-Event-ID acknowledges it.
    expect(reader.ends.filter((reason) => reason === 'acknowledge').length).toBeGreaterThanOrEqual(3);
    expect(reader.comingsBack.length).toBeGreaterThanOrEqual(3);
    const steps = await stepsOf(id, 250 + 192);
    const of = (kind: string) => new Set(steps.filter((step) => step.kind === kind).map(({ eventid }) => eventid));
    expect(of('delivered')).toEqual(new Set(sent));
    expect([...of('acknowledged')]).toEqual(expect.arrayContaining(sent.slice(0, 192)));
    reader.close();
  });

  it('goes on after a broken connection behind the last event that came', async () => {
    const id = await subscribed();
    const first = textOf(await raw(id));
    const before = await published(3);
    await waitFor('three events', () => first.text.split('\ndata: ').length === 4);
    const ids = [...first.text.matchAll(/^id: (.+)$/gm)].map(([, cursor]) => cursor!);
    const after = await published(1);
    const again = textOf(await raw(id, { 'last-event-id': ids[1]! }));
    await waitFor('the rest', () => again.text.split('\ndata: ').length === 3);
    const came = [...again.text.matchAll(/"id":"([^"]+)"/g)].map(([, one]) => one);
    expect(came).toEqual([before[2], after[0]]);
    // The newest stream is the only one.
    await waitFor('the end of the first', () => first.ended);
    expect(first.text).toContain('event: end\ndata: {"reason":"taken-over"}');
    const foreign = await raw(await subscribed(), { 'last-event-id': ids[0]! });
    expect(foreign.statusCode).toBe(422);
    foreign.resume();
  });

  it('keeps the bytes of content, whichever line ends stand in it', async () => {
    const id = await subscribed();
    const reader = await read(id);
    const { data: _data, ...attributes } = anEvent();
    const contents = [
      '{\n "resourceType":"Patient",\n "gender" : "unknown" }',
      '{\r\n"resourceType":"Patient", "gender":"other"}',
    ];
    for (const [at, data] of contents.entries()) {
      const head = JSON.stringify({ ...attributes, id: `bytes-${String(at)}` }).slice(0, -1);
      expect((await house.publish(`${head},"data":${data}}`)).status).toBe(202);
    }
    await waitFor('both', () => reader.messages.length === 2);
    const bytes = reader.messages.map(({ text }) => {
      const { data } = decodeStructured(Buffer.from(text));
      return data.kind === 'absent' ? '' : Buffer.from(data.bytes).toString();
    });
    expect(bytes).toEqual(contents);
    reader.close();
  });

  it('shows that it stands while nothing comes, and asks proxies to pass everything on', async () => {
    const answer = await raw(await subscribed());
    expect(answer.headers).toMatchObject({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    const read = textOf(answer);
    await waitFor('two heartbeats', () => read.text.split('\n:\n').length > 2);
    expect(read.text.startsWith('retry: 20\n\n')).toBe(true);
  });

  it('waits for a reader that does not read, and keeps next to nothing for it', async () => {
    const id = await subscribed();
    const answer = await raw(id);
    answer.pause();
    readers.push({ close: () => answer.destroy() });
    const text = 'x'.repeat(200_000);
    const large = anEvent({ data: { resourceType: 'Patient', gender: 'unknown', text } });
    await Promise.all(Array.from({ length: 120 }, (_, at) => house.publish({ ...large, id: `large-${String(at)}` })));
    // 24 MB wait; what the kernel's buffers and ours do not take is not even handed out.
    const handedOut = await standsStill('what is handed out', async () => (await stepsOf(id, 1)).length);
    expect(handedOut).toBeLessThan(90);
    const changed = await house.json('POST', `/subscriptions/${id}/pause`, PRACTICE);
    expect(changed.status).toBe(200);
    answer.on('error', () => undefined);
    answer.resume();
    await waitFor('the cut', () => answer.closed);
  });

  it('ends in words when its subscription is paused or changed, and is refused while it cannot be', async () => {
    const id = await subscribed();
    const reader = await read(id);
    await published(1);
    await waitFor('an event', () => reader.messages.length === 1);
    await house.json('POST', `/subscriptions/${id}/pause`, PRACTICE);
    await waitFor('the last word', () => reader.ends.includes('subscription-changed'));
    reader.close();
    expect((await raw(id).then((answer) => (answer.resume(), answer))).statusCode).toBe(422);
    await house.json('POST', `/subscriptions/${id}/resume`, PRACTICE);
    const webhook = await house.json('POST', '/subscriptions', PRACTICE, {
      types: [RESULTS],
      protocol: 'HTTP',
      sink: 'https://receiver.example/',
    });
    const refused = await house.json('GET', `/subscriptions/${webhook.json.id as string}/stream`, PRACTICE);
    expect([refused.status, refused.json.findings[0].path]).toEqual([422, '/protocol']);
  });

  it('brings what lies on the shelf: a correction, whatever the subscription asks for, and never without a grant', async () => {
    const id = await subscribed({ filters: [{ exact: { urgency: 'critical' } }] });
    const [wanted] = await published(1, () => ({ urgency: 'routine' }));
    const [ungranted] = await published(1, () => ({ type: REQUESTED }));
    const shelf = await house.engine.kv('WAITING');
    const put = async (family: string, eventid: string) => {
      const stored = (await house.stored(family)).find(({ event }) => event.attributes['id'] === eventid)!;
      const { stream, sequence, time } = stored;
      const entry: WaitingDelivery = {
        subscription: id,
        stream,
        sequence,
        cause: 'correction',
        key: 'k',
        stored: time.toISOString(),
        attempts: 0,
        corrects: 'what-was-wrong',
      };
      await shelf.put(waitingKey(entry), JSON.stringify(entry));
    };
    // Its stream is behind it: the filters let it pass by.
    expect((await house.json('POST', `/subscriptions/${id}/pull`, PRACTICE, {})).json.items).toEqual([]);
    await put('result', wanted!);
    await put('referral', ungranted!);
    const pulled = await house.json('POST', `/subscriptions/${id}/pull`, PRACTICE, {});
    expect(pulled.json.items).toMatchObject([{ event: { id: wanted }, position: { corrects: 'what-was-wrong' } }]);
    const read = textOf(await raw(id));
    await waitFor('the correction', () => read.text.includes(`"id":"${wanted!}"`));
    expect(read.text).toContain('\ncorrects: what-was-wrong\n');
    const cursor = /^id: (.+)$/m.exec(read.text)![1]!;
    expect((await house.json('POST', `/subscriptions/${id}/ack`, PRACTICE, { cursor })).status).toBe(204);
    await waitFor('the shelf to be empty of it', async () => (await shelf.keys(`${id}.EVENTS_RESULT.>`)).length === 0);
    expect((await house.json('POST', `/subscriptions/${id}/pull`, PRACTICE, {})).json.items).toEqual([]);
  });

  it('brings a correction at once though the stream has yet to pass it over, and takes away what there is no grant for', async () => {
    const id = await subscribed({ filters: [{ exact: { urgency: 'critical' } }] });
    const shelf = await house.engine.kv('WAITING');
    const [ahead] = await published(1, () => ({ urgency: 'routine' }));
    const [ungranted] = await published(1, () => ({ type: REQUESTED }));
    for (const [family, eventid] of [
      ['result', ahead],
      ['referral', ungranted],
    ] as const) {
      const stored = (await house.stored(family)).find(({ event }) => event.attributes['id'] === eventid)!;
      const { stream, sequence, time } = stored;
      const due = {
        cause: 'correction',
        key: 'k',
        stored: time.toISOString(),
        attempts: 0,
        corrects: 'what-was-wrong',
      };
      await shelf.put(
        waitingKey({ subscription: id, stream, sequence }),
        JSON.stringify({ ...due, subscription: id, stream, sequence }),
      );
    }
    const { items, cursor } = (await house.json('POST', `/subscriptions/${id}/pull`, PRACTICE, {})).json;
    expect(items).toMatchObject([{ event: { id: ahead }, position: { corrects: 'what-was-wrong' } }]);
    expect((await house.json('POST', `/subscriptions/${id}/ack`, PRACTICE, { cursor })).status).toBe(204);
    await waitFor('the shelf to be empty', async () => (await shelf.keys(`${id}.>`)).length === 0);
  });

  it('marks a stale event, or keeps it for a person where its type says so', async () => {
    const id = await subscribed();
    const { events } = house.engine;
    const attributes = { ...anEvent(), sourceorg: 'X9H2T', correlationid: 'a-journey' } as Record<string, unknown>;
    delete attributes['data'];
    const append = (eventid: string, more: { late?: string; held?: boolean }) =>
      events.append(
        { attributes: { ...attributes, id: eventid }, data: { kind: 'json', bytes: Buffer.from('{}') } },
        { sourceorg: 'X9H2T', ...more },
      );
    await append('late-1', { late: 'newer-1' });
    await append('held-1', { late: 'newer-2', held: true });
    await append('good-1', {});
    const { json } = await house.json('POST', `/subscriptions/${id}/pull`, PRACTICE, {});
    expect(json.items).toMatchObject([
      { event: { id: 'late-1' }, position: { late: 'newer-1' } },
      { event: { id: 'good-1' } },
    ]);
    const read = textOf(await raw(id));
    await waitFor('both', () => read.text.includes('good-1'));
    expect(read.text).toContain('\nlate: newer-1\n');
    expect(read.text).not.toContain('held-1');
    const isParked = (step: Step): boolean => step.subscription === id && step.kind === 'parked';
    const parked = (await house.records<Step>('STEPS', (all) => all.some(isParked))).find(isParked);
    expect(parked).toMatchObject({ eventid: 'held-1', reason: 'superseded', late: 'newer-2' });
  });

  it('ends in words when the gateway stops', async () => {
    const reader = await read(await subscribed());
    await published(1);
    await waitFor('an event', () => reader.messages.length === 1);
    const began = Date.now();
    await house.stop();
    // Ten seconds are what a connection has that does not end by itself.
    expect(Date.now() - began).toBeLessThan(9_000);
    await waitFor('the last word', () => reader.ends.includes('gateway-stops'));
    reader.close();
    await house.start();
  });
});

describe('a stream beyond its access token', () => {
  it('ends in words when the token is over', async () => {
    const house = await GatewayHouse.open();
    const made = await house.json('POST', '/subscriptions', PRACTICE, { types: [RESULTS], protocol: 'PULL' });
    const reader = new Reader(
      `${house.url}/subscriptions/${made.json.id as string}/stream`,
      await house.token(PRACTICE),
    );
    await house.publish(anEvent());
    await waitFor('the stream to stand', () => reader.messages.length === 1);
    await house.json('PATCH', '/organisations/X9G1P', house.operator, { active: false });
    await house.publish(anEvent());
    await waitFor('the last word', () => reader.ends.includes('token-over'));
    reader.close();
    await house.close();
  });
});
