/**
 * What Signalbox's delivery is measured against: one durable pull consumer a subscription, each event posted with undici,
 * acknowledged after a 2xx. No signature, order, retry, record or trace. Started with `fork`; the job is
 * { natsUrl, user, password, stream, subscriptions, sink, concurrency }.
 */
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Pool } from 'undici';

process.once('message', async ({ natsUrl, user, password, stream, subscriptions, sink, concurrency }) => {
  const connection = await connect({ servers: natsUrl, user, pass: password });
  const manager = await jetstreamManager(connection);
  const js = jetstream(connection);
  const pool = new Pool(sink, { connections: Math.min(256, concurrency * subscriptions) });
  const headers = { 'content-type': 'application/cloudevents+json' };
  const names = Array.from({ length: subscriptions }, (_, index) => `bare_${index}`);
  // Signalbox finds its consumers there too.
  for (const name of names) {
    await manager.consumers.add(stream, {
      durable_name: name,
      ack_policy: AckPolicy.Explicit,
      max_ack_pending: concurrency * 2,
    });
  }
  const one = async (name) => {
    const consumer = await js.consumers.get(stream, name);
    const messages = await consumer.consume({ max_messages: concurrency });
    const under = new Set();
    for await (const message of messages) {
      const post = (async () => {
        const answer = await pool.request({ path: '/', method: 'POST', headers, body: message.data });
        await answer.body.dump();
        if (answer.statusCode < 300) message.ack();
      })();
      under.add(post);
      void post.finally(() => under.delete(post));
      if (under.size >= concurrency) await Promise.race(under);
    }
  };
  await Promise.all(names.map(one));
});
