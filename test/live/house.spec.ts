import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startHouse } from '../../deploy/local/house.mjs';
import { projectFolder } from '../../deploy/local/places.mjs';
import { freePorts, temporaryFolder } from '../support/index.js';

type House = Awaited<ReturnType<typeof startHouse>>;

const NAMES = ['gateway', 'ledger', 'relay', 'nats', 'natsMonitor', 'redis', 'receiver'] as const;

async function somePorts(): Promise<Record<(typeof NAMES)[number], number>> {
  const ports = await freePorts(NAMES.length);
  return Object.fromEntries(NAMES.map((name, index) => [name, ports[index]])) as never;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the house on one machine', () => {
  const endings: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  const folder = (): string => {
    const { path, remove } = temporaryFolder('house');
    endings.push(remove);
    return path;
  };

  /** NATS and Redis are processes like any other to the supervision, and start in milliseconds. */
  const start = async (dataFolder: string, said: string[] = []): Promise<House> => {
    const house = await startHouse({ dataFolder, apps: [], ports: await somePorts(), say: (line) => said.push(line) });
    endings.push(() => house.stop());
    return house;
  };

  it('starts a process again that was killed, and says so', async () => {
    const said: string[] = [];
    const house = await start(folder(), said);
    const before = house.processes['nats']?.pid;
    await house.kill('nats');
    await house.ready();
    expect(house.processes['nats']?.pid).not.toBe(before);
    expect(said).toContainEqual(expect.stringMatching(/^nats ended \(SIGKILL\); starting it again/));
  });

  it('keeps a process down that was halted, until it is resumed', async () => {
    const house = await start(folder());
    await house.halt('redis', 'SIGKILL');
    expect(house.processes['redis']?.running).toBe(false);
    await house.resume('redis');
    expect(house.processes['redis']?.running).toBe(true);
  });

  it('ends every process when it stops', async () => {
    const house = await start(folder());
    const pids = Object.values(house.processes).map(({ pid }) => pid ?? 0);
    await house.stop();
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('names each taken port and the setting that moves it, before it starts anything', async () => {
    const ports = await somePorts();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(ports.nats, '127.0.0.1', resolve));
    endings.push(() => new Promise((resolve) => void taken.close(() => resolve())));
    const dataFolder = folder();
    await expect(startHouse({ dataFolder, apps: [], ports, quiet: true })).rejects.toThrow(
      `Port ${ports.nats} for NATS is taken: set SIGNALBOX_NATS_PORT to a free port, or end what uses it.`,
    );
    expect(existsSync(join(dataFolder, 'logs'))).toBe(false);
  });

  it('refuses a setting that is no port, and two settings with one port', async () => {
    const dataFolder = folder();
    const wrong = { SIGNALBOX_GATEWAY_PORT: '80a', SIGNALBOX_REDIS_PORT: '4222' };
    await expect(startHouse({ dataFolder, apps: [], env: wrong, quiet: true })).rejects.toThrow(
      'SIGNALBOX_GATEWAY_PORT must be a port, 1 to 65535.\nSIGNALBOX_REDIS_PORT and SIGNALBOX_NATS_PORT are both 4222.',
    );
  });

  it('refuses a second house on the same data', async () => {
    const dataFolder = folder();
    await start(dataFolder);
    await expect(start(dataFolder)).rejects.toThrow(/^Signalbox already runs on .*SIGNALBOX_DATA_FOLDER/);
  });

  it('ends what a house that was killed has left behind', async () => {
    const dataFolder = folder();
    const options = { dataFolder, apps: [], ports: await somePorts(), quiet: true };
    const script = `
      const { startHouse } = await import(${JSON.stringify(join(projectFolder, 'deploy/local/house.mjs'))});
      const house = await startHouse(${JSON.stringify(options)});
      console.log(house.processes.nats.pid);
    `;
    const first = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: first.stdout }), 'line')) as [string];
    const pid = Number(line);
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(isAlive(pid)).toBe(true);

    const said: string[] = [];
    await start(dataFolder, said);
    expect(said[0]).toBe('Ending what an earlier run left behind: nats, redis.');
    expect(isAlive(pid)).toBe(false);
  });

  it('keeps its secrets to its owner, and the same ones over a restart', async () => {
    const dataFolder = folder();
    const first = await start(dataFolder);
    const { keys } = first.folders;
    const open = readdirSync(keys).filter((name) => (statSync(join(keys, name)).mode & 0o077) !== 0);
    expect(open).toEqual([]);
    await first.stop();
    const second = await start(dataFolder);
    expect(second.secrets).toEqual(first.secrets);
  });
});
