import { defineConfig } from 'vitest/config';

/** The suite that boots a kernel: `npm run test:ble-kernel`. It is not part of `npm test`. */
export default defineConfig({ test: { include: ['test/kernel/**/*.test.ts'] } });
