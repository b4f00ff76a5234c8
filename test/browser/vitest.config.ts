import { defineConfig } from 'vitest/config';

/** What needs a real browser: `npm run test:browser`. It is not part of `npm test`. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
    retry: process.env.CI === 'true' ? 1 : 0,
  },
});
