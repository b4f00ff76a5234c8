import path from 'node:path';
import { build } from 'vite';

const root = path.resolve(import.meta.dirname, '../src/daemon/dashboard/page');

/** Builds the page of the dashboard into the folder `outDir`: one page, one script, one style sheet, nothing inline. */
export function buildDashboard(outDir) {
  return build({
    configFile: false,
    root,
    base: '/dashboard/',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: { outDir, emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, modulePreload: false },
  });
}
