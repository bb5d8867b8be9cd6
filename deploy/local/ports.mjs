/** Every port of the house: which setting moves it, its default, and whether it is free. */
import { createServer } from 'node:net';

/**
 * @typedef {'gateway' | 'ledger' | 'relay' | 'nats' | 'natsMonitor' | 'redis' | 'receiver' | 'identity'} PortName
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
  receiver: { variable: 'SIGNALBOX_DEMO_PORT', standard: 8083, of: "the demonstration's receivers" },
  identity: { variable: 'SIGNALBOX_IDENTITY_PORT', standard: 8084, of: 'the development provider of identities' },
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
    if (other >= 0 && other !== index) {
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

/** These listen on loopback whatever the apps listen on. */
const LOOPBACK_ONLY = new Set(['nats', 'natsMonitor', 'redis', 'receiver', 'identity']);

/**
 * Looks at all ports before anything is started, so that a taken one costs a line and not half a house.
 * @param {Ports} ports
 * @param {PortName[]} names those that will be used
 * @param {string} host address of the apps
 * @throws Error with one line for each port that cannot be had
 */
export async function assertPortsFree(ports, names, host) {
  const lines = await Promise.all(
    names.map(async (name) => {
      const { variable, of } = PORTS[name];
      const port = ports[name];
      const reason = await refusalOf(port, LOOPBACK_ONLY.has(name) ? '127.0.0.1' : host);
      if (!reason) return [];
      const what = reason === 'EADDRINUSE' ? 'is taken' : `cannot be used (${reason})`;
      return [`Port ${port} for ${of} ${what}: set ${variable} to a free port, or end what uses it.`];
    }),
  );
  const problems = lines.flat();
  if (problems.length > 0) throw new Error(problems.join('\n'));
}
