import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    // Two at a time: the tests are meant for a machine with two cores.
    maxWorkers: 2,
  },
});
