import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../../../src/daemon/config/load.js';
import { printConfig } from '../../../../src/daemon/config/print.js';
import { createFirstRun } from '../../../../src/daemon/dashboard/tools/first-run.js';
import { dataFolder } from '../../../../src/daemon/data-folder/layout.js';

async function firstRunOf(config: string | undefined, env: Record<string, string> = {}) {
  const root = await mkdtemp(path.join(os.tmpdir(), 'waypost-first-run-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const folder = dataFolder(root);
  if (config !== undefined) await writeFile(folder.config, config, { mode: 0o600 });
  const names: string[] = [];
  const firstRun = createFirstRun({ folder, env, onRenamed: (name) => names.push(name) });
  return { folder, names, firstRun };
}

it('puts the name into the configuration, and changes nothing else of it', async () => {
  const { folder, names, firstRun } = await firstRunOf(printConfig({ commentInitial: true }));
  await firstRun.rename('Lager 3: "Nord" #1');
  await firstRun.rename('Camp $& 4');
  const { config } = await loadConfig({ file: folder.config });
  expect(config.name).toBe('Camp $& 4');
  const text = await readFile(folder.config, 'utf8');
  expect(text.split('\n').filter((line) => line.startsWith('name:'))).toEqual(['name: "Camp $& 4"']);
  expect(text).toContain('# What this gateway is called, for people');
  expect(names).toEqual(['Lager 3: "Nord" #1', 'Camp $& 4']);
});

it.each([undefined, '', '# nothing but a comment', 'mdns: on'])(
  'names a gateway whose configuration is %j',
  async (text) => {
    const { folder, firstRun } = await firstRunOf(text);
    await firstRun.rename('Camp 3');
    expect((await loadConfig({ file: folder.config })).config.name).toBe('Camp 3');
  },
);

it('refuses what is no name, what the environment decides, and a file that it does not understand', async () => {
  const { firstRun, names } = await firstRunOf('name: old\n');
  for (const name of ['', 'two\nlines', 'x'.repeat(61)]) {
    await expect(firstRun.rename(name)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  }
  const named = await firstRunOf('', { WAYPOST_NAME: 'fixed' });
  await expect(named.firstRun.rename('Camp 3')).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  for (const text of ['name: over\n  two lines\n', '{ name: flow }\n', 'name: |\n  block\n']) {
    const { folder, firstRun } = await firstRunOf(text);
    await expect(firstRun.rename('Camp 3'), text).rejects.toMatchObject({ code: 'ERR_CONFIG' });
    expect(await readFile(folder.config, 'utf8')).toBe(text);
  }
  expect(names).toEqual([]);
});
