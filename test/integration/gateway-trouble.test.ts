import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlaintextMessage } from '../../src/envelope/message.js';
import { Agent, acknowledge, CM3, countFor, enrol, fetchFor, PICKUP3, PICKUP4 } from '../support/agent.js';
import { buildProgram, type Program, startDaemon } from '../support/daemon.js';
import { overHttp, type Remote } from '../support/over-http.js';
import { hasOwnDisks, openDisk } from '../support/own-disk.js';

/* Disks that are full or cannot be written, and clocks that jump: what callers are told, and that nothing is lost. */

const SETTINGS = { LIMITS_REQUESTS_PER_SECOND: 10_000, LIMITS_REQUESTS_BURST: 10_000 };
const LARGE = 'x'.repeat(150_000);

let program: Program;
let folder: string;

beforeAll(async () => {
  program = buildProgram();
  folder = await mkdtemp(join(tmpdir(), 'waypost-trouble-'));
});

afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true });
});

async function leave(gateway: Remote, recipient: Agent, text = 'x'): Promise<number> {
  return (await gateway.posts.post(await new Agent().packForward(text, recipient.did, gateway.did))).status;
}

/** Fetches and acknowledges everything; gives how much it was. */
async function emptied(agent: Agent, gateway: Remote): Promise<number> {
  const seen = new Set<string>();
  for (;;) {
    const ids = (await fetchFor(agent, gateway, { limit: 50 })).map(({ id }) => id);
    if (ids.length === 0) return seen.size;
    if (ids.some((id) => seen.has(id))) throw new Error('what was acknowledged does not go away');
    for (const id of ids) seen.add(id);
    await acknowledge(agent, gateway, ids);
  }
}

describe.skipIf(!hasOwnDisks())('a full disk', { timeout: 60_000 }, () => {
  const smallDisk = async (name: string) => {
    const path = join(folder, name);
    await mkdir(path);
    return { path, disk: await openDisk('mount -t tmpfs -o size=48m tmpfs "$1"', path) };
  };

  test('filled by messages: 507 before it is full, so that recipients can still fetch and acknowledge, and then 202', async () => {
    const { path, disk } = await smallDisk('by-messages');
    await using _ = disk;
    await using daemon = await startDaemon(program, join(path, 'data'), { settings: SETTINGS, wrapper: disk.wrapper });
    const gateway = overHttp(daemon);
    const bob = new Agent();
    await enrol(bob, gateway);
    const statuses: number[] = [];
    while (statuses.filter((status) => status !== 202).length < 3) statuses.push(await leave(gateway, bob, LARGE));
    expect(new Set(statuses)).toEqual(new Set([202, 507]));
    const held = statuses.filter((status) => status === 202).length;
    expect(await countFor(bob, gateway)).toBe(held);

    // Somebody new can still come, and what waits can still go.
    expect(await enrol(new Agent(), gateway)).toEqual(['success']);
    expect(await emptied(bob, gateway)).toBe(held);
    expect(await leave(gateway, bob, LARGE)).toBe(202);
  });

  test('filled by somebody else: 507, fetching goes on, and it recovers by itself when there is room', async () => {
    const { path, disk } = await smallDisk('by-others');
    await using _ = disk;
    await using daemon = await startDaemon(program, join(path, 'data'), { settings: SETTINGS, wrapper: disk.wrapper });
    const gateway = overHttp(daemon);
    const bob = new Agent();
    await enrol(bob, gateway);
    expect(await leave(gateway, bob, 'before')).toBe(202);
    const filler = disk.outside(join(path, 'filler'));
    const { bavail, bsize } = await statfs(disk.outside(path));
    await writeFile(filler, new Uint8Array(bavail * bsize));

    expect(await leave(gateway, bob, LARGE)).toBe(507);
    expect(await fetchFor(bob, gateway)).toHaveLength(1);
    const status = await program.run('status', '--data', disk.outside(join(path, 'data')), '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({ state: 'running', store: { messages: 1 } });
    expect(JSON.parse(status.stdout)).toMatchObject({ full: expect.stringContaining('left on the disk') });
    const shown = await program.run('status', '--data', disk.outside(join(path, 'data')));
    expect(shown.stdout).toMatch(/^FULL +new messages are refused: no room for/m);
    expect(shown.stdout).toMatch(/^disk +\S+ \S+ free, less than the 31.3 MiB that are kept free/m);
    expect((await fetch(`${daemon.admin}/healthz`)).status).toBe(200);
    const ready = await fetch(`${daemon.admin}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.text()).toContain('refuses new messages: no room for');
    expect(await (await fetch(`${daemon.admin}/metrics`)).text()).toContain('\nwaypost_store_full 1\n');

    await rm(filler);
    expect(await leave(gateway, bob, LARGE)).toBe(202);
    expect(await (await fetch(`${daemon.admin}/metrics`)).text()).toContain('\nwaypost_store_full 0\n');
    expect(await emptied(bob, gateway)).toBe(2);
  });

  test('at the start: it says so in one line and ends; with room it starts, with everything that it had', async () => {
    const { path, disk } = await smallDisk('at-start');
    await using _ = disk;
    const options = { settings: SETTINGS, wrapper: disk.wrapper };
    const first = await startDaemon(program, join(path, 'data'), options);
    const bob = new Agent();
    await enrol(bob, overHttp(first));
    expect(await leave(overHttp(first), bob)).toBe(202);
    await first.kill();
    const filler = disk.outside(join(path, 'filler'));
    const { bavail, bsize } = await statfs(disk.outside(path));
    await writeFile(filler, new Uint8Array(bavail * bsize));
    const [command = '', ...rest] = [...disk.wrapper, process.execPath, program.path, 'start'];
    const start = () =>
      execFileSync(command, [...rest, '--data', join(path, 'data'), '--http', '127.0.0.1:0', '--admin', 'off'], {
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 10_000,
      });
    expect(start).toThrow(/no room|ENOSPC/);
    await rm(filler);
    await using again = await startDaemon(program, join(path, 'data'), options);
    expect(await emptied(bob, overHttp(again))).toBe(1);
  });
});

describe.skipIf(!hasOwnDisks())('a data folder that can only be read', () => {
  test('start: one line that names it, and no 0; check names it too', async () => {
    const data = join(folder, 'read-only');
    await program.run('init', '--data', data);
    const before = await readdir(data);
    await using disk = await openDisk('mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"', data);
    const [command = '', ...rest] = [...disk.wrapper, process.execPath, program.path];
    const run = (...args: readonly string[]) =>
      execFileSync(command, [...rest, ...args, '--data', data], {
        encoding: 'utf8',
        // Without WAYPOST_CI, which is no setting of the gateway: it would say so in a line of its own.
        env: { PATH: process.env.PATH ?? '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    const failure = (() => {
      try {
        return run('start', '--http', '127.0.0.1:0', '--admin', 'off');
      } catch (error) {
        return error as { status: number; stderr: string; stdout: string };
      }
    })();
    expect(failure).toMatchObject({ stdout: '', status: expect.any(Number) });
    const { status, stderr } = failure as { status: number; stderr: string };
    expect(status).toBeGreaterThan(0);
    expect(stderr).toContain(data);
    expect(stderr).toMatch(/read-only|EROFS/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(() => run('check')).toThrow(/read-only/);
    expect(await readdir(data)).toEqual(before);
  });
});

describe('a clock that jumps while it runs', () => {
  const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
  /** Makes `Date.now` of the daemon differ from ours by what stands in a file. */
  const shifted = (file: string) => [
    '--import',
    `data:text/javascript,${encodeURIComponent(
      `import { readFileSync } from 'node:fs';
       const now = Date.now;
       Date.now = () => now() + Number(readFileSync(${JSON.stringify(file)}, 'utf8'));`,
    )}`,
  ];

  test.each([
    ['back, with a clock that is trusted', -20 * YEAR_MS, 'always'],
    ['forward, with a clock that is trusted', 20 * YEAR_MS, 'always'],
    ['back, with a clock that is not', -20 * YEAR_MS, 'never'],
    ['forward, with a clock that is not', 20 * YEAR_MS, 'never'],
  ])('%s: everybody is served as before, nothing goes missing, also over a restart', async (name, jumpMs, trust) => {
    const data = join(folder, name.replaceAll(/\W/g, '-'));
    const clockFile = `${data}.clock`;
    await writeFile(clockFile, '0');
    const options = { settings: { ...SETTINGS, CLOCK_TRUST: trust }, nodeArgs: shifted(clockFile) };
    const first = await startDaemon(program, data, options);
    const gateway = overHttp(first);
    const bob = new Agent();
    await enrol(bob, gateway);
    expect(await leave(gateway, bob, 'before')).toBe(202);
    const line = await bob.connect(gateway);
    await line.send({ type: `${PICKUP4}/live-delivery-change`, body: { live_delivery: true } });
    await expect.poll(() => line.received('delivery')).toHaveLength(1);

    await writeFile(clockFile, String(jumpMs));
    expect(await leave(gateway, bob, 'after')).toBe(202);
    await expect.poll(() => line.received('delivery')).toHaveLength(2);
    await line.close();
    const status: PlaintextMessage = await bob.ask(gateway, { type: `${PICKUP3}/status-request` });
    expect(status.body?.message_count).toBe(2);
    // It has waited for seconds, whatever the clock on the wall says.
    expect(Number(status.body?.longest_waited_seconds)).toBeLessThan(60);
    expect((await bob.ask(gateway, { type: `${CM3}/recipient-query` })).body).toMatchObject({ dids: [{}] });
    await first.kill();

    await using again = await startDaemon(program, data, options);
    expect(await leave(overHttp(again), bob, 'later')).toBe(202);
    expect(await emptied(bob, overHttp(again))).toBe(3);
    expect(await again.stop()).toBe(0);
  });
});
