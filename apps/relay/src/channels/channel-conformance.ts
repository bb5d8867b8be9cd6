import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import { type CloudEvent, decodeHeaderValue } from '@signalbox/contracts';

import type { Channel, Marks, Outcome, Target } from './channel.js';

/** What a receiver can be told to do; a rig translates it into its protocol. */
export type Behaviour =
  | { readonly kind: 'takes' }
  | { readonly kind: 'refuses' }
  | { readonly kind: 'is-gone' }
  | { readonly kind: 'is-overloaded'; readonly after: { readonly seconds: number } | { readonly date: Date } }
  | { readonly kind: 'is-unavailable' }
  | { readonly kind: 'points-elsewhere' }
  | { readonly kind: 'says-nothing' }
  | { readonly kind: 'breaks-off' }
  | { readonly kind: 'takes-then-trickles' }
  | { readonly kind: 'takes-then-floods' };

/** A real receiver of a channel's protocol, under the suite's command. */
export interface ChannelRig {
  /** With a time limit for one attempt that no machine meets by being slow. */
  readonly channel: Channel;
  /** The same with a time limit of at most 500 ms. */
  readonly impatient: Channel;
  /** How the receiver behaves from now on. */
  behave(behaviour: Behaviour): void;
  /** A target at the receiver; what is not about the address is up to the suite. */
  readonly sink: string;
  /** Exact bytes of `data` of each event that the receiver was sent, oldest first. */
  received(): readonly Uint8Array[];
  /** Identities under which they were sent. */
  identities(): readonly string[];
  /** The marks that stood beside each of them, in whatever place the protocol has. */
  marks(): readonly Marks[];
  /** What the receiver of the suite's subscription set for the channel; nothing if absent. */
  readonly config?: Target['config'];
  /** How many requests reached a place that the receiver pointed to. */
  followed(): number;
}

/** One sentence that holds for every channel. */
export interface ConformanceCase {
  readonly sentence: string;
  run(rig: ChannelRig): Promise<void>;
}

const DATA = '{ "resourceType":"Bundle",\t"value": 5.10, "big":12345678901234567890, "text":"ö\\u00e9\\/" ,"n":null}';

const EVENT: CloudEvent = {
  attributes: {
    specversion: '1.0',
    id: 'conformance-1',
    source: 'urn:ods:X9L3B:lims',
    type: 'org.signalbox.result.reported.v1',
    time: '2026-11-21T12:00:00.123456Z',
    datacontenttype: 'application/fhir+json',
    sourceorg: 'X9L3B',
  },
  data: { kind: 'json', bytes: Buffer.from(DATA) },
};

function target(rig: ChannelRig, marks: Marks): Target {
  return {
    sink: rig.sink,
    identity: 'conformance-identity',
    subscription: 'conformance',
    config: rig.config ?? {},
    marks,
    trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    sign: () => ({ 'webhook-id': 'conformance-identity' }),
  };
}

const deliver = async (rig: ChannelRig, signal = new AbortController().signal, marks: Marks = {}): Promise<Outcome> =>
  rig.channel.deliver(EVENT, target(rig, marks), signal);

async function after(rig: ChannelRig, behaviour: Behaviour): Promise<Outcome> {
  rig.behave(behaviour);
  const outcome = await deliver(rig);
  assert.ok(outcome.latencyMs >= 0, 'every outcome tells how long it took');
  return outcome;
}

function assertRetry(outcome: Outcome): asserts outcome is Extract<Outcome, { kind: 'retry' }> {
  assert.equal(outcome.kind, 'retry');
}

/** What every channel must do, whatever its protocol. Free of any test framework: a spec hands each case to its own. */
export const CHANNEL_CONFORMANCE: readonly ConformanceCase[] = [
  {
    sentence: 'says delivered when the receiver took the event, and carries data byte for byte',
    run: async (rig) => {
      assert.equal((await after(rig, { kind: 'takes' })).kind, 'delivered');
      assert.deepEqual(
        rig.received().map((bytes) => Buffer.from(bytes).toString()),
        [DATA],
      );
    },
  },
  {
    sentence: 'tells the marks of a delivery beside the event, and never inside it',
    run: async (rig) => {
      rig.behave({ kind: 'takes' });
      const marks: Marks = { replay: 'replay-1', late: 'newer ö', corrects: 'older' };
      await deliver(rig);
      await deliver(rig, undefined, marks);
      assert.deepEqual(rig.marks(), [{}, marks]);
      assert.deepEqual(
        rig.received().map((bytes) => Buffer.from(bytes).toString()),
        [DATA, DATA],
      );
    },
  },
  {
    sentence: 'tells a test as what it is',
    run: async (rig) => {
      rig.behave({ kind: 'takes' });
      assert.equal((await deliver(rig, undefined, { test: 'true' })).kind, 'delivered');
      assert.deepEqual(rig.marks(), [{ test: 'true' }]);
    },
  },
  {
    sentence: 'sends every attempt under the same identity',
    run: async (rig) => {
      await after(rig, { kind: 'is-unavailable' });
      await after(rig, { kind: 'takes' });
      assert.deepEqual([...new Set(rig.identities())], ['conformance-identity']);
      assert.equal(rig.identities().length, 2);
    },
  },
  {
    sentence: 'says refused when the receiver will never take the event, and leaves the subscription on',
    run: async (rig) => {
      const outcome = await after(rig, { kind: 'refuses' });
      assert.equal(outcome.kind, 'refused');
      assert.ok(!('disable' in outcome && outcome.disable));
    },
  },
  {
    sentence: 'asks to switch the subscription off when the receiver is gone',
    run: async (rig) => {
      const outcome = await after(rig, { kind: 'is-gone' });
      assert.equal(outcome.kind === 'refused' && outcome.disable, true);
    },
  },
  {
    sentence: 'carries the seconds that an overloaded receiver asks for',
    run: async (rig) => {
      const outcome = await after(rig, { kind: 'is-overloaded', after: { seconds: 7 } });
      assertRetry(outcome);
      assert.equal(outcome.afterMs, 7_000);
    },
  },
  {
    sentence: 'carries the date that an overloaded receiver asks for',
    run: async (rig) => {
      const outcome = await after(rig, { kind: 'is-overloaded', after: { date: new Date(Date.now() + 60_000) } });
      assertRetry(outcome);
      assert.ok(outcome.afterMs !== undefined && outcome.afterMs > 55_000 && outcome.afterMs <= 60_000);
    },
  },
  {
    sentence: 'says retry when the receiver is unavailable',
    run: async (rig) => assertRetry(await after(rig, { kind: 'is-unavailable' })),
  },
  {
    sentence: 'does not follow where the receiver points to',
    run: async (rig) => {
      assert.notEqual((await after(rig, { kind: 'points-elsewhere' })).kind, 'delivered');
      assert.equal(rig.followed(), 0);
    },
  },
  {
    sentence: 'says retry when the receiver says nothing, within its time limit',
    run: async (rig) => {
      const started = performance.now();
      rig.behave({ kind: 'says-nothing' });
      assertRetry(await rig.impatient.deliver(EVENT, target(rig, {}), new AbortController().signal));
      assert.ok(performance.now() - started < 5_000);
    },
  },
  {
    sentence: 'says retry when the receiver breaks off',
    run: async (rig) => assertRetry(await after(rig, { kind: 'breaks-off' })),
  },
  {
    sentence: 'believes an answer whose rest trickles in, without waiting for it',
    run: async (rig) => {
      const started = performance.now();
      assert.equal((await after(rig, { kind: 'takes-then-trickles' })).kind, 'delivered');
      assert.ok(performance.now() - started < 5_000);
    },
  },
  {
    sentence: 'believes an answer that never ends, without reading it',
    run: async (rig) => {
      assert.equal((await after(rig, { kind: 'takes-then-floods' })).kind, 'delivered');
    },
  },
  {
    sentence: 'rejects with the reason of the signal when the relay stops, and claims no outcome',
    run: async (rig) => {
      rig.behave({ kind: 'says-nothing' });
      const stopping = new AbortController();
      const attempt = deliver(rig, stopping.signal);
      while (rig.identities().length === 0) {
        const over = await Promise.race([delay(5, 'under way'), attempt]);
        assert.equal(over, 'under way', 'the attempt ended although the receiver said nothing');
      }
      stopping.abort(new Error('stopping'));
      await assert.rejects(attempt, /stopping/);
    },
  },
  {
    sentence: 'does not begin when the relay has stopped already',
    run: async (rig) => {
      rig.behave({ kind: 'takes' });
      await assert.rejects(deliver(rig, AbortSignal.abort(new Error('stopped'))), /stopped/);
      assert.equal(rig.received().length, 0);
    },
  },
];

/** The marks of a delivery over HTTP as its receiver sees them; one that stands inside the event shows as what it is. */
export function marksOf(headers: Readonly<Record<string, unknown>>, event: CloudEvent): Marks {
  const inside = Object.keys(event.attributes).filter((name) => name.startsWith('signalbox'));
  const beside = Object.entries(headers).filter(([name]) => name.startsWith('signalbox-'));
  return Object.fromEntries([
    ...inside.map((name) => [name, 'inside the event']),
    ...beside.map(([name, value]) => [name.slice('signalbox-'.length), decodeHeaderValue(String(value))]),
  ]) as Marks;
}
