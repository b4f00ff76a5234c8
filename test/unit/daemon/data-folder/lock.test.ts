import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dataFolder } from '../../../../src/daemon/data-folder/layout.js';
import { lockDataFolder, lockHolder } from '../../../../src/daemon/data-folder/lock.js';
import { temporaryFolder } from '../support.js';

/** Another process that takes the lock and keeps it. */
async function lockElsewhere(folder: string): Promise<ChildProcess> {
  const code = path.join(await temporaryFolder(), 'lock.mjs');
  const source = path.resolve('src/daemon/data-folder');
  await build({
    stdin: {
      contents: `import { dataFolder } from './layout.js'; import { lockDataFolder } from './lock.js';
        globalThis.lock = await lockDataFolder(dataFolder(process.argv[2]), 'start');
        setInterval(() => {}, 1000); console.log('locked');`,
      resolveDir: source,
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile: code,
  });
  const child = spawn(process.execPath, [code, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

describe('the lock of a data folder', () => {
  it('is held by one, who can be asked for, until it is given back', async () => {
    const folder = dataFolder(await temporaryFolder());
    expect(await lockHolder(folder)).toBeUndefined();
    const lock = await lockDataFolder(folder, 'start');
    expect(await lockHolder(folder)).toBe(`process ${process.pid} (waypost start)`);
    await expect(lockDataFolder(folder, 'init')).rejects.toMatchObject({
      code: 'ERR_DATA_FOLDER_BUSY',
      retryable: true,
      message: expect.stringContaining(`in use by process ${process.pid} (waypost start)`),
    });
    await lock[Symbol.asyncDispose]();
    await lock[Symbol.asyncDispose]();
    expect(await readdir(folder.lock)).toEqual([]);
    await using _again = await lockDataFolder(folder, 'init');
  });

  it('is free again after kill -9, and not before', async () => {
    const folder = dataFolder(await temporaryFolder());
    const child = await lockElsewhere(folder.path);
    await expect(lockDataFolder(folder, 'start')).rejects.toMatchObject({
      message: expect.stringContaining(`process ${child.pid} (waypost start)`),
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    expect(await readdir(folder.lock)).toHaveLength(1);
    await using _lock = await lockDataFolder(folder, 'start');
    expect(await readdir(folder.lock)).toHaveLength(1);
    expect(await lockHolder(folder)).toContain(`process ${process.pid} `);
  });

  it('is given to exactly one of many that come at once and find a dead one', async () => {
    const folder = dataFolder(await temporaryFolder());
    await mkdir(folder.lock);
    for (let round = 0; round < 10; round++) {
      await writeFile(path.join(folder.lock, `dead-${round}`), 'no socket at all');
      const takers = Array.from({ length: 8 }, () => lockDataFolder(folder, 'start'));
      const taken = await Promise.allSettled(takers);
      const locks = taken.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(locks).toHaveLength(1);
      for (const result of taken) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'ERR_DATA_FOLDER_BUSY' });
      }
      await locks[0]?.[Symbol.asyncDispose]();
      expect(await readdir(folder.lock)).toEqual([]);
    }
  });

  it('is given to exactly one of many that come one shortly after the other, while others give up', async () => {
    const folder = dataFolder(await temporaryFolder());
    const winners: number[] = [];
    for (let round = 0; round < 15; round++) {
      const takers = Array.from({ length: 24 }, async (_, index) => {
        await sleep(index % 5);
        return lockDataFolder(folder, 'start');
      });
      const taken = await Promise.allSettled(takers);
      const locks = taken.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      winners.push(locks.length);
      for (const lock of locks) await lock[Symbol.asyncDispose]();
    }
    expect(winners).toEqual(winners.map(() => 1));
  });

  it('is not lost to somebody who hangs up without a word: that one is giving up', async () => {
    const folder = dataFolder(await temporaryFolder());
    await mkdir(folder.lock);
    let asked = 0;
    // Its name is smaller than any other, so that it would win if it wanted.
    const server = net.createServer((socket) => {
      socket.destroy();
      if (++asked === 3) server.close();
    });
    await new Promise<void>((resolve) => server.listen(path.join(folder.lock, '0'), resolve));
    await using _lock = await lockDataFolder(folder, 'start');
    expect(asked).toBe(3);
  });

  it('works below a path that is longer than the address of a socket may be', async () => {
    const long = path.join(await temporaryFolder(), 'a'.repeat(100), 'b'.repeat(100));
    await mkdir(long, { recursive: true });
    const folder = dataFolder(long);
    await using _lock = await lockDataFolder(folder, 'start');
    expect(await lockHolder(folder)).toContain('waypost start');
  });

  it('needs a folder', async () => {
    const folder = dataFolder(path.join(await temporaryFolder(), 'absent'));
    await expect(lockDataFolder(folder, 'start')).rejects.toMatchObject({ code: 'ERR_DATA_FOLDER' });
  });
});
