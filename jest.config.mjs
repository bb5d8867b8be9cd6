/** One configuration for unit, schema, live and journey tests. Time limits are in test/support/runner. */
export default {
  testMatch: [
    '<rootDir>/{apps,libs}/*/src/**/*.spec.ts',
    '<rootDir>/test/{architecture,schemas,simulation,live,journeys}/**/*.spec.ts',
  ],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/.signalbox/'],
  modulePathIgnorePatterns: ['<rootDir>/.signalbox/', '/dist/'],
  runner: 'jest-light-runner/child-process',
  setupFiles: ['<rootDir>/test/support/runner/setup.mjs'],
  // Jest leaves one core free by default, which on two cores means one test file at a time.
  maxWorkers: '100%',
};
