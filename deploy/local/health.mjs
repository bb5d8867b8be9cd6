/** Whether a process answers, asked the way that an operator would ask. */
import { connect } from 'node:net';

const ANSWER_WITHIN_MS = 2_000;

/**
 * @param {string} url
 * @returns {() => Promise<boolean>}
 */
export function answersOk(url) {
  return async () => {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  };
}

/**
 * @param {number} port
 * @returns {() => Promise<boolean>}
 */
export function redisAnswers(port) {
  return () =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
      const settle = (/** @type {boolean} */ answer) => {
        socket.destroy();
        resolve(answer);
      };
      socket.once('data', (data) => settle(data.toString().startsWith('+PONG')));
      socket.once('error', () => settle(false));
      socket.setTimeout(ANSWER_WITHIN_MS, () => settle(false));
    });
}
