import { resolve } from 'node:path';
import { createContext, Script } from 'node:vm';
import { build } from 'esbuild';

/*
 * Bundles source for a web page and runs it where there is nothing but what browsers have, so that a test can see what
 * depends on Node.
 */

/** Names that Node has and browsers have not. */
const NODE_GLOBALS = ['Buffer', 'process', 'global', 'require', 'module', '__dirname', '__filename', 'setImmediate'];

export interface BrowserBundle {
  /** Runs as a classic script and leaves the exports of the entry in a global named `bundle`. */
  readonly code: string;
  /** The files that are in it, relative to the root of the repository. */
  readonly files: readonly string[];
  /** Of the names that only Node has, those that the code refers to without declaring them. */
  readonly nodeGlobals: readonly string[];
}

/**
 * Bundles `source`, an ES module in the root of the repository, without the packages in `external`. Rejects when it
 * imports a module of Node.
 */
export async function bundleForBrowser(source: string, external: readonly string[] = []): Promise<BrowserBundle> {
  const result = await build({
    stdin: { contents: source, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    external: [...external],
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'bundle',
    target: 'es2023',
    legalComments: 'none',
    logLevel: 'silent',
    define: Object.fromEntries(
      NODE_GLOBALS.flatMap((name) => [
        // Only free identifiers are replaced, never a member or a variable of that name.
        [name, markOf(name)],
        [`globalThis.${name}`, `globalThis.${markOf(name)}`],
      ]),
    ),
  });
  const code = result.outputFiles[0]?.text ?? '';
  return {
    code,
    files: Object.keys(result.metafile.inputs),
    nodeGlobals: NODE_GLOBALS.filter((name) => new RegExp(`\\b${markOf(name)}\\b`).test(code)),
  };
}

function markOf(name: string): string {
  return `nodeGlobal_${name}`;
}

/** Runs a bundle and then `script`, which finds it in `bundle`, with the globals of the language and of the web only. */
export function runInBrowser(bundle: BrowserBundle, script: string): unknown {
  const web = { TextEncoder, TextDecoder, URL, AbortController, AbortSignal, structuredClone, crypto };
  const page = createContext(web);
  new Script(bundle.code, { filename: 'bundle.js' }).runInContext(page);
  return new Script(script, { filename: resolve('script.js') }).runInContext(page);
}
