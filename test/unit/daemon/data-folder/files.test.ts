import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureAdminToken } from '../../../../src/daemon/data-folder/admin-token.js';
import { removeTemporaries, writeFileAtomic } from '../../../../src/daemon/data-folder/atomic-file.js';
import { beginEpoch, readEpoch } from '../../../../src/daemon/data-folder/epoch.js';
import { chooseDataFolder, dataFolder } from '../../../../src/daemon/data-folder/layout.js';
import { assertPrivate, ensurePrivateFolder, shellWord } from '../../../../src/daemon/data-folder/permissions.js';
import { readSmallFile } from '../../../../src/daemon/data-folder/small-file.js';
import { temporaryFolder } from '../support.js';

const modeOf = async (file: string): Promise<string> => ((await stat(file)).mode & 0o777).toString(8);

describe('writeFileAtomic', () => {
  it('replaces the content, for the owner only, and leaves nothing else', async () => {
    const file = path.join(await temporaryFolder(), 'a');
    await writeFile(file, 'old', { mode: 0o644 });
    await writeFileAtomic(file, 'new');
    expect(await readFile(file, 'utf8')).toBe('new');
    expect(await modeOf(file)).toBe('600');
    expect(await readdir(path.dirname(file))).toEqual(['a']);
  });

  it('leaves the old content when it fails', async () => {
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, 'a'));
    await expect(writeFileAtomic(path.join(folder, 'a'), 'new')).rejects.toMatchObject({
      code: 'ERR_FILE',
      retryable: true,
    });
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('leaves, when power fails, a file that is removed later', async () => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, '.a.0e6ab0f6-0000-4000-8000-000000000000.tmp'), 'half');
    await writeFile(path.join(folder, '.profile'), 'mine');
    await removeTemporaries(folder);
    expect(await readdir(folder)).toEqual(['.profile']);
  });
});

describe('permissions', () => {
  it('makes a folder that is private', async () => {
    const folder = path.join(await temporaryFolder(), 'a', 'b');
    await ensurePrivateFolder(folder);
    expect(await modeOf(folder)).toBe('700');
  });

  it('makes an empty folder private, and leaves one that holds something to its owner', async () => {
    const folder = path.join(await temporaryFolder(), 'a');
    await mkdir(folder);
    await chmod(folder, 0o755);
    await ensurePrivateFolder(folder);
    expect(await modeOf(folder)).toBe('700');
    await writeFile(path.join(folder, 'b'), '');
    await chmod(folder, 0o755);
    await expect(ensurePrivateFolder(folder)).rejects.toMatchObject({ code: 'ERR_DATA_FOLDER' });
    expect(await modeOf(folder)).toBe('755');
  });

  it.each([
    { kind: 'folder', mode: 0o750, fix: 'chmod 700' },
    { kind: 'folder', mode: 0o701, fix: 'chmod 700' },
    { kind: 'file', mode: 0o640, fix: 'chmod 600' },
    { kind: 'file', mode: 0o602, fix: 'chmod 600' },
  ])('refuses a $kind with mode $mode and names the command that helps', async ({ kind, mode, fix }) => {
    const entry = path.join(await temporaryFolder(), "it's");
    if (kind === 'file') await writeFile(entry, '');
    else await mkdir(entry);
    await chmod(entry, mode);
    await expect(assertPrivate(entry)).rejects.toMatchObject({
      code: 'ERR_DATA_FOLDER',
      message: expect.stringContaining(`${fix} ${shellWord(entry)}`),
    });
  });

  it('writes paths as a shell takes them', () => {
    expect(shellWord('/var/lib/waypost')).toBe('/var/lib/waypost');
    expect(shellWord("/it's a $(trap)")).toBe(String.raw`'/it'\''s a $(trap)'`);
  });
});

describe('small files', () => {
  it('are read up to a limit', async () => {
    const file = path.join(await temporaryFolder(), 'a');
    expect(await readSmallFile(file, 3)).toBeUndefined();
    await writeFile(file, 'abc');
    expect(String(await readSmallFile(file, 3))).toBe('abc');
    await expect(readSmallFile(file, 2)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('hold the epoch and the token of the admin API', async () => {
    const folder = dataFolder(await temporaryFolder());
    expect(await readEpoch(folder)).toBeUndefined();
    const first = await beginEpoch(folder, 0);
    expect(first.number).toBe(1);
    const second = await beginEpoch(folder, first.number);
    expect(second.number).toBe(2);
    expect(second.id).not.toBe(first.id);
    expect(await readEpoch(folder)).toEqual(second);
    await writeFile(folder.epoch, '{"id":1}');
    await expect(readEpoch(folder)).rejects.toMatchObject({ code: 'ERR_DATA_FOLDER' });

    const token = await ensureAdminToken(folder);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(await ensureAdminToken(folder)).toBe(token);
    expect(await modeOf(folder.adminToken)).toBe('600');
  });
});

describe('chooseDataFolder', () => {
  it('takes the option, WAYPOST_DATA, the folder of the unit, and the home folder, in this order', () => {
    const env = { WAYPOST_DATA: '/b', STATE_DIRECTORY: '/c', HOME: '/home/d' };
    expect(chooseDataFolder('/a', env).path).toBe('/a');
    expect(chooseDataFolder(undefined, env).path).toBe('/b');
    expect(chooseDataFolder(undefined, { ...env, WAYPOST_DATA: '' }).path).toBe('/c');
    expect(chooseDataFolder(undefined, { HOME: '/home/d' }).path).toBe('/home/d/.local/share/waypost');
    expect(() => chooseDataFolder(undefined, {})).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
  });
});
