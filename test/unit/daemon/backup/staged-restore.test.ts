import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNodePrimitives } from '../../../../src/crypto/node.js';
import { writeBackup } from '../../../../src/daemon/backup/backup.js';
import {
  cancelRestore,
  confirmRestore,
  finishRestore,
  isRestoreConfirmed,
  stageRestore,
} from '../../../../src/daemon/backup/staged-restore.js';
import { readEpoch } from '../../../../src/daemon/data-folder/epoch.js';
import { initialise } from '../../../../src/daemon/data-folder/initialise.js';
import { type DataFolder, dataFolder } from '../../../../src/daemon/data-folder/layout.js';
import { lockDataFolder } from '../../../../src/daemon/data-folder/lock.js';
import { readIdentity } from '../../../../src/daemon/identity/identity-file.js';

const primitives = createNodePrimitives();

async function newRoot(): Promise<string> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'waypost-staged-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

async function newFolder(folder: string, messages: string, passphrase?: string) {
  const data = dataFolder(folder);
  const { identity } = await initialise(data, { primitives, publicUrls: ['http://gw.example.org'], passphrase });
  await writeFile(data.store, messages, { mode: 0o600 });
  return { data, did: identity.current.did };
}

/** A gateway `here`, and a backup of another one that is staged and confirmed on it. */
async function confirmed() {
  const root = await newRoot();
  const here = await newFolder(path.join(root, 'here'), 'messages of here');
  const there = await newFolder(path.join(root, 'there'), 'messages of there');
  await writeFile(`${here.data.store}-wal`, 'the last messages of here');
  const file = path.join(root, 'backup');
  await writeBackup({ folder: there.data, file, passphrase: undefined, copyStore: (from, to) => cp(from, to) });
  expect(await stageRestore(here.data, file, undefined, undefined)).toEqual({ did: there.did });
  const aside = path.join(here.data.path, await confirmRestore(here.data));
  return { root, here, there, aside, file };
}

async function expectRestored(data: DataFolder, did: string, aside: DataFolder, asideDid: string): Promise<void> {
  expect((await readIdentity(data, undefined)).current.did).toBe(did);
  expect(await readFile(data.store, 'utf8')).toBe('messages of there');
  expect((await readIdentity(aside, undefined)).current.did).toBe(asideDid);
  expect(await readFile(aside.store, 'utf8')).toBe('messages of here');
  expect(await readFile(`${aside.store}-wal`, 'utf8')).toBe('the last messages of here');
  expect((await readdir(data.path)).filter((name) => /^restore$|wal$/.test(name))).toEqual([]);
  expect((await readEpoch(data))?.number).toBe(2);
}

describe('a restore that is staged', () => {
  it('changes nothing before the start, and then puts what was there aside', async () => {
    const { here, there, aside } = await confirmed();
    expect((await readIdentity(here.data, undefined)).current.did).toBe(here.did);
    expect(await isRestoreConfirmed(here.data)).toBe(true);
    expect(await finishRestore(here.data)).toBe(aside);
    await expectRestored(here.data, there.did, dataFolder(aside), here.did);
    expect(await finishRestore(here.data)).toBeUndefined();
  });

  it('is finished after a power cut at any step', async () => {
    const { root, here, there, aside } = await confirmed();
    const clearing = ['identity.json', 'config.yaml', 'store.sqlite', 'store.sqlite-wal', 'epoch.json'];
    const filling = ['config.yaml', 'epoch.json', 'store.sqlite', 'identity.json'];
    // A copy of the folder as each number of renames leaves it.
    for (let done = 0; done <= clearing.length + 1 + filling.length; done++) {
      const cut = dataFolder(path.join(root, `cut-${done}`));
      await cp(here.data.path, cut.path, { recursive: true, filter: (source) => path.basename(source) !== 'lock' });
      const cutAside = path.join(cut.path, path.basename(aside));
      await mkdir(cutAside, { recursive: true, mode: 0o700 });
      for (const name of clearing.slice(0, done)) await rename(path.join(cut.path, name), path.join(cutAside, name));
      const inRestore = (name: string) => path.join(cut.restore, name);
      if (done > clearing.length) await rename(inRestore('confirmed'), inRestore('cleared'));
      for (const name of filling.slice(0, Math.max(0, done - clearing.length - 1))) {
        await rename(inRestore(`staged/${name}`), path.join(cut.path, name));
      }
      expect(await finishRestore(cut), `after ${done} steps`).toBe(cutAside);
      await expectRestored(cut, there.did, dataFolder(cutAside), here.did);
    }
  });

  it('can be cancelled, and never puts aside what is aside already', async () => {
    const { here, file, aside } = await confirmed();
    await cancelRestore(here.data);
    expect(await finishRestore(here.data)).toBeUndefined();
    expect((await readIdentity(here.data, undefined)).current.did).toBe(here.did);
    await mkdir(aside);
    await writeFile(path.join(aside, 'kept'), 'kept');
    await stageRestore(here.data, file, undefined, undefined);
    await confirmRestore(here.data);
    const second = (await finishRestore(here.data)) ?? '';
    expect(second).not.toBe(aside);
    expect(await readdir(aside)).toEqual(['kept']);
  });

  it('refuses keys that this gateway could not open, and leaves nothing of them', async () => {
    const root = await newRoot();
    const here = await newFolder(path.join(root, 'here'), '');
    const sealed = await newFolder(path.join(root, 'sealed'), '', 'a passphrase of its own');
    const file = path.join(root, 'backup');
    await writeBackup({ folder: sealed.data, file, passphrase: undefined, copyStore: (from, to) => cp(from, to) });
    await expect(stageRestore(here.data, file, undefined, undefined)).rejects.toMatchObject({
      code: 'ERR_PASSPHRASE',
      message: expect.stringContaining('a passphrase of their own'),
    });
    expect(await readdir(here.data.restore)).toEqual([]);
    expect(await stageRestore(here.data, file, undefined, 'a passphrase of its own')).toEqual({ did: sealed.did });
    const damaged = path.join(root, 'damaged');
    await writeFile(damaged, (await readFile(file)).subarray(0, -1));
    await expect(stageRestore(here.data, damaged, undefined, undefined)).rejects.toMatchObject({ code: 'ERR_BACKUP' });
    expect(await readdir(here.data.restore)).toEqual([]);
  });

  it('does nothing while a gateway runs on the folder, and starts no new station when what was staged is gone', async () => {
    const { here } = await confirmed();
    const lock = await lockDataFolder(here.data, 'start');
    await expect(finishRestore(here.data)).rejects.toMatchObject({ code: 'ERR_DATA_FOLDER_BUSY' });
    await lock[Symbol.asyncDispose]();
    await rm(path.join(here.data.restore, 'staged'), { recursive: true });
    await expect(finishRestore(here.data)).rejects.toMatchObject({ code: 'ERR_DATA_FOLDER' });
  });
});
