/**
 * The dependency rule, one direction: apps → registry → messaging → contracts, runtime.
 * test/architecture plants a violation of each rule and proves that it fires.
 */

/** @param {string} name @param {string} comment @param {object} from @param {object} to */
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const CLIENTS = '(edge|cli)';
const PACKAGES = '(^|/)node_modules/';

export default {
  forbidden: [
    forbid('no-circles', 'A circle has no first room to read.', {}, { circular: true }),
    forbid('nothing-unresolved', 'An import must lead somewhere.', {}, { couldNotResolve: true }),
    forbid(
      'contracts-and-runtime-stand-alone',
      'They import nothing of ours, so that vendors can install contracts and any process can use runtime.',
      { path: '^libs/(contracts|runtime)/' },
      { path: '^(libs|apps)/', pathNot: '^libs/$1/' },
    ),
    forbid(
      'client-knows-contracts-only',
      'The client is installed by vendors: no server code in it.',
      { path: '^libs/client/' },
      { path: '^(libs|apps)/', pathNot: '^libs/(client|contracts)/' },
    ),
    forbid(
      'messaging-stands-on-contracts-and-runtime',
      'Messaging does not know who may publish.',
      { path: '^libs/messaging/' },
      { path: '^(libs|apps)/', pathNot: '^libs/(messaging|contracts|runtime)/' },
    ),
    forbid(
      'registry-stands-on-messaging',
      'Registry uses messaging, contracts and runtime.',
      { path: '^libs/registry/' },
      { path: '^(libs|apps)/', pathNot: '^libs/(registry|messaging|contracts|runtime)/' },
    ),
    forbid('libraries-never-import-apps', 'A library serves apps.', { path: '^libs/' }, { path: '^apps/' }),
    forbid(
      'apps-never-import-apps',
      'Apps meet on the engine and over HTTP only.',
      { path: '^apps/([^/]+)/' },
      { path: '^apps/', pathNot: '^apps/$1/' },
    ),
    forbid(
      'clients-are-clients',
      'edge and cli use contracts, runtime and client, as anyone outside would.',
      { path: `^apps/${CLIENTS}/` },
      { path: '^libs/', pathNot: '^libs/(contracts|runtime|client)/' },
    ),
    forbid(
      'one-door-to-a-library',
      'A library is entered through src/index.ts.',
      { path: '^(?:libs|apps)/([^/]+)/' },
      { path: '^libs/[^/]+/src/', pathNot: ['^libs/[^/]+/src/index[.]ts$', '^libs/$1/'] },
    ),
    forbid(
      'one-door-for-tests-too',
      'Tests enter a library as its users do.',
      { path: '^test/' },
      { path: '^libs/[^/]+/src/', pathNot: '^libs/[^/]+/src/index[.]ts$' },
    ),
    forbid(
      'nats-in-messaging-only',
      'One room knows the engine.',
      { path: '^(libs|apps)/', pathNot: '^libs/messaging/' },
      { path: [`${PACKAGES}@nats-io/`, '^@nats-io/', `${PACKAGES}nats/`, '^nats$'] },
    ),
    forbid(
      'redis-in-runtime-only',
      'One room connects to Redis; what an app keeps there is its own and can be rebuilt.',
      { path: '^(libs|apps)/', pathNot: '^libs/runtime/' },
      { path: [`${PACKAGES}ioredis/`, '^ioredis$'] },
    ),
    forbid(
      'sql-in-ledger-only',
      'One room keeps the ledger.',
      { path: '^(libs|apps)/', pathNot: '^apps/ledger/' },
      { path: [`${PACKAGES}(pg|@electric-sql/pglite)/`, '^(pg|@electric-sql/pglite)$'] },
    ),
    forbid(
      'no-nest-in-contracts-or-client',
      'Vendors install them without a framework.',
      { path: '^libs/(contracts|client)/' },
      { path: [`${PACKAGES}@nestjs/`, '^@nestjs/'] },
    ),
    forbid('nothing-imports-tests', 'Tests stand outside.', { path: '^(libs|apps|deploy)/' }, { path: '^test/' }),
    forbid(
      'specs-are-not-imported',
      'A helper that specs need is a fixture beside them or lives in test/support.',
      {},
      { path: '[.]spec[.]ts$' },
    ),
    forbid(
      'fixtures-are-for-specs',
      'No product carries what tests begin with.',
      { pathNot: '[.](spec|fixture)[.]ts$' },
      { path: '[.]fixture[.]ts$' },
    ),
    forbid(
      'no-room-without-a-subject',
      'A folder or file called common, shared, utils or core has no subject; name what it holds.',
      {},
      { path: '^(libs|apps|test|deploy)/.*/(common|shared|util|utils|core)(/|[.])' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.check.json' },
    combinedDependencies: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
