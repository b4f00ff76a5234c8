import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { builderEnv } from '../support/docker/build-image.js';
import { readBlocks } from '../support/docs/blocks.js';
import { followDocument } from '../support/docs/follow.js';

/** What `npm run` puts in front is of this clone, not of the machine. */
function pathOfMachine(): string {
  const parts = (process.env.PATH ?? '').split(path.delimiter);
  return parts.filter((part) => !part.includes('node_modules')).join(path.delimiter);
}

it('README, typed in a fresh clone on a machine that has only npm, with the npx that everybody has', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-readme-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [clone, home] = [path.join(folder, 'waypost'), path.join(folder, 'home')];
  await mkdir(home);
  execFileSync('git', ['checkout-index', '--all', `--prefix=${clone}/`]);

  const install = readBlocks('README.md').filter(({ note }) => note === 'needs the npm registry');
  expect(install.map(({ text }) => text)).toEqual(['npm ci']);
  const env = { ...builderEnv(), PATH: pathOfMachine() };
  for (const { text } of install) execFileSync('bash', ['-ec', text], { cwd: clone, env, stdio: 'pipe' });

  const bare = { PATH: pathOfMachine(), HOME: home, LANG: 'C.UTF-8', npm_config_update_notifier: 'false' };
  await followDocument('README.md', { folder: clone, env: bare });
}, 600_000);
