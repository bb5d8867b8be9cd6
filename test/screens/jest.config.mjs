/** `npm run screens`: every screen of the console in a real browser, over the whole house. */
import base from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/screens/**/*.spec.ts'],
  testTimeout: 120_000,
};
