import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FileMapOptions, openFileMap } from '../../../src/daemon/file-map.js';

let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'waypost-map-'));
  folder = path.join(parent, 'a', 'map');
});
afterEach(() => rm(parent, { recursive: true }));

const openMap = (options: Partial<FileMapOptions> = {}) =>
  openFileMap(folder, { maxEntries: 10, maxValueBytes: 100, whenFull: 'refuse', ...options });
const files = async () => (await readdir(folder)).sort();
const onlyFile = async () => path.join(folder, (await files())[0] ?? '');

describe('a map of files', () => {
  test('gives back what was set, also after it was opened again', async () => {
    const map = await openMap();
    expect(await map.get('did:web:a.example')).toBeUndefined();
    await map.set('did:web:a.example', 'first');
    await map.set('did:web:a.example', 'second');
    await map.set('did:web:b.example', 'ü\n"{}');
    const again = await openMap();
    expect(await again.get('did:web:a.example')).toBe('second');
    expect(await again.get('did:web:b.example')).toBe('ü\n"{}');
    expect(await files()).toHaveLength(2);
  });

  test.each(['../../escape', '/etc/passwd', '', '.', 'a\0b', 'C:\\x', 'x'.repeat(10_000)])(
    'a key is never a path: %j',
    async (key) => {
      const map = await openMap();
      await map.set(key, 'value');
      expect(await map.get(key)).toBe('value');
      expect(await files()).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
      expect(await readdir(parent)).toEqual(['a']);
    },
  );

  test('is readable for its owner only', async () => {
    const map = await openMap();
    await map.set('key', 'value');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(await onlyFile())).mode & 0o777).toBe(0o600);
  });

  test('keeps its order under concurrent writes to one key', async () => {
    const map = await openMap();
    await Promise.all(['1', '2', '3', '4', '5'].map((value) => map.set('key', value)));
    expect(await map.get('key')).toBe('5');
    expect(await (await openMap()).get('key')).toBe('5');
  });
});

describe('limits', () => {
  test('a value over the limit is refused and the old one stays', async () => {
    const map = await openMap();
    await map.set('key', 'a'.repeat(100));
    await expect(map.set('key', 'ü'.repeat(51))).rejects.toEqual(expect.objectContaining({ code: 'ERR_TOO_LARGE' }));
    expect(await map.get('key')).toBe('a'.repeat(100));
  });

  test('a full map that refuses takes no new key, and still new values of old ones', async () => {
    const map = await openMap({ maxEntries: 2 });
    await map.set('a', '1');
    await map.set('b', '1');
    await expect(map.set('c', '1')).rejects.toEqual(expect.objectContaining({ code: 'ERR_TOO_LARGE' }));
    await map.set('a', '2');
    expect(await map.get('a')).toBe('2');
  });

  test('a full map that forgets gives up what was set longest ago, counted over restarts', async () => {
    const options = { maxEntries: 2, whenFull: 'forget-oldest' } as const;
    const map = await openMap(options);
    await map.set('a', '1');
    await utimes(await onlyFile(), 1000, 1000);
    await map.set('b', '1');
    await (await openMap(options)).set('c', '1');
    const again = await openMap(options);
    expect(await again.get('a')).toBeUndefined();
    await again.set('b', '2');
    await again.set('d', '1');
    expect(await again.get('c')).toBeUndefined();
    expect(await again.get('b')).toBe('2');
    expect(await files()).toHaveLength(2);
  });
});

describe('after an accident', () => {
  test.each<[string, (content: string) => string]>([
    ['cut off', (content) => content.slice(0, -5)],
    ['empty', () => ''],
    ['changed in one place', (content) => content.replace('value', 'valuf')],
    ['of another key', (content) => content.replace('"key":"key"', '"key":"kez"')],
    ['far too long', (content) => content + ' '.repeat(1_000_000)],
  ])('an entry that is %s is set aside and absent', async (_name, damage) => {
    await (await openMap()).set('key', 'value');
    const file = await onlyFile();
    const damaged = damage(await readFile(file, 'utf8'));
    await writeFile(file, damaged);
    const onDamaged = vi.fn();
    const map = await openMap({ onDamaged });
    expect(await Promise.all([map.get('key'), map.get('key')])).toEqual([undefined, undefined]);
    expect(onDamaged.mock.calls).toEqual([[`${file}.damaged`]]);
    expect(await readFile(`${file}.damaged`, 'utf8')).toBe(damaged);
    await map.set('key', 'new');
    expect(await (await openMap()).get('key')).toBe('new');
  });

  test('a write that was cut off is cleared away', async () => {
    await (await openMap()).set('key', 'value');
    await writeFile(`${await onlyFile()}.tmp`, 'half');
    const map = await openMap();
    expect(await map.get('key')).toBe('value');
    expect(await files()).toHaveLength(1);
  });

  test('a folder that cannot be used is an error of its own', async () => {
    await writeFile(path.join(parent, 'file'), '');
    await expect(
      openFileMap(path.join(parent, 'file'), { maxEntries: 1, maxValueBytes: 1, whenFull: 'refuse' }),
    ).rejects.toEqual(expect.objectContaining({ code: 'ERR_FILE', retryable: true }));
    const map = await openMap();
    await rm(folder, { recursive: true });
    await expect(map.set('key', 'value')).rejects.toEqual(expect.objectContaining({ code: 'ERR_FILE' }));
  });
});
