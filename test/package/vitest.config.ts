import { defineConfig } from 'vitest/config';

/** The suite that installs the package as the image does: `npm run test:package`. It asks the npm registry. */
export default defineConfig({
  test: { include: ['test/package/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 180_000 },
});
