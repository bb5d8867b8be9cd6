/**
 * The whole house on one machine: NATS, Redis, gateway, relay, ledger and the steward of NATS' accounts as separate
 * supervised processes on loopback.
 * `startHouse` is used by `npm start`, by the command line and by tests.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { claimFolder } from './claim.mjs';
import { pinnedNode, projectEnv } from './dependencies.mjs';
import { natsFolder, natsLaunch, redisLaunch } from './engines.mjs';
import { answersOk, redisAnswers } from './health.mjs';
import { homeFolder, projectFolder } from './places.mjs';
import { assertPortsFree, portsFrom } from './ports.mjs';
import { ensureSecrets } from './secrets.mjs';
import { findServers } from './servers.mjs';
import { READY_WITHIN_MS, Supervised } from './supervised.mjs';

/**
 * @typedef {'gateway' | 'relay' | 'ledger'} AppName
 * @typedef {{ process: string, app: AppName, ownEnv: Record<string, string> }} Copy
 * @typedef {AppName | 'nats' | 'redis' | 'steward' | 'identity'} ProcessName
 * @typedef {{ data: string, keys: string, logs: string }} Folders
 * @typedef {{ dataFolder?: string, ports?: Partial<import('./ports.mjs').Ports>, env?: Record<string, string>,
 *   quiet?: boolean, apps?: AppName[], identity?: boolean, reserve?: import('./ports.mjs').PortName[], say?: (line: string) => void,
 *   engine?: Engine }} HouseOptions
 * @typedef {{ url: string, monitorUrl: string }} Engine servers that run already, each with commas; the house starts none then
 * @typedef {{ gateway: string, ledger: string, relay: string, nats: string, natsMonitor: string, redis: string,
 *   identity: string }} Urls
 * @typedef {{ urls: Urls, ports: import('./ports.mjs').Ports, folders: Folders, secrets: import('./secrets.mjs').Secrets,
 *   servers: import('./servers.mjs').FoundServers, processes: Record<string, Supervised>, stop: () => Promise<void>,
 *   kill: (name: ProcessName, signal?: NodeJS.Signals) => Promise<void>, restart: (name: ProcessName) => Promise<void>,
 *   halt: (name: ProcessName, signal?: NodeJS.Signals) => Promise<void>, resume: (name: ProcessName) => Promise<void>,
 *   ready: () => Promise<void> }} House
 */

/** Whoever sits at this machine may say who they are; nobody from outside may. */
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** Enough that on a busy machine the ledger (and the steward) gets what the others leave, and still gets on. */
const LEDGER_NICENESS = 10;

/** @type {AppName[]} */
const APPS = ['gateway', 'relay', 'ledger'];

/**
 * A data folder that is handed over holds everything, so that a test leaves nothing elsewhere.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} [dataFolder]
 * @returns {Folders}
 */
function foldersOf(env, dataFolder) {
  if (dataFolder) {
    return { data: join(dataFolder, 'data'), keys: join(dataFolder, 'keys'), logs: join(dataFolder, 'logs') };
  }
  return {
    data: env['SIGNALBOX_DATA_FOLDER'] || join(homeFolder, 'data'),
    keys: env['SIGNALBOX_KEYS_FOLDER'] || join(homeFolder, 'keys'),
    logs: env['SIGNALBOX_LOGS_FOLDER'] || join(homeFolder, 'logs'),
  };
}

/**
 * @param {string} host
 * @param {import('./ports.mjs').Ports} ports
 * @param {Engine} [engine]
 * @returns {Urls}
 */
function urlsOf(host, ports, engine) {
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return {
    gateway: `http://${shown}:${ports.gateway}`,
    ledger: `http://${shown}:${ports.ledger}`,
    relay: `http://${shown}:${ports.relay}`,
    nats: engine?.url ?? `nats://127.0.0.1:${ports.nats}`,
    natsMonitor: engine?.monitorUrl ?? `http://127.0.0.1:${ports.natsMonitor}`,
    redis: `redis://127.0.0.1:${ports.redis}`,
    identity: `http://127.0.0.1:${ports.identity}`,
  };
}

/**
 * What every app is told; what the caller's environment already says stays as it is.
 * @param {{ name: AppName, host: string, urls: Urls, ports: import('./ports.mjs').Ports, folders: Folders,
 *   secrets: import('./secrets.mjs').Secrets, env: NodeJS.ProcessEnv, identity: boolean }} house
 * @returns {Record<string, string>}
 */
function appEnv({ name, host, urls, ports, folders, secrets, env, identity }) {
  const own = {
    SIGNALBOX_PUBLIC_URL: urls.gateway,
    SIGNALBOX_LEDGER_URL: urls.ledger,
    SIGNALBOX_DATA_FOLDER: folders.data,
    SIGNALBOX_PSEUDONYM_KEY_FILE: secrets.pseudonymKeyFile,
    SIGNALBOX_TOKEN_SIGNING_KEY_FILE: secrets.tokenSigningKeyFile,
    SIGNALBOX_OPERATOR_KEY_FILE: secrets.operatorKeyFile,
    SIGNALBOX_CONSOLE_KEY_FILE: secrets.consoleKeyFile,
    SIGNALBOX_CONSOLE_SIGNING_KEY_FILE: secrets.consoleSigningKeyFile,
    SIGNALBOX_GATEWAY_URL: urls.gateway,
    // Receivers of a demonstration live on this machine; a deployment never allows loopback.
    SIGNALBOX_EGRESS_ALLOW: '127.0.0.1/32,::1/128',
    NODE_ENV: 'production',
    // All begin at once, and whoever is ready early does not give up the gateway, which makes the streams.
    SIGNALBOX_ENGINE_WAIT_MS: String(READY_WITHIN_MS),
    // What was compiled once is not compiled again at each start.
    NODE_COMPILE_CACHE: join(homeFolder, 'compile-cache'),
  };
  if (identity && name === 'ledger') Object.assign(own, identityEnv(urls, secrets));
  const fixed = {
    SIGNALBOX_HOST: host,
    [`SIGNALBOX_${name.toUpperCase()}_PORT`]: String(ports[name]),
    SIGNALBOX_NATS_URL: urls.nats,
    SIGNALBOX_NATS_MONITOR_URL: urls.natsMonitor,
    SIGNALBOX_NATS_USER: name,
    SIGNALBOX_NATS_PASSWORD_FILE: secrets.natsPasswordFiles[name],
    SIGNALBOX_REDIS_URL: urls.redis,
  };
  const inherited = Object.fromEntries(Object.entries(projectEnv(env)).filter(([, value]) => value !== undefined));
  // A secret that the caller gives directly replaces the file that the house would name.
  for (const key of Object.keys(own)) {
    if (key.endsWith('_FILE') && inherited[key.slice(0, -'_FILE'.length)])
      delete own[/** @type {keyof typeof own} */ (key)];
  }
  return /** @type {Record<string, string>} */ ({ ...own, ...inherited, ...fixed });
}

/**
 * How console and development provider know each other.
 * @param {Urls} urls
 * @param {import('./secrets.mjs').Secrets} secrets
 */
function identityEnv(urls, secrets) {
  return {
    SIGNALBOX_OIDC_ISSUER: urls.identity,
    SIGNALBOX_OIDC_NAME: 'a development identity',
    SIGNALBOX_OIDC_CLIENT_ID: 'signalbox-console',
    SIGNALBOX_OIDC_CLIENT_SECRET_FILE: secrets.identitySecretFile,
  };
}

/**
 * One process an app, but as many gateways as `SIGNALBOX_GATEWAYS` and relays as `SIGNALBOX_RELAYS` says: gateways share
 * the port, and the kernel spreads connections over them; relays share the subscriptions among themselves, and all but the
 * first have a free port each for health and metrics.
 * @param {AppName[]} apps
 * @param {NodeJS.ProcessEnv} env
 * @returns {Copy[]}
 * @throws Error with one line when a setting is no number from 1 to 16
 */
function copiesOf(apps, env) {
  const count = { gateway: countOf(env, 'SIGNALBOX_GATEWAYS'), relay: countOf(env, 'SIGNALBOX_RELAYS'), ledger: 1 };
  /** @type {(app: AppName, name: string, index: number) => Record<string, string>} */
  const ownEnv = (app, name, index) => {
    if (app === 'gateway') return { SIGNALBOX_REUSE_PORT: 'true', SIGNALBOX_INSTANCE: name };
    return index === 0 ? {} : { SIGNALBOX_RELAY_PORT: '0' };
  };
  /** @type {(app: AppName) => Copy[]} */
  const copies = (app) => {
    if (count[app] === 1) return [{ process: app, app, ownEnv: {} }];
    return Array.from({ length: count[app] }, (_, index) => {
      const name = index === 0 ? app : `${app}-${index + 1}`;
      return { process: name, app, ownEnv: ownEnv(app, name, index) };
    });
  };
  return apps.flatMap(copies);
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} setting
 */
function countOf(env, setting) {
  const count = Number(env[setting] || 1);
  if (!Number.isInteger(count) || count < 1 || count > 16)
    throw new Error(`${setting} must be a whole number from 1 to 16.`);
  return count;
}

/**
 * @param {{ host: string, urls: Urls, ports: import('./ports.mjs').Ports, folders: Folders,
 *   copies: Copy[], secrets: import('./secrets.mjs').Secrets, identity: boolean,
 *   servers: import('./servers.mjs').FoundServers, env: NodeJS.ProcessEnv, say: (line: string) => void, engine?: Engine }} house
 * @returns {Record<string, Supervised>}
 */
function plansOf(house) {
  const { urls, ports, folders, secrets, servers, env, say } = house;
  const common = { cwd: projectFolder, say };
  const logFile = (/** @type {string} */ name) => join(folders.logs, `${name}.log`);
  const nats = natsLaunch({
    command: servers.nats.command,
    port: ports.nats,
    monitorPort: ports.natsMonitor,
    store: join(folders.data, 'nats'),
    passwords: secrets.natsPasswords,
    config: natsFolder(engineFolder(folders)),
    ...(env['SIGNALBOX_NATS_STORE_LIMIT'] ? { storeLimit: env['SIGNALBOX_NATS_STORE_LIMIT'] } : {}),
  });
  const redisFolder = join(folders.data, 'redis');
  mkdirSync(redisFolder, { recursive: true });
  const redis = redisLaunch({ command: servers.redis.command, port: ports.redis, folder: redisFolder });
  const isNatsReady = answersOk(`${urls.natsMonitor}/healthz`);
  const ours = house.engine === undefined;
  const engines = [
    ...(ours
      ? [{ name: 'nats', launch: withSystem(nats), isReady: isNatsReady, logFile: logFile('nats'), ...common }]
      : []),
    {
      name: 'redis',
      launch: withSystem(redis),
      isReady: redisAnswers(ports.redis),
      logFile: logFile('redis'),
      ...common,
    },
  ];
  const apps = house.copies.map(({ process: name, app, ownEnv }) => ({
    name,
    launch: {
      command: pinnedNode(),
      args: [join('apps', app, 'dist', 'main.js')],
      env: { ...appEnv({ ...house, name: app }), ...ownEnv },
    },
    isReady: answersOk(`${urls[app]}/health/ready`),
    logFile: logFile(name),
    // The ledger may lag; accepting and delivering may not.
    ...(app === 'ledger' && { niceness: LEDGER_NICENESS }),
    ...common,
  }));
  const steward =
    ours && house.copies.some(({ app }) => app === 'gateway') ? [stewardPlan(house, logFile('steward'))] : [];
  const identity = house.identity ? [identityPlan(house, logFile('identity'))] : [];
  return Object.fromEntries(
    [...engines, ...apps, ...steward, ...identity].map((plan) => [plan.name, new Supervised(plan)]),
  );
}

/** @param {Folders} folders @returns {string} where NATS has its configuration with the accounts of organisations */
function engineFolder({ data }) {
  return join(data, 'engine');
}

/**
 * Writes the accounts of organisations that speak NATS and has NATS read them: nobody else holds the system user's secret.
 * @param {{ urls: Urls, folders: Folders, secrets: import('./secrets.mjs').Secrets,
 *   servers: import('./servers.mjs').FoundServers, env: NodeJS.ProcessEnv, say: (line: string) => void }} house
 * @param {string} logFile
 * @returns {import('./supervised.mjs').Plan}
 */
function stewardPlan({ urls, folders, secrets, servers, env, say }, logFile) {
  const folder = engineFolder(folders);
  const applied = join(folder, 'applied');
  rmSync(applied, { force: true });
  const patience = { SIGNALBOX_ENGINE_WAIT_MS: String(READY_WITHIN_MS) };
  const own = {
    SIGNALBOX_NATS_URL: urls.nats,
    SIGNALBOX_NATS_FOLDER: folder,
    SIGNALBOX_NATS_SERVER: servers.nats.command,
    SIGNALBOX_NATS_PASSWORD_STEWARD_FILE: secrets.natsPasswordFiles.steward,
    SIGNALBOX_NATS_PASSWORD_SYSTEM_FILE: secrets.natsPasswordFiles.system,
  };
  return {
    name: 'steward',
    launch: {
      command: pinnedNode(),
      args: [join('deploy', 'nats', 'engine.mjs'), 'watch'],
      env: /** @type {Record<string, string>} */ ({ ...patience, ...projectEnv(env), ...own }),
    },
    isReady: async () => existsSync(applied),
    niceness: LEDGER_NICENESS,
    logFile,
    cwd: projectFolder,
    say,
  };
}

/**
 * The provider of identities that people of a demonstration sign in with.
 * @param {{ urls: Urls, ports: import('./ports.mjs').Ports, secrets: import('./secrets.mjs').Secrets,
 *   env: NodeJS.ProcessEnv, say: (line: string) => void }} house
 * @param {string} logFile
 * @returns {import('./supervised.mjs').Plan}
 */
function identityPlan({ urls, ports, secrets, env, say }, logFile) {
  const own = {
    ...identityEnv(urls, secrets),
    SIGNALBOX_IDENTITY_PORT: String(ports.identity),
    SIGNALBOX_LEDGER_URL: urls.ledger,
  };
  return {
    name: 'identity',
    launch: {
      command: pinnedNode(),
      args: [join('deploy', 'local', 'identity', 'serve.mjs')],
      env: /** @type {Record<string, string>} */ ({ ...projectEnv(env), ...own }),
    },
    isReady: answersOk(`${urls.identity}/health`),
    niceness: LEDGER_NICENESS,
    logFile,
    cwd: projectFolder,
    say,
  };
}

/**
 * Whether the house runs a provider of its own: on loopback, where no other was named.
 * @param {HouseOptions} options
 * @param {string} host
 * @param {NodeJS.ProcessEnv} env
 */
function runsIdentity({ identity = true, apps = APPS }, host, env) {
  return identity && apps.includes('ledger') && LOOPBACK.has(host) && !env['SIGNALBOX_OIDC_ISSUER'];
}

/** @param {import('./engines.mjs').Launch} launch */
function withSystem(launch) {
  return { ...launch, env: { .../** @type {Record<string, string>} */ (process.env), ...launch.env } };
}

/**
 * Starts the house and waits until every process is ready.
 * @param {HouseOptions} [options]
 * @returns {Promise<House>}
 * @throws Error with one clear line for each port that is taken or process that does not start; nothing is left running
 */
export async function startHouse(options = {}) {
  const env = { ...process.env, ...options.env };
  const say = options.quiet ? () => undefined : (options.say ?? ((line) => console.error(line)));
  const host = env['SIGNALBOX_HOST'] || '127.0.0.1';
  const ports = portsFrom(env, options.ports);
  const folders = foldersOf(env, options.dataFolder);
  const claim = await claimFolder(folders.data, say);
  const asked = options.apps ?? APPS;
  const copies = copiesOf(asked, env);
  const identity = runsIdentity(options, host, env);
  /** @type {import('./ports.mjs').PortName[]} */
  const own = identity ? ['identity'] : [];
  /** @type {import('./ports.mjs').PortName[]} */
  const engines = options.engine === undefined ? ['nats', 'natsMonitor'] : [];
  await assertPortsFree(ports, [...engines, 'redis', ...asked, ...own, ...(options.reserve ?? [])], host);
  const secrets = ensureSecrets(folders.keys);
  const servers = findServers({ env, say });
  const urls = urlsOf(host, ports, options.engine);
  const { engine } = options;
  const processes = plansOf({
    host,
    urls,
    ports,
    folders,
    copies,
    secrets,
    identity,
    servers,
    env,
    say,
    ...(engine && { engine }),
  });
  const all = Object.values(processes);
  for (const one of all) one.plan.onSpawn = () => claim.record(all);
  // Processes of their own group outlive the house if it ends without `stop`: by an error, or a second Ctrl-C.
  const abandon = () => all.forEach((one) => one.abandon());
  process.once('exit', abandon);

  const others = Object.keys(processes).filter((name) => name !== 'nats' && name !== 'redis');
  const stop = async () => {
    for (const group of [others, ['redis'], ['nats']]) {
      await Promise.all(group.map((name) => processes[name]?.stop()));
    }
    process.off('exit', abandon);
    claim.release();
  };
  const of = (/** @type {string} */ name) => {
    const found = processes[name];
    if (!found)
      throw new Error(`The house has no process called ${name}; it has ${Object.keys(processes).join(', ')}.`);
    return found;
  };

  try {
    for (const group of [Object.keys(processes).filter((name) => !others.includes(name)), others]) {
      const outcomes = await Promise.allSettled(group.map((name) => of(name).start()));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed) throw failed.reason;
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    urls,
    ports,
    folders,
    secrets,
    servers,
    processes,
    stop,
    kill: (name, signal = 'SIGKILL') => of(name).kill(signal),
    restart: (name) => of(name).restart(),
    halt: (name, signal) => of(name).stop(signal),
    resume: (name) => of(name).start(),
    ready: async () => {
      await Promise.all(all.map((one) => one.ready()));
    },
  };
}
