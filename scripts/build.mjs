// Builds `dist`: the command as one bundle, the library as another, and type declarations.
// `--out DIR` builds elsewhere, without the declarations: for tests.
import { execFileSync } from 'node:child_process';
import { chmod, rm } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

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

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.14',
  logLevel: 'warning',
  // They find their native parts by their own paths.
  external: ['better-sqlite3', 'serialport', '@stoprocent/*', '@abandonware/*'],
  plugins: [lazyNodeModules],
};

await rm(out(''), { recursive: true, force: true });
await build({ ...common, entryPoints: ['src/daemon/bin.ts'], outfile: out('bin/waypost.js'), target: 'node14' });
await chmod(out('bin/waypost.js'), 0o755);
// What is imported dynamically becomes a chunk of its own and is read only when it is needed.
await build({
  ...common,
  splitting: true,
  entryPoints: { waypost: 'src/daemon/cli.ts', index: 'src/index.ts' },
  chunkNames: 'chunks/[name]-[hash]',
  outdir: out(''),
});
// Programs of their own, for child processes and worker threads; src/daemon/program-url.ts finds them.
await build({ ...common, entryPoints: ['src/net/webvh-process.ts'], outfile: out('webvh-process.js') });
await build({ ...common, entryPoints: ['src/store/sqlite/worker.ts'], outfile: out('store-worker.js') });
await build({ ...common, entryPoints: ['transports/qr/picture-worker.ts'], outfile: out('qr-pictures.js') });

if (values.out === undefined) {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
}
