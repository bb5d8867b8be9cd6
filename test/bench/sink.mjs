/**
 * A webhook endpoint that costs as little as it can, in a process of its own: answers 204 and counts. Started with
 * `fork`; says { port }, then answers every message with { count, first, last } (milliseconds since 1970).
 */
import { createServer } from 'node:http';

let count = 0;
let first;
let last;
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    last = Date.now();
    first ??= last;
    count += 1;
    response.writeHead(204).end();
  });
});
server.keepAliveTimeout = 60_000;
process.on('message', () => process.send?.({ count, first, last }));
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
