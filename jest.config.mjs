import { availableParallelism } from 'node:os';

/** One configuration for unit, schema, live and journey tests. Time limits are in test/support/runner. */
export default {
  testMatch: [
    '<rootDir>/{apps,libs}/*/src/**/*.spec.ts',
    '<rootDir>/test/{architecture,schemas,simulation,live,journeys}/**/*.spec.ts',
  ],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/.signalbox/'],
  modulePathIgnorePatterns: ['<rootDir>/.signalbox/', '/dist/'],
  runner: '<rootDir>/test/support/runner/runner.mjs',
  setupFiles: ['<rootDir>/test/support/runner/setup.mjs'],
  // A test of real servers waits for a quarter of its time, in which another one can work.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
};
