/**
 * Forwards the outbox of a trust's leaf node (leaf.conf) to the exchange, until it is told to end:
 *   node deploy/nats/outbox.mjs
 * What it reads from the environment stands in deploy/README.md.
 */
import { readFileSync } from 'node:fs';
import { OutboxForwarder } from '@signalbox/messaging';
import { createLog } from '@signalbox/runtime';

const env = process.env;

/**
 * @param {string} name
 * @returns {string}
 * @throws Error that names the setting
 */
function needed(name) {
  const file = env[`${name}_FILE`];
  const value = env[name] ?? (file && readFileSync(file, 'utf8').trim());
  if (!value) throw new Error(`Set ${name} or ${name}_FILE.`);
  return value;
}

/**
 * @param {string} name
 * @param {number} otherwise
 */
function numberOf(name, otherwise) {
  const value = Number(env[name] || otherwise);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a whole number above 0.`);
  return value;
}

try {
  const log = createLog('outbox', 'info');
  const forwarder = await OutboxForwarder.start({
    server: env['SIGNALBOX_LEAF_URL'] || 'nats://127.0.0.1:4222',
    user: 'forwarder',
    password: needed('SIGNALBOX_LEAF_PASSWORD_FORWARDER'),
    application: needed('SIGNALBOX_LEAF_APPLICATION'),
    atOnce: numberOf('SIGNALBOX_OUTBOX_KEYS_AT_ONCE', 64),
    answerMs: numberOf('SIGNALBOX_OUTBOX_ANSWER_MS', 10_000),
    againMs: numberOf('SIGNALBOX_OUTBOX_AGAIN_MS', 500),
    log,
  });
  log.info({}, 'the outbox is being forwarded');
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
    process.once(signal, () => void forwarder.stop());
  }
} catch (error) {
  console.error(`cannot forward: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
