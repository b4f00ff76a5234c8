import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.js';
import type { NewMessage } from '../../../src/store/message-store.js';
import { MIGRATIONS, migrate } from '../../../src/store/sqlite/schema.js';
import { type OpenedStore, openSqliteStore, type SqliteStoreOptions } from '../../../src/store/sqlite/sqlite-store.js';
import { ManualClock } from '../../support/manual-clock.js';
import { bundledWorker, WORKER_FROM_SOURCE } from '../../support/store-worker.js';

const ALICE = 'did:example:alice';
const worker = bundledWorker();

let folder: string;
let path: string;
let clock: ManualClock;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waypost-sqlite-'));
  path = join(folder, 'store.db');
  clock = new ManualClock();
});
afterEach(() => rm(folder, { recursive: true }));

function open(more: Partial<SqliteStoreOptions> = {}): Promise<OpenedStore> {
  return openSqliteStore({ path, clock, worker, ...more });
}

function message(text: string, content = utf8(text)): NewMessage {
  const contentHash = new Uint8Array(createHash('sha256').update(content).digest());
  return { destination: ALICE, depositor: 'depositor', priority: 'normal', content, contentHash };
}

async function count(opened: OpenedStore): Promise<number> {
  return (await opened.store.size()).messages;
}

async function storeWith(texts: readonly string[]): Promise<void> {
  const { store } = await open();
  for (const text of texts) await store.put(message(text));
  await store[Symbol.asyncDispose]();
}

describe('opening a store', () => {
  it('says whether the store is new, and leaves nothing but the database behind when it is closed', async () => {
    const first = await open();
    expect(first.report).toEqual({ created: true, checkedAfterUncleanBoot: false, setAside: undefined });
    await first.store[Symbol.asyncDispose]();
    expect(readdirSync(folder).sort()).toEqual(['store.db', 'store.db.lock']);
    const second = await open();
    expect(second.report.created).toBe(false);
    await second.store[Symbol.asyncDispose]();
  });

  it('runs from the sources as it does from one bundled file', async () => {
    const opened = await open({ worker: WORKER_FROM_SOURCE });
    expect(await opened.store.put(message('hello'))).toMatchObject({ outcome: 'stored' });
    await opened.store[Symbol.asyncDispose]();
  });

  it('refuses a second process, and lets it in when the first has gone', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED' });
    expect(await first.store.put(message('still works'))).toMatchObject({ outcome: 'stored' });
    await first.store[Symbol.asyncDispose]();
    const second = await open();
    expect(await count(second)).toBe(1);
    await second.store[Symbol.asyncDispose]();
  });

  it('refuses a folder that does not exist', async () => {
    await expect(open({ path: join(folder, 'nowhere', 'store.db') })).rejects.toMatchObject({
      code: 'ERR_STORE_FAILED',
    });
  });

  it('checks the file after a boot that did not close it, and not after a process that did not', async () => {
    await storeWith(['hello']);
    const db = new Database(path);
    db.exec('UPDATE state SET clean = 0');
    db.close();
    const sameBoot = await open();
    expect(sameBoot.report.checkedAfterUncleanBoot).toBe(false);
    await sameBoot.store[Symbol.asyncDispose]();

    const again = new Database(path);
    again.exec('UPDATE state SET clean = 0');
    again.close();
    clock.powerCycle('boot-2', clock.nowMs(), 'none');
    const nextBoot = await open();
    expect(nextBoot.report.checkedAfterUncleanBoot).toBe(true);
    expect(await count(nextBoot)).toBe(1);
    await nextBoot.store[Symbol.asyncDispose]();
  });
});

describe('a damaged file', () => {
  /** Breaks pages in the middle of the file, as a worn card does, with the machine going down. */
  async function damage(): Promise<Buffer> {
    await storeWith(Array.from({ length: 50 }, (_, i) => `message ${i}`.padEnd(1000)));
    const db = new Database(path);
    db.exec('UPDATE state SET clean = 0');
    db.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 5 * 4096, 12 * 4096);
    writeFileSync(path, bytes);
    clock.powerCycle('boot-2', clock.nowMs(), 'none');
    return bytes;
  }

  it('is refused and left as it is, each time', async () => {
    const bytes = await damage();
    await expect(open()).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    await expect(open()).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    expect(readFileSync(path).subarray(4096)).toEqual(bytes.subarray(4096));
  });

  it('is set aside, when that is wanted, and this is reported', async () => {
    const bytes = await damage();
    const opened = await open({ whenDamaged: 'set-aside' });
    expect(opened.report).toMatchObject({ created: true, setAside: `${path}.damaged-1` });
    expect(readFileSync(`${path}.damaged-1`).subarray(4096)).toEqual(bytes.subarray(4096));
    expect(await opened.store.put(message('new'))).toMatchObject({ outcome: 'stored' });
    await opened.store[Symbol.asyncDispose]();
  });

  it('is recognised when it is no database at all', async () => {
    writeFileSync(path, 'this is not a database, but long enough to look at it'.repeat(100));
    await expect(open()).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    const opened = await open({ whenDamaged: 'set-aside' });
    expect(existsSync(`${path}.damaged-1`)).toBe(true);
    await opened.store[Symbol.asyncDispose]();
  });
});

describe('schema versions', () => {
  it('refuses a database of a newer version and does not touch it', async () => {
    await storeWith(['hello']);
    const db = new Database(path);
    db.pragma(`user_version = ${MIGRATIONS.length + 1}`);
    db.close();
    const before = readFileSync(path);
    await expect(open({ whenDamaged: 'set-aside' })).rejects.toMatchObject({ code: 'ERR_STORE_VERSION' });
    expect(readFileSync(path)).toEqual(before);
  });

  it('brings an old database forward with what is in it, one step at a time', async () => {
    await storeWith(['from the old version']);
    const db = new Database(path);
    const newer = [...MIGRATIONS, 'ALTER TABLE messages ADD COLUMN hops INTEGER NOT NULL DEFAULT 7'];
    expect(migrate(db, newer)).toBe(MIGRATIONS.length);
    expect(db.prepare('SELECT hops FROM messages').pluck().all()).toEqual([7]);
    expect(db.pragma('user_version', { simple: true })).toBe(newer.length);
    expect(migrate(db, newer)).toBe(newer.length);

    const broken = [...newer, 'CREATE TABLE half (a); SELECT nonsense'];
    expect(() => migrate(db, broken)).toThrow(/nonsense/);
    expect(db.pragma('user_version', { simple: true })).toBe(newer.length);
    expect(db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").pluck().get()).toBe(0);
    db.close();
  });
});

describe('a full disk', () => {
  it('refuses with a retryable error, loses nothing, and works on when there is room again', async () => {
    const limitFileBytes = 400 * 1024;
    const opened = await open({ limitFileBytes });
    const stored: string[] = [];
    const fill = async () => {
      for (let i = 0; ; i++) stored.push((await opened.store.put(message(`${i}`, new Uint8Array(9000).fill(i)))).id);
    };
    await expect(fill()).rejects.toMatchObject({ code: 'ERR_STORE_FULL', retryable: true });
    expect(stored.length).toBeGreaterThan(20);
    expect(await count(opened)).toBe(stored.length);

    // What does not need room succeeds although it is committed together with what does.
    const [refused, acknowledged] = await Promise.allSettled([
      opened.store.put(message('large', new Uint8Array(100_000))),
      opened.store.acknowledge(stored.slice(0, 5), [ALICE]),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'ERR_STORE_FULL', retryable: true } });
    expect(acknowledged).toEqual({ status: 'fulfilled', value: 5 });
    expect(await opened.store.put(message('fits now'))).toMatchObject({ outcome: 'stored' });
    await opened.store[Symbol.asyncDispose]();

    const again = await open({ limitFileBytes });
    expect(await count(again)).toBe(stored.length - 4);
    await again.store[Symbol.asyncDispose]();
  });
});

describe('threads', () => {
  it('writes what is pending before it closes', async () => {
    const opened = await open();
    const puts = Array.from({ length: 100 }, (_, i) => opened.store.put(message(`${i}`)));
    await opened.store[Symbol.asyncDispose]();
    expect((await Promise.all(puts)).every(({ outcome }) => outcome === 'stored')).toBe(true);
    const again = await open();
    expect(await count(again)).toBe(100);
    await again.store[Symbol.asyncDispose]();
  });

  it('hands over large contents and gives them back whole', async () => {
    const opened = await open();
    const content = new Uint8Array(1_000_000).map((_, i) => i);
    const mine = message('large', content);
    await opened.store.put(mine);
    expect(mine.content.length, "the caller's buffer is still the caller's").toBe(1_000_000);
    const [listed] = await opened.store.list({ destinations: [ALICE], limitMessages: 1 });
    expect(listed?.content).toEqual(content);
    expect(listed?.content.constructor).toBe(Uint8Array);
    await opened.store[Symbol.asyncDispose]();
  });

  it('refuses what would make the waiting room overflow', async () => {
    const opened = await open();
    const puts = Array.from({ length: 8 }, (_, i) => opened.store.put(message('', new Uint8Array(8_000_000).fill(i))));
    const results = await Promise.allSettled(puts);
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(reasons.length).toBeGreaterThan(0);
    for (const reason of reasons) expect(reason).toMatchObject({ code: 'ERR_STORE_BUSY', retryable: true });
    expect(await count(opened)).toBe(8 - reasons.length);
    await opened.store[Symbol.asyncDispose]();
  });
});
