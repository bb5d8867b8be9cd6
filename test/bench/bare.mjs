/**
 * The bare pipeline that Signalbox is measured against: node:http, the same validator, one JetStream publish an
 * event, nothing else (no identity, no idempotency beyond the engine's, no tracing, no ordering key). Whether it
 * is durable depends on the engine that it is given.
 *
 * Started with `fork`; the job is { natsUrl, user, password, schemasFolder }, the answer { port }.
 */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Catalogue } from '@signalbox/contracts';
import { createServer } from 'node:http';

process.once('message', async ({ natsUrl, user, password, schemasFolder }) => {
  const connection = await connect({ servers: natsUrl, user, pass: password });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'BARE', subjects: ['bare.>'], duplicate_window: 600_000_000_000 });
  const engine = jetstream(connection);
  const catalogue = await Catalogue.load(schemasFolder);
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks);
      const event = JSON.parse(body.toString());
      const type = catalogue.find(event.type);
      const findings = type === undefined ? ['unknown type'] : catalogue.validate(type, event.data);
      if (findings.length > 0) return response.writeHead(422).end();
      await engine.publish(`bare.${event.type}`, body, { msgID: event.id });
      const answer = JSON.stringify({ id: event.id, state: 'accepted' });
      response.writeHead(202, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
});
