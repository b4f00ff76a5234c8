import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest';
import { Agent, acknowledge, countFor, enrol, fetchFor, textsOf } from '../../support/agent.js';
import { buildProgram, type Daemon, type Program, startDaemon } from '../../support/daemon.js';
import { overHttp, type Remote } from '../../support/over-http.js';
import { hasOwnDisks, openDisk } from '../../support/own-disk.js';
import { testFolder } from '../../support/processes.js';
import { messagesOn } from '../../support/stick.js';

let program: Program;
beforeAll(() => {
  program = buildProgram();
});
afterAll(() => program.remove());

interface Running extends Remote {
  readonly data: string;
  readonly daemon: Daemon;
}

async function start(data: string, settings: Record<string, string> = {}): Promise<Running> {
  const daemon = await startDaemon(program, data, { settings });
  onTestFinished(() => daemon.kill());
  return { ...overHttp(daemon), data, daemon };
}

async function leave(gateway: Running, recipient: Agent, texts: readonly string[]): Promise<void> {
  const sender = new Agent();
  for (const text of texts) {
    const { outcome } = await gateway.posts.post(await sender.packForward(text, recipient.did, gateway.did));
    expect(outcome).toBe('202');
  }
}

async function collect(agent: Agent, gateway: Running): Promise<unknown[]> {
  const texts: unknown[] = [];
  for (;;) {
    const delivered = await fetchFor(agent, gateway, { limit: 100 });
    if (delivered.length === 0) return texts;
    texts.push(...(await textsOf(agent, delivered)));
    await acknowledge(
      agent,
      gateway,
      delivered.map(({ id }) => id),
    );
  }
}

const json = (stdout: string): unknown => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');

/** Lets a command live for a while, then kills it. True when it was killed. */
async function runAndKill(args: readonly string[], lifeMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [program.path, ...args], { stdio: 'ignore', env: { PATH: process.env.PATH } });
  const closed = once(child, 'close');
  await Promise.race([closed, sleep(lifeMs)]);
  child.kill('SIGKILL');
  const [, signal] = await closed;
  return signal === 'SIGKILL';
}

describe('export and import between two gateways', () => {
  it('bring messages over, also into one that is stopped, and their acknowledgement back', async () => {
    const root = await testFolder();
    const [dataA, dataB, stick] = ['a', 'b', 'stick'].map((name) => path.join(root, name)) as [string, string, string];
    await mkdir(stick);
    let b = await start(dataB);
    const a = await start(dataA, { NEIGHBOURS: b.did });
    const anna = new Agent();
    await enrol(anna, a);
    await enrol(anna, b);
    await leave(a, anna, ['one', 'two', 'three']);
    const exporting = ['export', '--data', dataA, '--to', stick, '--json'];
    expect(json((await program.run(...exporting, '--for', 'did:example:else')).stdout)).toMatchObject({ written: 0 });
    expect(json((await program.run(...exporting, '--for', anna.did)).stdout)).toMatchObject({ written: 3 });
    expect(json((await program.run(...exporting)).stdout)).toEqual({ written: 0, present: 3, removed: 0 });

    await b.daemon.stop();
    const imported = await program.run('import', stick, '--data', dataB, '--json');
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    expect(json(imported.stdout)).toMatchObject({ stored: 3, receipts: 1, skipped: [] });
    expect(json((await program.run('import', stick, '--data', dataA, '--json')).stdout)).toMatchObject({ removed: 4 });
    expect(await countFor(anna, a)).toBe(0);
    expect(await messagesOn(stick)).toEqual([]);
    b = await start(dataB);
    expect(await collect(anna, b)).toEqual(['one', 'two', 'three']);
  }, 60_000);

  it('are killed at any moment, and lose and double nothing', async () => {
    const root = await testFolder();
    const stick = path.join(root, 'stick');
    await mkdir(stick);
    const b = await start(path.join(root, 'b'));
    const a = await start(path.join(root, 'a'), { NEIGHBOURS: b.did });
    const anna = new Agent();
    await enrol(anna, a);
    await enrol(anna, b);
    const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);
    await leave(a, anna, texts);
    const commands = [
      ['export', '--data', a.data, '--to', stick],
      ['import', stick, '--data', b.data],
      ['import', stick, '--data', a.data],
    ] as const;
    const got: unknown[] = [];
    for (const command of commands) {
      // Somewhere in the middle of its work, as far as one can tell from how long the last one took.
      for (let lifeMs = 250; await runAndKill(command, lifeMs); lifeMs *= 1.5);
      got.push(...(await collect(anna, b)));
    }
    expect(got).toEqual(texts);
    expect(await countFor(anna, a)).toBe(0);
    expect(await messagesOn(stick)).toEqual([]);
  }, 90_000);
});

describe('a stick that cannot be written', () => {
  const here = hasOwnDisks() ? test : test.skip;

  here(
    'is said to be full, read-only or missing, and nothing is lost',
    async () => {
      const root = await testFolder();
      const stick = path.join(root, 'stick');
      await mkdir(stick);
      const a = await start(path.join(root, 'a'));
      const anna = new Agent();
      await enrol(anna, a);
      await leave(a, anna, ['x'.repeat(20_000), 'y'.repeat(20_000), 'z'.repeat(20_000)]);
      const exportTo = (to: string) => program.run('export', '--data', a.data, '--to', to, '--json');

      await using full = await openDisk('mount -t tmpfs -o size=64k tmpfs "$1"', stick);
      const result = await exportTo(full.outside(stick));
      expect(result).toMatchObject({ code: 1 });
      expect(JSON.parse(result.stderr).error).toMatchObject({
        code: 'ERR_MEDIUM',
        message: expect.stringMatching('full'),
      });
      const { written } = json(result.stdout) as { written: number };
      expect([1, 2]).toContain(written);
      const names = await readdir(full.outside(stick));
      expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);

      await using protectedDisk = await openDisk('mount -t tmpfs -o ro tmpfs "$1"', stick);
      const readOnly = await exportTo(protectedDisk.outside(stick));
      expect(readOnly.code).toBe(1);
      expect(readOnly.stderr).toMatch('read-only');
      const missing = await exportTo(path.join(root, 'none'));
      expect(missing.code).toBe(3);
      expect(missing.stderr).toMatch('is not there');
      expect(await countFor(anna, a)).toBe(3);
    },
    60_000,
  );
});
