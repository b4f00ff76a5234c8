import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);

describe('the built command', () => {
  let folder: string;
  const node = (...args: string[]) => run(process.execPath, args, { cwd: folder });

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-bundle-'));
    await run(process.execPath, [path.resolve('scripts/build.mjs'), '--out', folder]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('runs without a database with nothing beside it', async () => {
    const { stdout } = await node('bin/waypost.js', 'did', 'create', '--method', 'peer2');
    expect(JSON.parse(stdout).did).toMatch(/^did:peer:2\./);
  });

  it("loads none of Node's parts that nothing asked for", async () => {
    const list = 'process.on("exit", () => console.error(process.moduleLoadList.join()))';
    const { stderr } = await node('--import', `data:text/javascript,${list}`, 'bin/waypost.js', '--version');
    expect(stderr).toContain('NativeModule http,');
    expect(stderr).not.toContain('undici');
  });

  it('passes its exit code on', async () => {
    await expect(node('bin/waypost.js', 'did', 'resolve', 'nonsense')).rejects.toMatchObject({ code: 2, stdout: '' });
  });

  it('says in one line that Node is too old', async () => {
    const old = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.11.0" } })';
    const refused = node('--import', `data:text/javascript,${encodeURIComponent(old)}`, 'bin/waypost.js', 'demo');
    await expect(refused).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'waypost needs Node 22.14 or newer; this is Node 20.11.0.\n',
    });
  });
});
