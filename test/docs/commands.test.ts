import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { hasPtys } from '../../firmware-sim/line/pty.js';
import { describeWhere } from '../support/describe-where.js';
import { documents, readBlocks, readSteps } from '../support/docs/blocks.js';
import { followDocument } from '../support/docs/follow.js';
import { openOwnNetwork, openSharedNetwork } from '../support/docs/own-network.js';
import { buildCommand } from '../support/processes.js';

/*
 * Every command that a document tells its reader to type, typed: in an empty folder, with a home of its own, in the terminals
 * and the order that the document says. What it says is to be seen then has to be seen. See `blocks.ts` for what of a document
 * counts as what.
 */

const files = documents().filter((file) => readSteps(file).length > 0);
const isolated = await isIsolated();
const shared = isolated ? undefined : await openSharedNetwork();
if (!isolated)
  process.stderr.write('documents: their commands run in the network of this machine, as it has no unshare(1)\n');
const notice = typeof shared === 'string' ? shared : hasPtys() ? undefined : 'serial lines and radios need socat(1)';

let bin: string;
beforeAll(async () => {
  bin = await buildCommand();
}, 60_000);

describeWhere(notice, 'the commands in the documents', () => {
  // Most of the time they wait. Without networks of their own they would get in each other's way.
  const each = isolated ? it.concurrent.each(files) : it.each(files);
  each('%s', follow, 120_000);
});

it('leaves out only what needs something that no test has, and says what', () => {
  const left = documents()
    .flatMap(readBlocks)
    .filter(({ kind }) => kind === 'console');
  for (const note of new Set(left.map((block) => block.note))) {
    const count = left.filter((block) => block.note === note).length;
    process.stderr.write(`documents: ${count} blocks not executed: ${note}\n`);
  }
  expect(left.filter(({ note }) => !note.startsWith('needs ')).map(({ place }) => place)).toEqual([]);
});

async function follow(file: string): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-docs-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const env = {
    PATH: `${await programs(folder)}:${process.env.PATH}`,
    HOME: path.join(folder, 'home'),
    LANG: 'C.UTF-8',
  };
  const site = path.join(folder, 'site');
  for (const name of [env.HOME, site]) await mkdir(name);
  await installLibrary(site);
  await followDocument(file, { folder: site, env });
}

/** The command as it is after an installation, and as `npx` finds it in a clone, without the second that npx takes; and where npm has it. */
async function programs(folder: string): Promise<string> {
  const own = path.join(folder, 'programs');
  await mkdir(own);
  await symlink(process.execPath, path.join(own, 'node'));
  const scripts = {
    waypost: `exec node '${bin}' "$@"`,
    npm: `[ "$*" = 'root -g' ] || exit 127\necho '${folder}/site/node_modules'`,
    npx: 'case "$1" in waypost | node) exec "$@" ;; *) exit 127 ;; esac',
  };
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(path.join(own, name), `#!/bin/sh\n${script}\n`);
    await chmod(path.join(own, name), 0o755);
  }
  return own;
}

/** What `import 'waypost'` finds, in a clone as behind an installation. */
async function installLibrary(site: string): Promise<void> {
  const own = path.join(site, 'node_modules/waypost');
  await mkdir(own, { recursive: true });
  await symlink(path.resolve(bin, '../..'), path.join(own, 'dist'));
  await copyFile('package.json', path.join(own, 'package.json'));
}

async function isIsolated(): Promise<boolean> {
  await using network = await openOwnNetwork();
  return network !== undefined;
}
