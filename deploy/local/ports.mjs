/** Every port of the house: which setting moves it, its default, and whether it is free. */
import { createServer } from 'node:net';

/**
 * @typedef {'gateway' | 'ledger' | 'relay' | 'nats' | 'natsMonitor' | 'redis'} PortName
 * @typedef {Record<PortName, number>} Ports
 */

/** @type {Record<PortName, { variable: string, standard: number, of: string }>} */
export const PORTS = {
  gateway: { variable: 'SIGNALBOX_GATEWAY_PORT', standard: 8080, of: 'the gateway' },
  ledger: { variable: 'SIGNALBOX_LEDGER_PORT', standard: 8081, of: 'the ledger and its console' },
  relay: { variable: 'SIGNALBOX_RELAY_PORT', standard: 8082, of: "the relay's health and metrics" },
  nats: { variable: 'SIGNALBOX_NATS_PORT', standard: 4222, of: 'NATS' },
  natsMonitor: { variable: 'SIGNALBOX_NATS_MONITOR_PORT', standard: 8222, of: "NATS' monitor" },
  redis: { variable: 'SIGNALBOX_REDIS_PORT', standard: 6380, of: 'Redis' },
};

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {Partial<Ports>} [wanted] wins over the environment
 * @returns {Ports}
 * @throws Error with a line for each variable that holds no port
 */
export function portsFrom(env, wanted = {}) {
  /** @type {string[]} */
  const problems = [];
  const entries = Object.entries(PORTS).map(([name, { variable, standard }]) => {
    const port = wanted[/** @type {PortName} */ (name)] ?? Number(env[variable] || standard);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) problems.push(`${variable} must be a port, 1 to 65535.`);
    return [name, port];
  });
  const numbers = entries.map(([, port]) => port);
  for (const [index, [name, port]] of entries.entries()) {
    const other = numbers.indexOf(Number(port));
    if (other !== index) {
      const first = PORTS[/** @type {PortName} */ (entries[other]?.[0])];
      problems.push(`${PORTS[/** @type {PortName} */ (name)].variable} and ${first.variable} are both ${port}.`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return Object.fromEntries(entries);
}

/**
 * @param {number} port
 * @param {string} host
 * @returns {Promise<string | undefined>} the system's reason why nothing can listen there
 */
function refusalOf(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/**
 * Looks at all ports before anything is started, so that a taken one costs a line and not half a house.
 * @param {Ports} ports
 * @param {string} host
 * @throws Error with one line for each port that cannot be had
 */
export async function assertPortsFree(ports, host) {
  const lines = await Promise.all(
    Object.entries(PORTS).map(async ([name, { variable, of }]) => {
      const port = ports[/** @type {PortName} */ (name)];
      const reason = await refusalOf(port, ['nats', 'natsMonitor', 'redis'].includes(name) ? '127.0.0.1' : host);
      if (!reason) return [];
      const what = reason === 'EADDRINUSE' ? 'is taken' : `cannot be used (${reason})`;
      return [`Port ${port} for ${of} ${what}: set ${variable} to a free port, or end what uses it.`];
    }),
  );
  const problems = lines.flat();
  if (problems.length > 0) throw new Error(problems.join('\n'));
}
