// Builds `dist`: the command as one bundle, the library as another, the page of the dashboard, and type
// declarations.
// `--out DIR` builds elsewhere, without the declarations: for tests.
import { execFileSync } from 'node:child_process';
import { chmod, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { buildDashboard } from './build-dashboard.mjs';
import { buildWebPeer } from './build-web-peer.mjs';
import { assertDependencies, bundledLicences } from './installed-packages.mjs';

const root = path.resolve(import.meta.dirname, '..');
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const out = (name) => path.join(values.out ?? path.join(root, 'dist'), name);

/*
 * An `import` of a module of Node's evaluates all of its exports, and some of them load what nobody asked for: `node:http`
 * the whole of fetch. The bundles take only what they use, which saves the daemon 10 MB and a part of its start. Packages
 * that say require() get the module itself.
 */
const lazyNodeModules = {
  name: 'lazy-node-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ path: name, kind }) => {
      if (!isBuiltin(name)) return undefined;
      return { path: name, namespace: kind === 'require-call' ? 'node-require' : 'node-import', sideEffects: false };
    });
    const get = (name) => `process.getBuiltinModule(${JSON.stringify(name)})`;
    onLoad({ filter: /./, namespace: 'node-require' }, ({ path: name }) => ({
      contents: `module.exports = ${get(name)};`,
    }));
    onLoad({ filter: /./, namespace: 'node-import' }, ({ path: name }) => {
      const names = Object.keys(process.getBuiltinModule(name)).filter((key) => key !== 'default');
      // Those that nothing imports are dropped by the bundler, since it may take them for free of effects.
      const exported = names.map((key) => `export const ${key} = /* @__PURE__ */ take('${key}');`);
      return {
        contents: [
          `const all = ${get(name)};`,
          'const take = (key) => all[key];',
          'export default all;',
          ...exported,
        ].join('\n'),
      };
    });
  },
};

const daemon = path.join(root, 'src/daemon/cli.ts');

/*
 * The bundler makes a chunk of whatever is shared by the same parts that are loaded later: of the daemon's own start that
 * made fifty files, and finding their ways to each other took Node so much that it loaded its optimising compiler for it,
 * 5 MB. When everything that is loaded later also names the start, the start is one chunk.
 */
const startIsOneChunk = {
  name: 'start-is-one-chunk',
  setup({ onResolve, onLoad, resolve }) {
    const loadedLater = new Set();
    onResolve({ filter: /^\./ }, async ({ path: name, kind, resolveDir, pluginData }) => {
      if (kind !== 'dynamic-import' || pluginData === 'asked') return undefined;
      const found = await resolve(name, { kind, resolveDir, pluginData: 'asked' });
      loadedLater.add(found.path);
      return found;
    });
    onLoad({ filter: /\.ts$/ }, async ({ path: file }) => {
      if (!loadedLater.has(file)) return undefined;
      return { contents: `${await readFile(file, 'utf8')}\nimport ${JSON.stringify(daemon)};`, loader: 'ts' };
    });
  },
};

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.14',
  logLevel: 'warning',
  metafile: true,
  // They find their native parts by their own paths.
  external: ['better-sqlite3', 'serialport', '@stoprocent/*', '@abandonware/*'],
  plugins: [lazyNodeModules],
};

await rm(out(''), { recursive: true, force: true });
// What is imported dynamically becomes a chunk of its own and is read only when it is needed.
const splitting = { ...common, splitting: true, chunkNames: 'chunks/[name]-[hash]', outdir: out('') };
const plugins = [lazyNodeModules, startIsOneChunk];
const bundles = [
  await build({ ...common, entryPoints: ['src/daemon/bin.ts'], outfile: out('bin/waypost.js'), target: 'node14' }),
  await build({ ...splitting, plugins, entryPoints: { waypost: daemon } }),
  await build({ ...splitting, entryPoints: { index: 'src/index.ts', transport: 'src/transport.ts' } }),
  // Programs of their own, for child processes and worker threads; src/daemon/program-url.ts finds them.
  await build({ ...common, entryPoints: ['src/net/webvh-process.ts'], outfile: out('webvh-process.js') }),
  await build({ ...common, entryPoints: ['src/store/sqlite/worker.ts'], outfile: out('store-worker.js') }),
  await build({ ...common, entryPoints: ['src/crypto/node/agreement-worker.ts'], outfile: out('agreement-worker.js') }),
  await build({ ...common, entryPoints: ['transports/qr/picture-worker.ts'], outfile: out('qr-pictures.js') }),
];
await chmod(out('bin/waypost.js'), 0o755);

const require = createRequire(import.meta.url);
// The decoder of QR codes, beside the thread that runs it.
await copyFile(require.resolve('zxing-wasm/reader/zxing_reader.wasm'), out('zxing_reader.wasm'));
const metafiles = bundles.map(({ metafile }) => metafile);
assertDependencies(metafiles, JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')));
await writeFile(out('THIRD-PARTY-LICENSES'), await bundledLicences(root, metafiles));
await buildDashboard(out('dashboard'));
await buildWebPeer(out('web-peer'));

if (values.out === undefined) {
  const tsc = require.resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
}
