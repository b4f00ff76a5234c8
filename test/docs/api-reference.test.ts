import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ERROR_CODES } from '../../src/core/errors.js';
import { reflectFile, reflectPackage, undocumented, undocumentedParameters } from './reflect-api.js';
import { type Thrower, throwers } from './thrown-codes.js';

const TYPEDOC_TIMEOUT_MS = 60_000;

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** Files of a folder and all folders in it, by their path there. */
async function contentsOf(folder: string): Promise<Record<string, string>> {
  const files = await filesOf(folder);
  const read = async (file: string) => [path.relative(folder, file), await readFile(file, 'utf8')] as const;
  return Object.fromEntries(await Promise.all(files.sort().map(read)));
}

describe('the API reference', { timeout: TYPEDOC_TIMEOUT_MS }, () => {
  let out: string;
  let api: Awaited<ReturnType<typeof reflectPackage>>;
  beforeAll(async () => {
    out = await mkdtemp(path.join(os.tmpdir(), 'waypost-api-'));
    api = await reflectPackage(out);
    return () => rm(out, { recursive: true });
  }, TYPEDOC_TIMEOUT_MS);

  it('says something about every export and every member of one', () => {
    expect(undocumented(api.project)).toEqual([]);
  });

  it('says what every parameter is, by its name or by its type', () => {
    expect(undocumentedParameters(api.project)).toEqual([]);
  });

  it('refers to nothing that is not exported', () => {
    api.app.validate(api.project);
    expect({ warnings: api.app.logger.warningCount, errors: api.app.logger.errorCount }).toEqual({
      warnings: 0,
      errors: 0,
    });
  });

  it('is docs/api: `npm run docs:api` writes it', async () => {
    await api.app.generateOutputs(api.project);
    expect(await contentsOf('docs/api')).toEqual(await contentsOf(out));
  });
});

/** Codes of the same form that Node itself throws. */
const CODES_OF_NODE = new Set(['ERR_BUFFER_TOO_LARGE', 'ERR_DLOPEN_FAILED']);

/** Throws a code in its own body that its docstring does not name. */
const isIncomplete = ({ named, thrownItself }: Thrower) => thrownItself.some((code) => !named.has(code));

function incompleteOnes(all: readonly Thrower[]): string[] {
  return all.filter(isIncomplete).map(({ name, thrownItself }) => `${name} throws ${thrownItself.join(', ')}`);
}

/** The same, and whoever throws, by whatever it calls, without a word about any code. */
function silentOnes(all: readonly Thrower[]): string[] {
  return all
    .filter((thrower) => {
      const { named, neverThrows, thrown } = thrower;
      return isIncomplete(thrower) || (thrown.size > 0 && named.size === 0 && !neverThrows);
    })
    .map(({ name, thrown }) => `${name} throws ${[...thrown].join(', ')}`);
}

describe('docstrings', () => {
  it('of exported functions and methods name the codes that they throw', () => {
    const all = throwers('tsconfig.build.json');
    expect(all.filter(({ thrown }) => thrown.size > 0).length).toBeGreaterThan(40);
    expect(silentOnes(all)).toEqual([]);
  });

  it('of the layers that others build on name the codes in their own bodies', async () => {
    const folders = ['core', 'crypto', 'envelope', 'did', 'net', 'link', 'transport', 'store'];
    const sources = await Promise.all(folders.map((folder) => filesOf(path.join('src', folder))));
    const files = sources.flat().filter((file) => file.endsWith('.ts'));
    expect(incompleteOnes(throwers('tsconfig.json', files))).toEqual([]);
  });

  it('name no code that is not in the table', async () => {
    const sources = await Promise.all(['src', 'transports', 'firmware-sim', 'docs'].map(contentsOf));
    const unknown = sources.flatMap((files) =>
      Object.entries(files).flatMap(([file, text]) =>
        (text.match(/\bERR_[A-Z0-9_]*[A-Z0-9]\b(?!_?\*)/g) ?? [])
          .filter((code) => !Object.hasOwn(ERROR_CODES, code) && !CODES_OF_NODE.has(code))
          .map((code) => `${file}: ${code}`),
      ),
    );
    expect(unknown).toEqual([]);
  });
});

describe('the checks above', { timeout: TYPEDOC_TIMEOUT_MS }, () => {
  it('find what is missing', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-exports-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const errors = JSON.stringify(path.resolve('src/core/errors.js'));
    await writeFile(
      path.join(folder, 'index.mts'),
      `import { WaypostError } from ${errors};
      /** With \`named\` here. */
      export interface Described {
        named: number;
        forgotten: number;
        /** Own words. */
        own: number;
      }
      /** Reads. */
      export function read(): void { helper(); }
      /** Throws ERR_FILE. */
      export function write(full: boolean): void {
        if (full) throw new WaypostError('ERR_STORE_FULL', 'no room');
        throw new WaypostError('ERR_FILE', 'no file');
      }
      /** Throws ERR_CONFIG. */
      export function load(): void { helper(); }
      /** Never throws. \`told\` is named. */
      export function attempt(told: number, untold: number, typed?: Described): void {
        try { helper(); } catch {}
        void [told, untold, typed];
      }
      function helper(): void { throw new WaypostError('ERR_CONFIG', 'no configuration'); }`,
    );
    const tsconfig = path.join(folder, 'tsconfig.json');
    await writeFile(
      tsconfig,
      JSON.stringify({
        extends: path.resolve('tsconfig.json'),
        compilerOptions: { types: [] },
        include: ['index.mts'],
      }),
    );
    expect(silentOnes(throwers(tsconfig))).toEqual(['read throws ERR_CONFIG', 'write throws ERR_STORE_FULL, ERR_FILE']);

    const { project } = await reflectFile(path.join(folder, 'index.mts'), tsconfig);
    expect(undocumented(project)).toEqual(['Described.forgotten']);
    expect(undocumentedParameters(project)).toEqual(['write.write.full', 'attempt.attempt.untold']);
  });
});
