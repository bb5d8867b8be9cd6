/** `npm run screens`: every screen and every act of the console in a real browser, over one whole house. */
import base from '../../jest.config.mjs';

process.env.SIGNALBOX_TEST_LIMIT_MS ??= '120000';

export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/screens/**/*.spec.ts'],
  globalSetup: '<rootDir>/test/screens/house.mjs',
  globalTeardown: '<rootDir>/test/screens/house-end.mjs',
};
