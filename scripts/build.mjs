// Builds `dist`: the command as one bundle, the library as another, and type declarations.
// `--out DIR` builds elsewhere, without the declarations: for tests.
import { execFileSync } from 'node:child_process';
import { chmod, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const out = (name) => path.join(values.out ?? path.join(root, 'dist'), name);
const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.14',
  logLevel: 'warning',
  // They find their native parts by their own paths.
  external: ['better-sqlite3', 'serialport', '@stoprocent/*', '@abandonware/*'],
};
// Some bundled CommonJS packages call require() for Node's own modules; some bring a createRequire of their own.
const banner = {
  js: "import { createRequire as createOwnRequire } from 'node:module'; const require = createOwnRequire(import.meta.url);",
};

await rm(out(''), { recursive: true, force: true });
await build({ ...common, entryPoints: ['src/daemon/bin.ts'], outfile: out('bin/waypost.js'), target: 'node14' });
await chmod(out('bin/waypost.js'), 0o755);
// What is imported dynamically becomes a chunk of its own and is read only when it is needed.
await build({
  ...common,
  banner,
  splitting: true,
  entryPoints: { waypost: 'src/daemon/cli.ts', index: 'src/index.ts' },
  chunkNames: 'chunks/[name]-[hash]',
  outdir: out(''),
});
// Programs of their own, for child processes and worker threads; src/daemon/program-url.ts finds them.
await build({ ...common, entryPoints: ['src/net/webvh-process.ts'], outfile: out('webvh-process.js') });
await build({ ...common, banner, entryPoints: ['src/store/sqlite/worker.ts'], outfile: out('store-worker.js') });
await build({ ...common, entryPoints: ['transports/qr/picture-worker.ts'], outfile: out('qr-pictures.js') });

if (values.out === undefined) {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
}
