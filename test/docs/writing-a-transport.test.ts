import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Transport } from '../../src/transport/transport.js';
import { describeTransport } from '../conformance/transport.js';
import { filesIn } from './code-blocks.js';

const DOCUMENT = 'docs/writing-a-transport.md';
const PROGRAMS = ['unix-driver.ts', 'unix-transport.ts', 'talk.ts'];

/** What the document's programs export. */
interface Programs {
  createUnixTransport(stationId: Uint8Array, folder: string): Promise<Transport>;
  talk(folder: string, text: string): Promise<string>;
}

/** Somebody else's project: the document's files, and the package as it was built among its modules. */
async function createProject(shown: ReadonlyMap<string, string>): Promise<string> {
  const project = await mkdtemp(path.join(tmpdir(), 'waypost-guide-'));
  await mkdir(path.join(project, 'node_modules'));
  await symlink(path.resolve('.'), path.join(project, 'node_modules/waypost'));
  await symlink(path.resolve('node_modules/@types'), path.join(project, 'node_modules/@types'));
  await writeFile(path.join(project, 'package.json'), '{"type":"module"}');
  for (const name of PROGRAMS) await writeFile(path.join(project, name), shown.get(name) ?? '');
  return project;
}

/** Compiles it as strictly as this project, and gives what the compiler complains about. */
function compile(project: string): string[] {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ compilerOptions: config.compilerOptions }, ts.sys, project);
  const names = PROGRAMS.map((name) => path.join(project, name));
  const program = ts.createProgram(names, { ...options, noEmit: false, skipLibCheck: true });
  const { diagnostics } = program.emit();
  return [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ file, messageText }) => {
    return `${path.basename(file?.fileName ?? '')}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

describe('docs/writing-a-transport.md', () => {
  let project: string;
  let complaints: string[];
  let createUnixTransport: Programs['createUnixTransport'];
  let talk: Programs['talk'];
  let shown: ReadonlyMap<string, string>;

  beforeAll(async () => {
    shown = filesIn(await readFile(DOCUMENT, 'utf8'));
    project = await createProject(shown);
    complaints = compile(project);
    const load = (name: string): Promise<Programs> =>
      import(/* @vite-ignore */ pathToFileURL(path.join(project, name)).href);
    ({ createUnixTransport } = await load('unix-transport.js'));
    ({ talk } = await load('talk.js'));
  }, 60_000);
  afterAll(() => rm(project, { recursive: true }));

  it('compiles with the package as others see it', () => {
    expect(complaints).toEqual([]);
  });

  it('lets two stations talk', async () => {
    expect(await talk(await mkdtemp(path.join(project, 'talk-')), 'Hello')).toBe('Hello');
  });

  it('shows the suite as it is run here', async () => {
    const here = await readFile(import.meta.filename, 'utf8');
    const lines = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => line.trim());
    expect(lines(here).join('\n')).toContain(lines(shown.get('conformance.ts') ?? 'nothing').join('\n'));
  });

  describeTransport('unix', { dial: true, listen: true, acknowledged: true, duplex: true }, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'unix-'));
    return {
      transport: await createUnixTransport(new Uint8Array(16).fill(7), path.join(folder, 'partials')),
      listenAddress: `unix:${folder}/station`,
      deadAddress: `unix:${folder}/nobody`,
      patienceMs: 10_000,
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
    };
  });
});
