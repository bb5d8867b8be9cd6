import type { Settings } from '../settings.js';
import type { Asked, Check } from './check.js';
import { ask, failed, member, ok, skipped, warning } from './check.js';

/** Seconds of clock difference that the gateway bears in an assertion, and from when it is worth a word. */
const SKEW_FAILS_SECONDS = 30;
const SKEW_WARNS_SECONDS = 5;
const NATS_MINIMUM = [2, 12] as const;

/** The gateway, its parts and its clock; then the ledger and the engine behind them. */
export async function serverChecks(settings: Settings): Promise<Check[]> {
  const started = Date.now();
  const live = await ask(at(settings.gateway, 'health/live'));
  const middle = (started + Date.now()) / 2;
  const reached = checkLive('gateway', settings.gateway, live);
  const rest =
    reached.state === 'ok'
      ? [checkReady('gateway', await ask(at(settings.gateway, 'health/ready'))), checkClock(live, middle)]
      : [skipped('gateway ready', 'the gateway cannot be reached')];
  const others = [
    await processChecks('ledger', settings.ledger),
    await relayChecks(settings),
    ...(await Promise.all(settings.natsMonitors.map(natsChecks))),
  ];
  return [reached, ...rest.flat(), ...others.flat()];
}

async function processChecks(name: string, url: string): Promise<Check[]> {
  const live = checkLive(name, url, await ask(at(url, 'health/live')));
  if (live.state !== 'ok') return [live];
  return [live, ...checkReady(name, await ask(at(url, 'health/ready')))];
}

/** The relay has no door for others: from elsewhere than its own machine there is nothing to ask. */
async function relayChecks({ gateway, relay }: Settings): Promise<Check[]> {
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(gateway).hostname);
  return isHere ? processChecks('relay', relay) : [skipped('relay', 'it is asked only on its own machine')];
}

/** Whether what answers is one of ours at all: a port may be taken by something else. */
export function checkLive(name: string, url: string, asked: Asked): Check {
  if (!asked.answered) {
    return failed(
      name,
      `${url}: ${asked.reason}`,
      asked.reason.includes('nothing listens')
        ? 'start it: signalbox dev; or name where it is: SIGNALBOX_' + `${name.toUpperCase()}_URL`
        : `check the address (SIGNALBOX_${name.toUpperCase()}_URL), the network and any proxy between`,
    );
  }
  if (asked.status !== 200 || member(asked.body, 'state') === undefined) {
    return failed(
      name,
      `${url} answers, but not as a ${name} of Signalbox (HTTP ${asked.status})`,
      `another program may hold the port: stop it, or move ours with SIGNALBOX_${name.toUpperCase()}_PORT`,
    );
  }
  return ok(name, `${url} answers`);
}

/** One check for each part that the process depends on. */
export function checkReady(name: string, asked: Asked): Check[] {
  if (!asked.answered) return [failed(`${name} ready`, asked.reason, 'look into its log')];
  const components = member(asked.body, 'components');
  if (typeof components !== 'object' || components === null) {
    return [failed(`${name} ready`, `the answer (HTTP ${asked.status}) was not understood`, 'look into its log')];
  }
  return Object.entries(components).map(([part, health]) => {
    const state = member(health, 'state');
    const told = member(health, 'sentence');
    const sentence = typeof told === 'string' ? told : '';
    const label = `${name}: ${part}`;
    if (state === 'up') return ok(label, sentence);
    if (state === 'degraded') return warning(label, sentence, 'it still serves; the log of the process says more');
    return failed(label, sentence, `start or mend ${part}; the ${name} takes up again by itself`);
  });
}

/** A clock that is wrong here makes every assertion look expired or not yet valid. */
export function checkClock(asked: Asked, atMs: number): Check {
  const theirs = asked.answered && asked.date !== null ? Date.parse(asked.date) : NaN;
  if (Number.isNaN(theirs)) return skipped('clock', 'the gateway sends no Date');
  // The header has whole seconds, cut off: half a second is the best guess.
  const skew = Math.round((atMs - (theirs + 500)) / 1000);
  const detail = `${Math.abs(skew)} s ${skew < 0 ? 'behind' : 'ahead of'} the gateway`;
  const remedy = 'set the clock of this machine (NTP)';
  if (Math.abs(skew) >= SKEW_FAILS_SECONDS) return failed('clock', detail, remedy);
  return Math.abs(skew) >= SKEW_WARNS_SECONDS ? warning('clock', detail, remedy) : ok('clock', detail);
}

/** Whether the engine writes every acknowledged event to disk first; its monitor is seldom reachable from outside. */
async function natsChecks(monitor: string): Promise<Check[]> {
  const varz = await ask(at(monitor, 'varz'));
  if (!varz.answered || varz.status !== 200) {
    return [skipped('nats', `its monitor at ${monitor} cannot be reached from here`)];
  }
  const jsz = await ask(at(monitor, 'jsz?config=true'));
  return [checkNatsVersion(member(varz.body, 'version')), checkSync(varz.body, jsz.answered ? jsz.body : undefined)];
}

export function checkNatsVersion(told: unknown): Check {
  const version = typeof told === 'string' ? told : '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor] = NATS_MINIMUM;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return ok('nats', `version ${version}`);
  return failed(
    'nats',
    `version ${version}, needed is ${NATS_MINIMUM.join('.')} or newer`,
    'older servers ignore settings that keep events safe: replace the server (SIGNALBOX_NATS_SERVER)',
  );
}

export function checkSync(varz: unknown, jsz: unknown): Check {
  const places = [member(jsz, 'config'), member(varz, 'jetstream', 'config')];
  if (places.some((config) => member(config, 'sync_always') === true)) {
    return ok('nats sync', 'sync_interval: always; an acknowledged event is on disk');
  }
  return failed(
    'nats sync',
    'sync_interval is not always: a power cut can lose acknowledged events',
    'start the server with deploy/nats/nats-server.conf, or set jetstream { sync_interval: always }',
  );
}

function at(base: string, path: string): string {
  return new URL(path, base.endsWith('/') ? base : `${base}/`).href;
}
