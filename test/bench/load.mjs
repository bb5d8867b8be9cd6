/**
 * A load generator that costs as little as it can, so that two cores measure the server and not the generator:
 * raw sockets, prepared bytes, one request under way a connection. Runs as its own process (`fork`), gets one
 * job as a message and answers one result.
 *
 * A job: { port, path, headers, template, marker, connections, seconds, rate?, perRequest? }
 * `template` is the text of one event with `marker` where its unique id goes; `perRequest` > 1 sends a JSON
 * array of so many. `onAnswer(id, startedAt)` is told each accepted event when called in-process. With `rate` requests start on a clock (open loop): a late answer counts from its due time.
 */
import { connect } from 'node:net';
import { randomUUID } from 'node:crypto';

/** @typedef {{ port: number, path: string, headers: Record<string, string>, template: string, marker: string,
 *   connections: number, seconds: number, rate?: number, perRequest?: number,
 *   patients?: { former: string, numbers: string[] }, onAnswer?: (id: string, startedAt: number) => void }} Job
 * `patients`: the number in the template gives way to each of others in turn, so that events have keys of their own */

/** @param {Job} job */
export async function load(job) {
  const [before, after] = job.template.split(job.marker);
  const afters = job.patients?.numbers.map((number) => after.replaceAll(job.patients.former, number)) ?? [after];
  const perRequest = job.perRequest ?? 1;
  const run = randomUUID().slice(0, 8);
  let made = 0;
  const body = () => {
    const events = [];
    for (let index = 0; index < perRequest; index += 1)
      events.push(`${before}${run}-${made}${afters[made++ % afters.length]}`);
    return { bytes: Buffer.from(perRequest === 1 ? events[0] : `[${events.join(',')}]`), id: `${run}-${made - 1}` };
  };
  const head = [
    `POST ${job.path} HTTP/1.1`,
    `host: 127.0.0.1:${job.port}`,
    ...Object.entries(job.headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  const request = () => {
    const { bytes, id } = body();
    return { id, bytes: Buffer.concat([Buffer.from(`${head}\r\ncontent-length: ${bytes.length}\r\n\r\n`), bytes]) };
  };

  const latencies = [];
  const statuses = {};
  const began = performance.now();
  const end = began + job.seconds * 1000;
  let due = began;
  const interval = job.rate === undefined ? 0 : 1000 / job.rate;
  const worker = async () => {
    const connection = await open(job.port);
    while (performance.now() < end) {
      let start = performance.now();
      if (interval > 0) {
        start = due;
        due += interval;
        const wait = start - performance.now();
        if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
      }
      const { id, bytes } = request();
      const status = await connection.send(bytes);
      if (status < 300) job.onAnswer?.(id, performance.timeOrigin + start);
      latencies.push(performance.now() - start);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: job.connections }, worker));
  const seconds = (performance.now() - began) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    requests: latencies.length,
    events: latencies.length * perRequest,
    seconds,
    eventsPerSecond: (latencies.length * perRequest) / seconds,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    statuses,
  };
}

/** One keep-alive connection that has one request under way. Reads just enough of HTTP/1.1: status and content-length. */
function open(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received = Buffer.alloc(0);
    let answered = () => {};
    let failed = reject;
    socket.on('error', (error) => failed(error));
    socket.on('close', () => failed(new Error('the server closed the connection')));
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const headEnd = received.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const headText = received.toString('latin1', 0, headEnd);
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(headText)?.[1] ?? 0);
      if (received.length < headEnd + 4 + length) return;
      received = Buffer.alloc(0);
      answered(Number(headText.slice(9, 12)));
    });
    socket.once('connect', () =>
      resolve({
        send: (bytes) =>
          new Promise((ok, no) => {
            answered = ok;
            failed = no;
            socket.write(bytes);
          }),
        close: () => {
          failed = () => {};
          socket.destroy();
        },
      }),
    );
  });
}

process.once('message', async (job) => {
  const result = await load(job);
  process.send?.(result, () => process.exit(0));
});
