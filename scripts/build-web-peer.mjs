// Builds the web peer: static files that any host can serve, next to each other.
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { build as bundle } from 'esbuild';
import { build } from 'vite';

const root = path.resolve(import.meta.dirname, '..');
const source = path.join(root, 'src/web-peer');
const COMPRESSIBLE = /\.(html|js|css|svg|webmanifest|wasm)$/;

/** Writes it to the folder `outDir`, in place of what is there: the files, and beside them as `.br` and `.gz` what is smaller so. */
export async function buildWebPeer(outDir) {
  await build({
    configFile: false,
    root: source,
    base: './',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  });
  await buildServiceWorker(outDir);
  for (const file of await filesIn(outDir)) {
    if (COMPRESSIBLE.test(file)) await compress(path.join(outDir, file));
  }
}

/** It names all files with their hashes, and is another one whenever one of them is. */
async function buildServiceWorker(outDir) {
  const files = [];
  for (const file of await filesIn(outDir)) {
    const digest = createHash('sha256').update(await readFile(path.join(outDir, file)));
    files.push({ path: file === 'index.html' ? './' : file, integrity: `sha256-${digest.digest('base64')}` });
  }
  const version = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  await bundle({
    entryPoints: [path.join(source, 'offline/service-worker.ts')],
    outfile: path.join(outDir, 'service-worker.js'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    logLevel: 'warning',
    define: { FILES: JSON.stringify(files), VERSION: JSON.stringify(version) },
  });
}

async function compress(file) {
  const content = await readFile(file);
  for (const [extension, work] of [
    ['.br', promisify(brotliCompress)],
    ['.gz', promisify(gzip)],
  ]) {
    const compressed = await work(content);
    if (compressed.length < content.length) await writeFile(file + extension, compressed);
  }
}

/** Paths with `/`, in an order that is always the same. */
async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name)).split(path.sep).join('/'))
    .sort();
}
