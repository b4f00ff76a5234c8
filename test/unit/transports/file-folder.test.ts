import { execFileSync } from 'node:child_process';
import { link, mkdir, readdir, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../src/core/bytes.js';
import { isWaypostError } from '../../../src/core/errors.js';
import { messageName, parseMessageName } from '../../../transports/file/names.js';
import { ENCRYPTED_MESSAGE, newFolder, openForTest } from './file-support.js';

const namesIn = async (folder: string, limits = {}): Promise<string[]> =>
  (await (await openForTest(folder, limits)).list()).files.map(({ name }) => name);

const failureOf = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isWaypostError(error) ? error.code : String(error);
};

describe('names of message files', () => {
  test.each([
    ['a.dcem', 'application/didcomm-encrypted+json', undefined, 'a'],
    ['a.DCSM', 'application/didcomm-signed+json', undefined, 'a'],
    ['007--A-b.dcpm', 'application/didcomm-plain+json', 7n, 'a-b'],
    ['12-3.dcem', 'application/didcomm-encrypted+json', undefined, '12-3'],
    ['.dcem', 'application/didcomm-encrypted+json', undefined, ''],
  ])('%s', (name, mediaType, ordinal, label) => {
    expect(parseMessageName(name)).toEqual({ mediaType, ordinal, label });
  });

  test.each(['a.dcem.tmp', 'a.json', 'dcem', 'a.dcem.refused', '', 'a.dcem '])('%j is no message', (name) => {
    expect(parseMessageName(name)).toBeUndefined();
  });

  test('that are written have nothing that FAT does not know, and are read back as they were meant', () => {
    const name = messageName(42n, '1234abcd-00ff', 'application/didcomm-encrypted+json');
    expect(name).toMatch(/^[0-9a-z.-]{1,100}$/);
    expect(parseMessageName(name)).toMatchObject({ ordinal: 42n, label: '1234abcd-00ff' });
  });
});

describe('a folder with messages', () => {
  test('is read in the order of the specification: first by time, then by number and not by text', async () => {
    const folder = await newFolder();
    const files = ['9--nine.dcem', '10--ten.dcem', '0009--also-nine.dcem', 'b.dcem', 'a.dcpm', 'photo.jpg'];
    for (const name of files) await writeFile(path.join(folder, name), 'x');
    await utimes(path.join(folder, 'b.dcem'), 1000, 1000);
    expect(await namesIn(folder)).toEqual(['b.dcem', 'a.dcpm', '0009--also-nine.dcem', '9--nine.dcem', '10--ten.dcem']);
  });

  test('is read with its folders of threads, and no others', async () => {
    const folder = await newFolder();
    for (const sub of ['1.thid', 'abc.threads/abcd.thid', 'other', '1.thid/2.thid/3.thid', '.hidden.thid']) {
      await mkdir(path.join(folder, sub), { recursive: true });
      await writeFile(path.join(folder, sub, '1--m.dcem'), sub);
    }
    const opened = await openForTest(folder);
    const { files } = await opened.list();
    expect(files.map(({ name }) => name)).toEqual(['1.thid/1--m.dcem', 'abc.threads/abcd.thid/1--m.dcem']);
    for (const file of files) expect(`${Buffer.from(await opened.read(file))}/1--m.dcem`).toBe(file.name);
  });

  test('gives what was written, whole, in the order of writing, under the ending of its kind', async () => {
    const folder = await newFolder();
    await writeFile(path.join(folder, '0041--before.dcem'), 'x');
    const opened = await openForTest(folder);
    for (const [label, text] of [
      ['z', '{"ciphertext":""}'],
      ['y', '{"payload":"","signatures":[]}'],
      ['x', '{"id":"1","type":"t"}'],
    ] as const) {
      await opened.write(label, utf8(text));
    }
    await opened.sync();
    expect((await readdir(folder)).sort()).toEqual([
      '0000000042--z.dcem',
      '0000000043--y.dcsm',
      '0000000044--x.dcpm',
      '0041--before.dcem',
    ]);
    expect(await failureOf(opened.write('../x', ENCRYPTED_MESSAGE))).toBe('ERR_INVALID_ARGUMENT');
  });

  test('hides what is unfinished, and says so', async () => {
    const folder = await newFolder();
    await writeFile(path.join(folder, '1--half.dcem.tmp'), 'x');
    const { files, unfinished } = await (await openForTest(folder)).list();
    expect({ files, names: unfinished.map(({ label }) => label) }).toEqual({ files: [], names: ['half'] });
  });

  test('stays the same folder when another one takes its place', async () => {
    const folder = path.join(await newFolder(), 'mount');
    await mkdir(folder);
    const opened = await openForTest(folder);
    await rename(folder, `${folder}-stick`);
    await mkdir(folder);
    await opened.write('a', ENCRYPTED_MESSAGE);
    expect(await readdir(folder)).toEqual([]);
    expect(await readdir(`${folder}-stick`)).toEqual(['0000000001--a.dcem']);
    // Pulled out and gone.
    await rm(`${folder}-stick`, { recursive: true });
    expect(await failureOf(opened.write('b', ENCRYPTED_MESSAGE))).toBe('ERR_MEDIUM');
  });

  test('that is missing, or a file, is an error of the medium', async () => {
    const folder = await newFolder();
    await writeFile(path.join(folder, 'file'), '');
    await expect(openForTest(path.join(folder, 'none'))).rejects.toMatchObject({ code: 'ERR_MEDIUM', retryable: true });
    await expect(openForTest(path.join(folder, 'file'))).rejects.toMatchObject({
      code: 'ERR_MEDIUM',
      retryable: false,
    });
  });
});

describe('a hostile folder', () => {
  test('has no file read that is a link, a pipe, a socket, a device or a folder', async () => {
    const folder = await newFolder();
    const outside = await newFolder();
    await writeFile(path.join(outside, 'secret'), '{"ciphertext":"secret"}');
    await mkdir(path.join(outside, 'x.thid'));
    await writeFile(path.join(outside, 'x.thid', '1--in.dcem'), 'x');
    await symlink(path.join(outside, 'secret'), path.join(folder, '1--link.dcem'));
    await symlink('nowhere', path.join(folder, '2--dangling.dcem'));
    await link(path.join(outside, 'secret'), path.join(folder, '3--hard.dcem'));
    execFileSync('mkfifo', [path.join(folder, '4--pipe.dcem')]);
    await symlink('/dev/zero', path.join(folder, '5--device.dcem'));
    await symlink(path.join(outside, 'x.thid'), path.join(folder, 'x.thid'));
    await mkdir(path.join(folder, '6--folder.dcem'));
    const opened = await openForTest(folder);
    const { files } = await opened.list();
    expect(files.map(({ name }) => name)).toEqual([
      '1--link.dcem',
      '2--dangling.dcem',
      '3--hard.dcem',
      '4--pipe.dcem',
      '5--device.dcem',
    ]);
    for (const file of files) expect(await failureOf(opened.read(file)), file.name).toBe('ERR_FILE_REFUSED');
    // Also not when a subfolder becomes a link between listing and reading.
    expect(await failureOf(opened.read({ name: 'x.thid/1--in.dcem' }))).toBe('ERR_MEDIUM');
  });

  test('has no file read that is too large, whatever it says about its size', async () => {
    const folder = await newFolder();
    await writeFile(path.join(folder, '1--huge.dcem'), '');
    await truncate(path.join(folder, '1--huge.dcem'), 2 ** 40); // one terabyte of nothing
    await writeFile(path.join(folder, '2--fits.dcem'), 'x'.repeat(1000));
    await writeFile(path.join(folder, '3--over.dcem'), 'x'.repeat(1001));
    await writeFile(path.join(folder, '4--empty.dcem'), '');
    const opened = await openForTest(folder);
    const results = [];
    for (const file of (await opened.list()).files) {
      results.push(
        await opened.read(file).then(
          ({ length }) => length,
          ({ code }) => code,
        ),
      );
    }
    expect(results).toEqual(['ERR_TOO_LARGE', 1000, 'ERR_TOO_LARGE', 0]);
  });

  test('has no name taken that plays tricks with a terminal or a path', async () => {
    const folder = await newFolder();
    for (const name of ['1--\u001b[2J.dcem', '2--a\nb.dcem', '3--a\\..\\b.dcem', '4--\u202emecd.dcem', '.5.dcem']) {
      await writeFile(path.join(folder, name), 'x');
    }
    const { files, refused } = await (await openForTest(folder)).list();
    expect(files).toEqual([]);
    expect(refused.map(({ code }) => code)).toEqual(Array(5).fill('ERR_FILE_REFUSED'));
    // What is shown of them moves no cursor.
    expect(refused.filter(({ message }) => /[\p{Cc}\u202e]/u.test(message))).toEqual([]);
  });

  test('is looked at up to a limit, and says so', async () => {
    const folder = await newFolder();
    for (let i = 0; i < 30; i++) await writeFile(path.join(folder, `${i}--m.dcem`), '');
    const { files, refused } = await (await openForTest(folder, { maxEntries: 20 })).list();
    expect(files).toHaveLength(20);
    expect(refused).toMatchObject([{ code: 'ERR_TOO_LARGE' }]);
  });

  test('whose files are swapped while they are written to gets nothing written through a link', async () => {
    const folder = await newFolder();
    const outside = path.join(await newFolder(), 'victim');
    await writeFile(outside, 'mine');
    await symlink(outside, path.join(folder, '0000000001--a.dcem.tmp'));
    await symlink(outside, path.join(folder, '0000000001--a.dcem'));
    const opened = await openForTest(folder);
    await opened.write('a', ENCRYPTED_MESSAGE);
    await opened.writeBeside('waypost-1.json', utf8('{}'));
    execFileSync('grep', ['-qx', 'mine', outside]);
  });
});
