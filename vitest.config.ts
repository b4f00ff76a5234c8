import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // npm run test:ble-kernel, test:package, test:browser
    exclude: [...configDefaults.exclude, 'test/kernel/**', 'test/package/**', 'test/browser/**'],
    testTimeout: 30_000,
    // Some build the command first.
    hookTimeout: 60_000,
    // A machine that is busy with other things makes everything later, and nothing wrong.
    expect: { poll: { timeout: 10_000 } },
    // Two at a time: the tests are meant for a machine with two cores.
    maxWorkers: 2,
    // Real processes, sockets and kills: where nobody can look again, one more try tells an accident from a defect.
    retry: process.env.CI === 'true' ? 1 : 0,
  },
});
