// What the bundles load from packages that are installed, and what they contain of others: from esbuild's metafiles.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Loaded where they happen to be installed, and done without everywhere else: parts of `ws`. */
const NEVER_NEEDED = new Set(['bufferutil', 'utf-8-validate']);

/** Licences of what a package has compiled into it, which its own licence file does not tell. */
const COMPILED_IN = { 'zxing-wasm': ['zxing_reader.wasm contains zxing-cpp, Apache-2.0: see LICENSE of waypost.'] };

/** What only the pages contain, which Vite bundles and tells no metafile of. */
const IN_PAGES = ['node_modules/preact'];

/**
 * Throws when installing the package would not bring what the bundles load, or would bring something that none of them does.
 * Bundled packages belong to devDependencies: whoever installs waypost needs none of them.
 */
export function assertDependencies(metafiles, { dependencies, optionalDependencies }) {
  const loaded = new Set(
    metafiles
      .flatMap(({ outputs }) => Object.values(outputs))
      .flatMap(({ imports }) => imports)
      .filter(({ path: name, external }) => external && !/^[./]/.test(name) && !NEVER_NEEDED.has(name))
      .map(({ path: name }) => packageOf(name)),
  );
  const declared = new Set(Object.keys({ ...dependencies, ...optionalDependencies }));
  const missing = [...loaded.difference(declared)];
  const useless = [...declared.difference(loaded)];
  if (missing.length > 0) throw new Error(`dependencies lack ${missing}, which the bundles load`);
  if (useless.length > 0) throw new Error(`the bundles do not load ${useless}: they belong to devDependencies`);
}

/** The licence texts of all packages of which the bundles contain something, sorted by name. */
export async function bundledLicences(root, metafiles) {
  const folders = new Set(
    metafiles
      .flatMap(({ outputs }) => Object.values(outputs))
      .flatMap(({ inputs }) => Object.entries(inputs))
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([file]) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1])
      .filter((folder) => folder !== undefined),
  );
  for (const folder of IN_PAGES) folders.add(folder);
  const texts = await Promise.all([...folders].sort().map((folder) => licenceOf(path.join(root, folder))));
  return `waypost contains parts of these packages.\n\n${texts.join('\n\n')}`;
}

async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  if (files.length === 0 && license === undefined) throw new Error(`${name} says nothing about its licence`);
  const texts = await Promise.all(files.sort().map((file) => readFile(path.join(folder, file), 'utf8')));
  const title = `${name} ${version} (${license})`;
  return [title, '='.repeat(title.length), ...(COMPILED_IN[name] ?? []), ...texts.map((text) => text.trim())].join(
    '\n',
  );
}

/** `@scope/name` of `@scope/name/file`. */
function packageOf(name) {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}
