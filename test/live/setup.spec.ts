import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { incompleteOptions } from '../../deploy/local/lock.mjs';
import { projectFolder } from '../../deploy/local/places.mjs';
import { findServers, isAtLeast } from '../../deploy/local/servers.mjs';
import { temporaryFolder } from '../support/index.js';

describe('the servers that set-up finds', () => {
  const removals: (() => void)[] = [];
  afterEach(() => removals.splice(0).forEach((remove) => remove()));

  const folder = (): string => {
    const { path, remove } = temporaryFolder('servers');
    removals.push(remove);
    return path;
  };

  const program = (path: string, script: string): string => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  /** Stands in for what some machine has: a program that tells its version as the real one does. */
  const nats = (path: string, version: string) => program(path, `echo "nats-server: v${version}"`);
  const redis = (path: string, version: string) => program(path, `echo "Redis server v=${version} sha=00000000:0"`);

  const find = (env: Record<string, string>, servers = folder()) =>
    findServers({ folder: servers, env: { SIGNALBOX_SERVERS_FROM: 'environment,path,unpacked', ...env } });

  it('are those on PATH, if their versions suffice', () => {
    const bin = folder();
    nats(join(bin, 'nats-server'), '2.12.0');
    redis(join(bin, 'redis-server'), '7.0.15');
    const found = find({ PATH: `${bin}:/usr/bin:/bin` });
    expect(found.nats).toEqual({ command: join(bin, 'nats-server'), version: '2.12.0', from: 'PATH' });
    expect(found.redis).toMatchObject({ version: '7.0.15', from: 'PATH' });
  });

  it('may be Valkey instead of Redis', () => {
    const bin = folder();
    nats(join(bin, 'nats-server'), '2.15.1');
    program(join(bin, 'valkey-server'), 'echo "Valkey server v=8.1.1 sha=00000000:0"');
    expect(find({ PATH: `${bin}:/usr/bin:/bin` }).redis).toMatchObject({ version: '8.1.1' });
  });

  it('are not those on PATH that are too old: an earlier set-up serves instead', () => {
    const bin = folder();
    const servers = folder();
    nats(join(bin, 'nats-server'), '2.9.10');
    redis(join(bin, 'redis-server'), '6.2.14');
    nats(join(servers, 'bin', 'nats-server'), '2.15.1');
    redis(join(servers, 'bin', 'redis-server'), '7.2.0');
    const found = find({ PATH: `${bin}:/usr/bin:/bin` }, servers);
    expect([found.nats.version, found.redis.version]).toEqual(['2.15.1', '7.2.0']);
  });

  it('are the ones that the environment names, before those on PATH', () => {
    const bin = folder();
    nats(join(bin, 'nats-server'), '2.15.1');
    redis(join(bin, 'redis-server'), '7.0.15');
    const mine = nats(join(folder(), 'mine'), '2.14.6');
    const found = find({ PATH: `${bin}:/usr/bin:/bin`, SIGNALBOX_NATS_SERVER: mine });
    expect(found.nats).toEqual({ command: mine, version: '2.14.6', from: 'SIGNALBOX_NATS_SERVER' });
  });

  it('stop the set-up if the environment names one that does not serve', () => {
    const old = nats(join(folder(), 'old'), '2.9.10');
    expect(() => find({ PATH: '/usr/bin:/bin', SIGNALBOX_NATS_SERVER: old })).toThrow(
      'SIGNALBOX_NATS_SERVER is version 2.9.10; Signalbox needs nats-server 2.12.0 or newer.',
    );
    expect(() => find({ PATH: '/usr/bin:/bin', SIGNALBOX_REDIS_SERVER: '/nowhere/redis' })).toThrow(
      /SIGNALBOX_NATS_SERVER|SIGNALBOX_REDIS_SERVER names no program that can be run/,
    );
  });

  it('are listed in one message, with what helps, when there is no way to them', () => {
    expect(() => find({ PATH: folder() })).toThrow(
      /nats-server 2\.12\.0 or newer: .*SIGNALBOX_NATS_SERVER[^]*Redis or Valkey 7\.0\.0 or newer: .*SIGNALBOX_REDIS_SERVER/,
    );
  });

  it('are looked for only where somebody said, and a source that there is not is told', () => {
    expect(() => find({ SIGNALBOX_SERVERS_FROM: 'path,snap' })).toThrow(
      'SIGNALBOX_SERVERS_FROM knows environment, path, unpacked, debian, go, homebrew, docker; "snap" is none of them.',
    );
  });

  it('run in a container with the arguments and variables that the caller gives them', () => {
    const bin = folder();
    // Plays the engine: notes what it is asked to run, and answers a version like the program in the image.
    program(
      join(bin, 'docker'),
      `printf '%s\\n' "$@" > "${bin}/asked"; case "$*" in *nats-server*) echo v2.15.1 ;; *) echo "v=7.4.0" ;; esac`,
    );
    const env = { PATH: `${bin}:/usr/bin:/bin` };
    const { command } = find({ ...env, SIGNALBOX_SERVERS_FROM: 'docker' }).nats;
    spawnSync(command, ['-c', "it's a path.conf"], { env: { ...env, SIGNALBOX_NATS_PORT: '4222', OTHER: 'x' } });
    const asked = readFileSync(join(bin, 'asked'), 'utf8').split('\n');
    expect(asked).toEqual(expect.arrayContaining(['--network', 'host', '-e', 'SIGNALBOX_NATS_PORT']));
    expect(asked).not.toContain('OTHER');
    expect(asked.slice(-4)).toEqual(['nats:2.15.1-alpine', '-c', "it's a path.conf", '']);
  });

  it.each([
    ['2.12.0', '2.12.0', true],
    ['2.9.10', '2.12.0', false],
    ['2.12.1', '2.12.0', true],
    ['3.0.0', '2.12.9', true],
    ['6.2.14', '7.0.0', false],
  ])('compare versions by number: %s serves for %s: %s', (version, minimum, serves) => {
    expect(isAtLeast(version, minimum)).toBe(serves);
  });
});

describe('the lock file', () => {
  it('holds every platform package that its packages name, so that npm ci works everywhere', () => {
    expect(incompleteOptions(join(projectFolder, 'package-lock.json'))).toEqual([]);
  });

  it('is found out when one is missing', () => {
    const { path, remove } = temporaryFolder('lock');
    const file = join(path, 'package-lock.json');
    const packages = {
      'node_modules/tool': { optionalDependencies: { 'tool-linux': '1.0.0', 'tool-darwin': '1.0.0' } },
      'node_modules/tool-linux': {},
    };
    writeFileSync(file, JSON.stringify({ packages }));
    expect(incompleteOptions(file)).toEqual([
      'node_modules/tool names tool-darwin, which the lock file lacks: pin a version that is complete.',
    ]);
    remove();
  });
});
