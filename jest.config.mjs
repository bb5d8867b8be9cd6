/** One configuration for unit, schema, live and journey tests; TypeScript is compiled in memory, so tests need no build of the libraries. */
export default {
  testMatch: [
    '<rootDir>/{apps,libs}/*/src/**/*.spec.ts',
    '<rootDir>/test/{architecture,schemas,simulation,live,journeys}/**/*.spec.ts',
  ],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/.signalbox/'],
  modulePathIgnorePatterns: ['<rootDir>/.signalbox/', '/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^@signalbox/([a-z]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
  // Jest leaves one core free by default, which on two cores means one test file at a time.
  maxWorkers: '100%',
  testTimeout: 30_000,
};
