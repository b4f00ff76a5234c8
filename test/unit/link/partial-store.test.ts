import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryPartials } from '../../../src/link/memory-partials.js';
import { openPartialFiles } from '../../../src/link/node/partial-files.js';
import type { PartialKey, PartialLimits, PartialStore } from '../../../src/link/partial-store.js';
import { ManualClock } from '../../support/manual-clock.js';

type Open = (clock: ManualClock, limits?: Partial<PartialLimits>) => Promise<PartialStore>;

async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'waypost-partials-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const filled = (length: number, value: number) => new Uint8Array(length).fill(value);
const keyOf = (peer: string, hash = 1, lengthBytes = 100): PartialKey => ({
  peer,
  hash: filled(32, hash),
  lengthBytes,
});

async function put(store: PartialStore, key: PartialKey, offset: number, bytes: Uint8Array): Promise<void> {
  await using partial = await store.open(key);
  partial.write(offset, bytes);
}

function describeStore(name: string, open: Open): void {
  describe(name, () => {
    it('keeps what was written from one opening to the next, and gives the whole when nothing is missing', async () => {
      const store = await open(new ManualClock());
      await put(store, keyOf('alice'), 0, filled(40, 1));
      await put(store, keyOf('alice'), 60, filled(40, 2));
      await using partial = await store.open(keyOf('alice'));
      expect([...partial.held]).toEqual([{ start: 0, end: 40 }, { start: 60, end: 100 }]); // biome-ignore format: one line
      expect(partial.whole()).toBeUndefined();
      partial.write(30, filled(40, 3));
      expect([...(partial.whole() ?? [])]).toEqual([...filled(40, 1), ...filled(20, 3), ...filled(40, 2)]);
      expect(partial.unsavedBytes).toBe(20);
      await partial.checkpoint();
      expect(partial.unsavedBytes).toBe(0);
      expect([...partial.read(38, 42)]).toEqual([1, 1, 3, 3]);
    });

    it('keeps peers, hashes and lengths apart', async () => {
      const store = await open(new ManualClock());
      await put(store, keyOf('alice'), 0, filled(10, 1));
      for (const other of [keyOf('bob'), keyOf('alice', 2), keyOf('alice', 1, 99)]) {
        await using partial = await store.open(other);
        expect(partial.held.count).toBe(0);
      }
    });

    it('lends what anybody holds of a message, to whoever knows the beginning of its hash', async () => {
      const store = await open(new ManualClock());
      await put(store, keyOf('alice'), 0, filled(10, 1));
      await put(store, keyOf('bob'), 20, filled(30, 2));
      await put(store, keyOf('carol', 2), 0, filled(100, 3));
      await using open1 = await store.open(keyOf('dave'));
      open1.write(99, filled(1, 4));
      const parts = await store.findByHash(filled(8, 1));
      expect(parts.map(({ key, held }) => [key.peer, held.sizeBytes])).toEqual([['bob', 30], ['alice', 10], ['dave', 1]]); // biome-ignore format: one line
      expect(await parts[0]?.read()).toEqual([{ offset: 20, bytes: filled(30, 2) }]);
      await expect(store.findByHash(filled(7, 1))).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    });

    it('drops a message everywhere, also where it is being written', async () => {
      const store = await open(new ManualClock());
      await put(store, keyOf('alice'), 0, filled(10, 1));
      const writing = await store.open(keyOf('bob'));
      writing.write(0, filled(10, 1));
      await store.discardEverywhere(filled(32, 1));
      writing.write(10, filled(10, 1));
      await writing[Symbol.asyncDispose]();
      expect(await store.findByHash(filled(32, 1))).toEqual([]);
      expect(store.usage).toEqual({ partials: 0, reservedBytes: 0 });
    });

    it('forgets what turned out wrong, and goes on', async () => {
      const store = await open(new ManualClock());
      await put(store, keyOf('alice'), 0, filled(10, 1));
      await using partial = await store.open(keyOf('alice'));
      await partial.reset();
      expect(partial.held.count).toBe(0);
      partial.write(5, filled(1, 9));
      await partial.checkpoint();
      expect(await (await store.findByHash(filled(32, 1)))[0]?.read()).toEqual([{ offset: 5, bytes: filled(1, 9) }]);
    });

    it('refuses what leads out of the message, and a second writer', async () => {
      const store = await open(new ManualClock());
      await using partial = await store.open(keyOf('alice'));
      expect(() => partial.write(99, filled(2, 1))).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
      expect(() => partial.write(-1, filled(1, 1))).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
      expect(() => partial.read(0, 1)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
      await expect(store.open(keyOf('alice'))).rejects.toMatchObject({ code: 'ERR_STORE_BUSY', retryable: true });
    });

    it('can be opened again while it is being closed', async () => {
      const store = await open(new ManualClock());
      const first = await store.open(keyOf('alice'));
      first.write(0, filled(10, 1));
      const closing = first[Symbol.asyncDispose]();
      await using again = await store.open(keyOf('alice'));
      expect(again.held.sizeBytes).toBe(10);
      await closing;
    });

    it('makes room by dropping what was idle for longest: of the peer for its own limit, of anybody for the limit of all', async () => {
      const clock = new ManualClock();
      const store = await open(clock, { maxBytesPerPeer: 250, maxTotalBytes: 450 });
      for (const [peer, hash] of [
        ['bob', 9],
        ['alice', 1],
        ['alice', 2],
      ] as const) {
        // biome-ignore format: one line
        clock.advance(1000);
        await put(store, keyOf(peer, hash), 0, filled(10, hash));
      }
      await put(store, keyOf('alice', 3), 0, filled(10, 3));
      const held = async (hash: number) => (await store.findByHash(filled(32, hash))).length;
      expect([await held(9), await held(1), await held(2), await held(3)]).toEqual([1, 0, 1, 1]);
      await put(store, keyOf('carol', 4, 200), 0, filled(10, 4));
      expect([await held(9), await held(2), await held(3), await held(4)]).toEqual([0, 1, 1, 1]);
      await expect(store.open(keyOf('dave', 5, 451))).rejects.toMatchObject({
        code: 'ERR_STORE_FULL',
        retryable: true,
      });
    });

    it('never drops what is open to make room', async () => {
      const store = await open(new ManualClock(), { maxBytesPerPeer: 150 });
      await using writing = await store.open(keyOf('alice', 1));
      await expect(store.open(keyOf('alice', 2))).rejects.toMatchObject({ code: 'ERR_STORE_FULL' });
      expect(writing.held.count).toBe(0);
      expect(store.usage).toEqual({ partials: 1, reservedBytes: 100 });
    });

    it('drops what nothing was added to for too long', async () => {
      const clock = new ManualClock();
      clock.setWall(Date.now(), 'ntp');
      const store = await open(clock, { maxAgeMs: 60_000 });
      await put(store, keyOf('alice'), 0, filled(10, 1));
      clock.advance(59_000);
      expect(await store.expire()).toBe(0);
      clock.advance(2000);
      expect(await store.expire()).toBe(1);
      expect(await store.findByHash(filled(32, 1))).toEqual([]);
    });
  });
}

describeStore('partial messages in memory', (clock, limits) =>
  createMemoryPartials({ clock, ...(limits && { limits }) }),
);
describeStore('partial messages in files', async (clock, limits) =>
  openPartialFiles({ folder: await testFolder(), clock, ...(limits && { limits }) }),
);

describe('files of partial messages', () => {
  it('survive the store, with who sent them and how far they came', async () => {
    const folder = await testFolder();
    const first = await openPartialFiles({ folder, clock: new ManualClock() });
    await put(first, keyOf('alice at home \u{1f3e0}'), 10, filled(20, 1));
    const clock = new ManualClock();
    clock.setWall(Date.now(), 'ntp');
    const second = await openPartialFiles({ folder, clock });
    expect(second.usage).toEqual({ partials: 1, reservedBytes: 100 });
    await using partial = await second.open(keyOf('alice at home \u{1f3e0}'));
    expect([...partial.held]).toEqual([{ start: 10, end: 30 }]);
  });

  it('are read up to where writing stopped, wherever that was, and go on from there', async () => {
    const folder = await testFolder();
    const store = await openPartialFiles({ folder, clock: new ManualClock() });
    await put(store, keyOf('alice'), 0, filled(10, 1));
    const [name = ''] = await readdir(folder);
    const path = join(folder, name);
    const firstRecordEnd = (await stat(path)).size;
    await put(store, keyOf('alice'), 10, filled(10, 2));
    const bytes = await readFile(path);
    for (let cut = firstRecordEnd; cut < bytes.length; cut++) {
      await writeFile(path, bytes.subarray(0, cut));
      const again = await openPartialFiles({ folder, clock: new ManualClock() });
      {
        await using partial = await again.open(keyOf('alice'));
        expect([...partial.held]).toEqual([{ start: 0, end: 10 }]);
        partial.write(50, filled(5, 3));
      }
      await using partial = await again.open(keyOf('alice'));
      expect([...partial.held]).toEqual([{ start: 0, end: 10 }, { start: 50, end: 55 }]); // biome-ignore format: one line
    }
  });

  it('give nothing wrong when a byte of them is damaged, whichever', async () => {
    const folder = await testFolder();
    const store = await openPartialFiles({ folder, clock: new ManualClock() });
    await put(store, keyOf('alice'), 0, filled(10, 1));
    const [name = ''] = await readdir(folder);
    const path = join(folder, name);
    const bytes = await readFile(path);
    for (let i = 0; i < bytes.length; i++) {
      const damaged = Buffer.from(bytes);
      damaged[i] = (damaged[i] ?? 0) ^ 0x10;
      await writeFile(path, damaged);
      const again = await openPartialFiles({ folder, clock: new ManualClock() });
      await using partial = await again.open(keyOf('alice'));
      expect(partial.held.count).toBe(0);
    }
  });

  it('are not confused by what else lies there: half a header, another name, a link, a folder', async () => {
    const folder = await testFolder();
    const outside = join(await testFolder(), 'outside');
    await writeFile(outside, 'not ours');
    await symlink(outside, join(folder, 'link.partial'));
    await writeFile(join(folder, 'half.partial'), 'wpart');
    await writeFile(join(folder, 'other.txt'), 'not ours');
    const store = await openPartialFiles({ folder, clock: new ManualClock() });
    expect(store.usage.partials).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(['link.partial', 'other.txt']);
    expect(await readFile(outside, 'utf8')).toBe('not ours');
  });

  it('say plainly when they cannot be written', async () => {
    const folder = await testFolder();
    const store = await openPartialFiles({ folder, clock: new ManualClock() });
    const partial = await store.open(keyOf('alice'));
    partial.write(0, filled(10, 1));
    await rm(folder, { recursive: true });
    await expect(partial.checkpoint()).rejects.toMatchObject({ code: 'ERR_FILE', retryable: true });
    expect(partial.unsavedBytes).toBe(10);
    await expect(openPartialFiles({ folder: '/dev/null/x', clock: new ManualClock() })).rejects.toMatchObject({ code: 'ERR_FILE' }); // biome-ignore format: one line
  });
});
