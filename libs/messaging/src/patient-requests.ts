import {
  type Msg,
  type NatsConnection,
  type Payload,
  RequestError,
  type RequestOptions,
} from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineUnavailable } from './errors.js';

/** The client's own, for a request that names none. */
const WITHIN_MS = 1_000;
/** Pauses between two attempts: the first is about as long as a reload of few accounts takes. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

/** Answers with which the engine says that it has no JetStream, or none for this account; an acknowledgement is as short. */
const NOT_ENABLED = /"err_code":\s*(10039|10076)\b/;
const LONGEST_ANSWER_BYTES = 512;

/** Questions of one app to another: that nobody answers is an answer there. */
const OF_APPS = /^ask\./;

/**
 * Has every request of a connection, those of the client library among them, wait out a moment without JetStream. While a
 * server reads its accounts again it takes the imports of every account away and puts them back, the calls of JetStream among
 * them: for some milliseconds it says that nobody responds (measured in deploy/README.md). Whatever was asked then was not
 * carried out, so it can be asked again, a write too, within the time that the request has.
 * @returns the same connection
 * @throws EngineUnavailable, from its requests, when there is still no JetStream at the end of that time
 */
export function askPatiently(connection: NatsConnection): NatsConnection {
  const request = connection.request.bind(connection);
  connection.request = (subject, payload, options) =>
    OF_APPS.test(subject) ? request(subject, payload, options) : repeated(request, subject, payload, options);
  return connection;
}

async function repeated(
  request: NatsConnection['request'],
  subject: string,
  payload?: Payload,
  options: RequestOptions = { timeout: WITHIN_MS },
): Promise<Msg> {
  const deadline = performance.now() + options.timeout;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const timeout = Math.max(1, Math.ceil(deadline - performance.now()));
    const answer = await unlessNobody(request(subject, payload, { ...options, timeout }));
    if (answer !== undefined) return answer;
    if (performance.now() + pause > deadline)
      throw new EngineUnavailable('The engine has no JetStream for this account');
    await delay(pause);
  }
}

/** `undefined` when nobody was there to be asked. */
async function unlessNobody(asked: Promise<Msg>): Promise<Msg | undefined> {
  try {
    const answer = await asked;
    return answer.data.length <= LONGEST_ANSWER_BYTES && NOT_ENABLED.test(answer.string()) ? undefined : answer;
  } catch (error) {
    if (error instanceof RequestError && error.isNoResponders()) return undefined;
    throw error;
  }
}
