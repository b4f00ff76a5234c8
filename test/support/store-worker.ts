import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import type { WorkerEntry } from '../../src/store/sqlite/worker-client.js';

/** Arguments of Node that make it run the project's TypeScript. */
export const RUN_TYPESCRIPT: readonly string[] = [
  '--import',
  pathToFileURL(resolve('test/support/typescript-hook.mjs')).href,
  '--disable-warning=ExperimentalWarning',
];

/** The store's worker threads from the sources. Loading them takes each thread some tenths of a second. */
export const WORKER_FROM_SOURCE: WorkerEntry = {
  url: pathToFileURL(resolve('src/store/sqlite/worker.ts')),
  execArgv: RUN_TYPESCRIPT,
};

/** The store's worker threads as they are shipped: one file. Built when asked for, in a few milliseconds. */
export function bundledWorker(): WorkerEntry {
  // Inside node_modules, from where the native module is found; one per process, because tests run side by side.
  const outfile = resolve(`node_modules/.cache/waypost-test/store-worker-${process.pid}.mjs`);
  buildSync({
    entryPoints: [resolve('src/store/sqlite/worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['better-sqlite3'],
    logLevel: 'error',
  });
  return { url: pathToFileURL(outfile) };
}
