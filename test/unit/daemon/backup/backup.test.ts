import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNodePrimitives } from '../../../../src/crypto/node.js';
import { type ArchiveEntry, writeArchive } from '../../../../src/daemon/backup/archive.js';
import { writeBackup } from '../../../../src/daemon/backup/backup.js';
import { toChunks } from '../../../../src/daemon/backup/chunks.js';
import { newHeader } from '../../../../src/daemon/backup/header.js';
import { restoreBackup } from '../../../../src/daemon/backup/restore.js';
import { readEpoch } from '../../../../src/daemon/data-folder/epoch.js';
import { initialise } from '../../../../src/daemon/data-folder/initialise.js';
import { dataFolder } from '../../../../src/daemon/data-folder/layout.js';
import { lockDataFolder } from '../../../../src/daemon/data-folder/lock.js';
import { allSecrets } from '../../../../src/daemon/identity/identity.js';
import { readIdentity } from '../../../../src/daemon/identity/identity-file.js';
import { temporaryFolder } from '../support.js';

const LONG_FORM = createHash('sha256').update('did').digest('hex');
const STORE_BYTES = 700_000;

/** A data folder with something in it of every kind. */
async function filledFolder() {
  const root = await temporaryFolder();
  const folder = dataFolder(path.join(root, 'data'));
  const options = { primitives: createNodePrimitives(), publicUrls: ['https://gw.example.org'], passphrase: undefined };
  const { identity } = await initialise(folder, options);
  await writeFile(folder.config, 'name: original\n', { mode: 0o600 });
  await writeFile(folder.store, Buffer.alloc(STORE_BYTES, 'message '));
  await mkdir(folder.longForms, { recursive: true, mode: 0o700 });
  await writeFile(path.join(folder.longForms, LONG_FORM), 'a long form');
  await writeFile(path.join(folder.path, 'notes of somebody'), 'not ours');
  const backup = (passphrase: string | undefined, file = path.join(root, 'backup')) =>
    writeBackup({ folder, file, passphrase, copyStore: copyFile }).then(() => file);
  const restore = (file: string, passphrase?: string, name = 'restored') => {
    const target = dataFolder(path.join(root, name));
    return restoreBackup({ folder: target, file, passphrase }).then((epoch) => ({ target, epoch }));
  };
  return { root, folder, identity, backup, restore };
}

describe('backup and restore', () => {
  it.each([{ passphrase: 'a passphrase' }, { passphrase: undefined }])(
    'bring everything back, with a new epoch (passphrase: $passphrase)',
    async ({ passphrase }) => {
      const { folder, identity, backup, restore } = await filledFolder();
      const { target, epoch } = await restore(await backup(passphrase), passphrase);
      expect(await readIdentity(target, undefined)).toEqual(identity);
      expect(await readFile(target.config, 'utf8')).toBe('name: original\n');
      expect(await readFile(target.store)).toEqual(await readFile(folder.store));
      expect(await readFile(path.join(target.longForms, LONG_FORM), 'utf8')).toBe('a long form');
      expect(await readFile(target.adminToken, 'utf8')).not.toBe(await readFile(folder.adminToken, 'utf8'));
      expect((await readdir(target.path)).sort()).toEqual([
        'admin-token',
        'config.yaml',
        'dids',
        'epoch.json',
        'identity.json',
        'lock',
        'store.sqlite',
      ]);
      expect(((await stat(target.identity)).mode & 0o777).toString(8)).toBe('600');
      expect(epoch.number).toBe(2);
      expect(await readEpoch(target)).toEqual(epoch);
      expect(epoch.id).not.toBe((await readEpoch(folder))?.id);
    },
  );

  it('give two copies of one backup different epochs', async () => {
    const { backup, restore } = await filledFolder();
    const file = await backup(undefined);
    const one = await restore(file, undefined, 'one');
    const two = await restore(file, undefined, 'two');
    expect(one.epoch.id).not.toBe(two.epoch.id);
  });

  it('hold no secret in the clear when encrypted, and are for the owner only', async () => {
    const { identity, backup } = await filledFolder();
    const file = await backup('a passphrase');
    const content = (await readFile(file)).toString('latin1');
    for (const secret of allSecrets(identity)) expect(content).not.toContain(secret.d);
    expect(content).not.toContain('message message');
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
  });

  it('refuse a wrong or missing passphrase and leave nothing behind', async () => {
    const { root, backup, restore } = await filledFolder();
    const file = await backup('a passphrase');
    await expect(restore(file, 'another')).rejects.toMatchObject({ code: 'ERR_PASSPHRASE' });
    await expect(restore(file)).rejects.toMatchObject({ code: 'ERR_PASSPHRASE' });
    expect(await readdir(path.join(root, 'restored'))).toEqual(['lock']);
  });

  it('notice damage at every place, and a cut end', async () => {
    const { root, backup, restore } = await filledFolder();
    for (const passphrase of ['a passphrase', undefined]) {
      const file = await backup(passphrase, path.join(root, `backup-${passphrase}`));
      const content = await readFile(file);
      const headerEnd = content.indexOf('\n');
      const places = [0, 5, headerEnd + 1, headerEnd + 3, headerEnd + 40, 1000, STORE_BYTES / 2, content.length - 1];
      for (const place of places) {
        const damaged = Buffer.from(content);
        damaged[place] = (damaged[place] ?? 0) ^ 1;
        await writeFile(file, damaged);
        await expect(restore(file, passphrase), `byte ${place}`).rejects.toMatchObject({
          code: expect.stringMatching(/^ERR_(BACKUP|PASSPHRASE)$/),
        });
      }
      for (const length of [0, headerEnd, headerEnd + 1, 300_000, content.length - 1]) {
        await writeFile(file, content.subarray(0, length));
        await expect(restore(file, passphrase), `${length} bytes`).rejects.toMatchObject({ code: 'ERR_BACKUP' });
      }
      await writeFile(file, Buffer.concat([content, Buffer.from('x')]));
      await expect(restore(file, passphrase)).rejects.toMatchObject({ code: 'ERR_BACKUP' });
    }
    expect(await readdir(path.join(root, 'restored'))).toEqual(['lock']);
  });

  it('refuse chunks in another order', async () => {
    const { root, backup, restore } = await filledFolder();
    const file = await backup('a passphrase');
    const content = await readFile(file);
    const first = content.indexOf('\n') + 1;
    const frame = 5 + content.readUInt32BE(first + 1);
    const swapped = [first + frame, first, first + 2 * frame].map((start, index) =>
      content.subarray(start, index === 2 ? undefined : start + frame),
    );
    await writeFile(file, Buffer.concat([content.subarray(0, first), ...swapped]));
    await expect(restore(file, 'a passphrase')).rejects.toMatchObject({ code: 'ERR_PASSPHRASE' });
    expect(await readdir(path.join(root, 'restored'))).toEqual(['lock']);
  });

  it.each(['../evil', '/etc/evil', 'dids/long-forms/../../evil', 'dids/long-forms/evil', 'lock', 'admin-token', ''])(
    'never write a file called %j',
    async (name) => {
      const { root, restore } = await filledFolder();
      const content = async function* () {
        yield new Uint8Array([1]);
      };
      const entries = async function* (): AsyncGenerator<ArchiveEntry> {
        yield { name, bytes: 1, content: content() };
      };
      const header = await newHeader(undefined);
      const parts: Uint8Array[] = [header.bytes];
      for await (const chunk of toChunks(writeArchive(entries()))) parts.push(chunk);
      const file = path.join(root, 'crafted');
      await writeFile(file, Buffer.concat(parts));
      const before = await readdir(root);
      await expect(restore(file)).rejects.toMatchObject({ code: 'ERR_BACKUP' });
      expect(await readdir(root)).toEqual([...before, 'restored']);
      expect(await readdir(path.join(root, 'restored'))).toEqual(['lock']);
    },
  );

  it('refuse a folder that is in use or holds something', async () => {
    const { root, folder, backup, restore } = await filledFolder();
    const file = await backup(undefined);
    await expect(restore(file, undefined, 'data')).rejects.toMatchObject({
      code: 'ERR_DATA_FOLDER',
      message: expect.stringContaining('not empty'),
    });
    const target = dataFolder(path.join(root, 'restored'));
    await mkdir(target.path, { mode: 0o700 });
    {
      await using _lock = await lockDataFolder(target, 'start');
      await expect(restore(file)).rejects.toMatchObject({ code: 'ERR_DATA_FOLDER_BUSY' });
    }
    await mkdir(path.join(target.path, '.restore-broken-off'));
    await restore(file);
    expect((await readIdentity(target, undefined)).current).toEqual((await readIdentity(folder, undefined)).current);
  });

  it('replace no file, back up nothing where nothing is, and say so when the store cannot be copied', async () => {
    const { root, folder, backup } = await filledFolder();
    const file = await backup(undefined);
    await expect(backup(undefined)).rejects.toMatchObject({ code: 'ERR_USAGE' });
    const empty = dataFolder(await temporaryFolder());
    const common = { passphrase: undefined, copyStore: copyFile };
    await expect(writeBackup({ ...common, folder: empty, file: `${file}2` })).rejects.toMatchObject({
      code: 'ERR_DATA_FOLDER',
    });
    const copyStore = () => Promise.reject(new Error('busy'));
    await expect(writeBackup({ ...common, folder, file: `${file}3`, copyStore })).rejects.toThrow('busy');
    expect((await readdir(root)).sort()).toEqual(['backup', 'data']);
  });
});
