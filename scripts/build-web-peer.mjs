// Builds the web peer: static files that any host can serve, next to each other.
import path from 'node:path';
import { build } from 'vite';

const root = path.resolve(import.meta.dirname, '..');

/** Writes it to the folder `outDir`, in place of what is there. */
export async function buildWebPeer(outDir) {
  await build({
    configFile: false,
    root: path.join(root, 'src/web-peer'),
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
}
