import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projectFolder } from '../../deploy/local/places.mjs';
import { temporaryFolder } from '../support/index.js';

interface Violation {
  rule: string;
  from: string;
  to: string;
}

/** Each row plants one import and says which rules must object to it; no rule objects to the legal ones. */
const PLANTED: readonly [rules: string[], file: string, imports: string][] = [
  [[], 'apps/gateway/src/legal.ts', '@signalbox/registry'],
  [[], 'libs/runtime/src/legal-redis.ts', 'ioredis'],
  [[], 'apps/ledger/src/legal-sql.ts', 'pg'],
  [[], 'apps/cli/src/legal.ts', '@signalbox/client'],
  [[], 'libs/registry/src/legal.ts', '@signalbox/messaging'],
  [[], 'libs/messaging/src/legal.ts', '@nats-io/transport-node'],
  [[], 'test/live/legal.ts', '@signalbox/messaging'],
  [['no-circles'], 'apps/relay/src/circle-one.ts', './circle-two.js'],
  [['nothing-unresolved'], 'apps/relay/src/lost.ts', './nowhere.js'],
  [['contracts-and-runtime-stand-alone'], 'libs/contracts/src/planted.ts', '@signalbox/runtime'],
  [['contracts-and-runtime-stand-alone'], 'libs/runtime/src/planted.ts', '@signalbox/contracts'],
  [['client-knows-contracts-only'], 'libs/client/src/planted.ts', '@signalbox/messaging'],
  [['messaging-stands-on-contracts-and-runtime'], 'libs/messaging/src/planted.ts', '@signalbox/registry'],
  [['registry-stands-on-messaging'], 'libs/registry/src/planted.ts', '@signalbox/client'],
  [
    ['libraries-never-import-apps', 'registry-stands-on-messaging'],
    'libs/registry/src/planted-app.ts',
    '../../../apps/relay/src/main.js',
  ],
  [['apps-never-import-apps'], 'apps/gateway/src/planted.ts', '../../relay/src/main.js'],
  [['clients-are-clients'], 'apps/cli/src/planted.ts', '@signalbox/registry'],
  [['clients-are-clients'], 'apps/edge/src/planted.ts', '@signalbox/messaging'],
  [['one-door-to-a-library'], 'apps/gateway/src/planted-door.ts', '../../../libs/registry/src/inner.js'],
  [['one-door-to-a-library'], 'libs/registry/src/planted-door.ts', '../../messaging/src/inner.js'],
  [['one-door-for-tests-too'], 'test/live/planted.ts', '../../libs/registry/src/inner.js'],
  [['nats-in-messaging-only'], 'apps/gateway/src/planted-nats.ts', '@nats-io/transport-node'],
  [['nats-in-messaging-only'], 'libs/registry/src/planted-nats.ts', 'nats'],
  [['redis-in-runtime-only'], 'apps/gateway/src/planted-redis.ts', 'ioredis'],
  [['redis-in-runtime-only'], 'libs/registry/src/planted-redis.ts', 'ioredis'],
  [['sql-in-ledger-only'], 'apps/gateway/src/planted-sql.ts', 'pg'],
  [['sql-in-ledger-only'], 'libs/registry/src/planted-sql.ts', '@electric-sql/pglite'],
  [['no-nest-in-contracts-or-client'], 'libs/contracts/src/planted-nest.ts', '@nestjs/common'],
  [['no-nest-in-contracts-or-client'], 'libs/client/src/planted-nest.ts', '@nestjs/core'],
  [['nothing-imports-tests'], 'apps/gateway/src/planted-test.ts', '../../../test/support/index.js'],
  [['nothing-imports-tests'], 'deploy/local/planted.mjs', '../../test/support/index.ts'],
  [['specs-are-not-imported'], 'apps/relay/src/planted-spec.ts', './main.spec.js'],
  [['fixtures-are-for-specs'], 'apps/relay/src/planted-fixture.ts', './main.fixture.js'],
  [[], 'apps/relay/src/legal.spec.ts', './main.fixture.js'],
  ...['common', 'shared', 'utils', 'util', 'core'].map((name): [string[], string, string] => [
    ['no-room-without-a-subject'],
    `apps/relay/src/planted-${name}.ts`,
    `./${name}/thing.js`,
  ]),
  [['no-room-without-a-subject'], 'libs/registry/src/planted-file.ts', './utils.js'],
];

const PRESENT = [
  'apps/relay/src/main.ts',
  'apps/relay/src/main.spec.ts',
  'apps/relay/src/main.fixture.ts',
  'test/support/index.ts',
  'libs/registry/src/utils.ts',
  ...['contracts', 'runtime', 'messaging', 'registry', 'client'].map((name) => `libs/${name}/src/index.ts`),
  ...['messaging', 'registry'].map((name) => `libs/${name}/src/inner.ts`),
  ...['common', 'shared', 'utils', 'util', 'core'].map((name) => `apps/relay/src/${name}/thing.ts`),
];

const PACKAGES = [
  '@nats-io/transport-node',
  'nats',
  'ioredis',
  'pg',
  '@electric-sql/pglite',
  '@nestjs/common',
  '@nestjs/core',
];

const RULES = '.dependency-cruiser.mjs';

/** Every violation in the tree below `folder`, told by the rules of this project. */
function cruise(folder: string, roots: string[]): Violation[] {
  const program = join(projectFolder, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = [program, '--config', RULES, '--output-type', 'json', ...roots];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (!stdout) throw new Error(`dependency-cruiser said nothing: ${stderr}`);
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { rule: { name: string }; from: string; to: string }[]; totalCruised: number };
  };
  expect(summary.totalCruised).toBeGreaterThan(20);
  return summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
}

function write(folder: string, file: string, text: string): void {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function plantTree(folder: string): void {
  for (const name of [RULES, 'tsconfig.check.json', 'tsconfig.base.json']) {
    copyFileSync(join(projectFolder, name), join(folder, name));
  }
  write(folder, 'package.json', JSON.stringify({ name: 'planted', type: 'module' }));
  for (const name of PACKAGES) {
    write(folder, `node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    write(folder, `node_modules/${name}/index.js`, 'module.exports = {};\n');
  }
  for (const file of PRESENT) write(folder, file, 'export const here = true;\n');
  write(folder, 'apps/relay/src/circle-two.ts', "import './circle-one.js';\n");
  for (const [, file, imports] of PLANTED) write(folder, file, `import '${imports}';\n`);
}

describe('the dependency rule', () => {
  const tree = temporaryFolder('planted');
  let violations: Violation[] = [];

  beforeAll(() => {
    plantTree(tree.path);
    violations = cruise(tree.path, ['apps', 'libs', 'test', 'deploy']);
  });
  afterAll(() => tree.remove());

  it.each(PLANTED)('raises %j for %s importing %s', (rules, file) => {
    const raised = violations.filter(({ from }) => from === file).map(({ rule }) => rule);
    expect([...new Set(raised)].sort()).toEqual([...rules].sort());
  });

  it('has a planted violation for every rule', async () => {
    const { default: configuration } = (await import(join(projectFolder, RULES))) as {
      default: { forbidden: { name: string }[] };
    };
    const proven = new Set(PLANTED.flatMap(([rules]) => rules));
    expect(configuration.forbidden.map(({ name }) => name).filter((name) => !proven.has(name))).toEqual([]);
  });

  it('holds in this project', () => {
    expect(cruise(projectFolder, ['apps', 'libs', 'test', 'deploy'])).toEqual([]);
  });
});
