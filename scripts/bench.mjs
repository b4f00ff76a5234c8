/*
 * npm run bench -- AREA [--json]
 *
 * Bundles test/bench/run.ts and runs it: Node runs TypeScript, but not imports that end in .js and mean .ts. The
 * bundle lies under node_modules so that the packages in it are found. `node --cpu-prof scripts/bench.mjs envelope`
 * profiles a run.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules', '.cache');
await mkdir(cache, { recursive: true });
const folder = await mkdtemp(join(cache, 'bench-'));
try {
  const outfile = join(folder, 'run.mjs');
  await build({
    entryPoints: [join(root, 'test/bench/run.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  const { run } = await import(pathToFileURL(outfile).href);
  await run(process.argv.slice(2));
} finally {
  await rm(folder, { recursive: true });
}
