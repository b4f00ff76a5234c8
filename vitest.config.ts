import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    // A machine that is busy with other things makes everything later, and nothing wrong.
    expect: { poll: { timeout: 10_000 } },
    // Two at a time: the tests are meant for a machine with two cores.
    maxWorkers: 2,
  },
});
