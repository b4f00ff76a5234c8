import { defineConfig } from 'vitest/config';

/** `npm run screenshots` */
export default defineConfig({ test: { include: ['test/browser/*screenshots.ts'], testTimeout: 60_000 } });
