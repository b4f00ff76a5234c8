import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findSticks } from '../../../../src/daemon/dashboard/tools/sticks.js';

const machine = { fileSystem: async () => ({ type: 0, freeBytes: 1000 }) };

async function newRoot(): Promise<string> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'waypost-sticks-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

it('finds what somebody prepared, below the folders that are configured and nowhere else', async () => {
  const root = await newRoot();
  const media = path.join(root, 'media');
  await mkdir(path.join(media, 'BLUE', 'waypost'), { recursive: true });
  await mkdir(path.join(media, 'empty-mount-point'));
  await mkdir(path.join(media, 'BLUE', 'deeper', 'waypost'), { recursive: true });
  await mkdir(path.join(root, 'elsewhere', 'waypost'), { recursive: true });
  await mkdir(path.join(media, 'file'));
  await writeFile(path.join(media, 'file', 'waypost'), '');
  await mkdir(path.join(media, 'linked'));
  await symlink(path.join(root, 'elsewhere'), path.join(media, 'linked', 'waypost'));
  await symlink(path.join(root, 'elsewhere'), path.join(media, 'link'));
  const found = await findSticks(machine, [media, path.join(root, 'missing')]);
  expect(found).toEqual([{ folder: path.join(media, 'BLUE', 'waypost'), freeBytes: 1000 }]);
  expect(await findSticks(machine, [path.join(media, 'BLUE')])).toHaveLength(2);
  expect(await readdir(path.join(media, 'empty-mount-point'))).toEqual([]);
  expect(await findSticks(machine, [])).toEqual([]);
});

it.runIf(process.platform === 'linux')('takes a mounted file system for a stick before anything is on it', async () => {
  expect(await findSticks(machine, ['/proc'])).toContainEqual({ folder: '/proc/waypost', freeBytes: 1000 });
});
