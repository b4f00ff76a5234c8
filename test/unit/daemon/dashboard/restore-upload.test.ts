import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createRestoreUpload } from '../../../../src/daemon/dashboard/tools/restore-upload.js';
import { dataFolder } from '../../../../src/daemon/data-folder/layout.js';
import { createMachine } from '../../../../src/daemon/machine.js';

const MIB = 2 ** 20;

async function uploadWith(freeBytes: number) {
  const root = await mkdtemp(path.join(os.tmpdir(), 'waypost-upload-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const machine = { ...createMachine(), fileSystem: async () => ({ type: 0, freeBytes }) };
  return {
    folder: dataFolder(root),
    upload: createRestoreUpload({ folder: dataFolder(root), machine, passphrase: undefined }),
  };
}

const bytes = (text: string) => new TextEncoder().encode(text);

it('puts pieces together, each in its place', async () => {
  const { folder, upload } = await uploadWith(1024 * MIB);
  await upload.take(bytes('abc'), 0, 6);
  await expect(upload.take(bytes('ghi'), 6, 9)).rejects.toThrow('the next piece is at 3');
  await expect(upload.take(bytes('defg'), 3, 6)).rejects.toThrow('the next piece is at 3');
  await upload.take(bytes('def'), 3, 6);
  expect(await readFile(path.join(folder.restore, 'upload'), 'utf8')).toBe('abcdef');
  await upload.take(bytes('xy'), 0, 2); // anew
  expect(await readFile(path.join(folder.restore, 'upload'), 'utf8')).toBe('xy');
  expect(await upload.state()).toEqual({ state: 'uploading', receivedBytes: 2 });
  await upload.check(undefined);
  await expect.poll(() => upload.state()).toMatchObject({ state: 'failed', code: 'ERR_BACKUP' });
  await expect(upload.confirm()).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  await upload.cancel();
  await expect(upload.check(undefined)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
});

it('refuses what the disk has no room for, before it takes any of it', async () => {
  const { upload } = await uploadWith(100 * MIB);
  await expect(upload.take(bytes('abc'), 0, 50 * MIB)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  expect(await upload.state()).toEqual({ state: 'none' });
  await upload.take(bytes('abc'), 0, 30 * MIB);
});
